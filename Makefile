# Everything sets itself up in .venv: a fresh machine needs Python 3.11 and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

ifndef INKLING_DATA
  ifneq ($(wildcard data/mnist),)
    export INKLING_DATA := $(CURDIR)/data
  else ifneq ($(wildcard ../shared/data/mnist),)
    export INKLING_DATA := $(abspath ../shared/data)
  endif
endif

# Byte code is compiled when it is first imported: compiling all packages takes a minute.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile

.PHONY: help demo test check lint types wheel docs format slow mutants guide notebook help-page images clean

help:
	@echo "make demo    train on MNIST, measure, and show what to open"
	@echo "make test    the whole test suite"
	@echo "make check   lint, format, types, and the wheel in an empty environment"
	@echo "make docs    build the documentation site into site/"
	@echo "make slow    the tests that take minutes"
	@echo "make mutants  which faults in the code the tests notice; an hour"
	@echo "make guide   run the guided notebook from a clean kernel"
	@echo "make notebook  run it and keep its output, after a change of notebooks/guide.py"
	@echo "make format  bring the code into its form"

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "inkling needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(PIP_INSTALL) -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(VENV)/installed
	$(BIN)/inkling train mlp-adam

test: $(VENV)/installed
	$(BIN)/python -m pytest -n 2 --dist loadfile

slow: $(VENV)/installed
	$(BIN)/python -m pytest -m slow

mutants: $(VENV)/installed
	$(BIN)/python tests/mutants.py --count 150 --seed 0 --out mutants.jsonl

guide: $(VENV)/installed
	$(BIN)/python -m pytest -m slow tests/test_notebook.py

notebook: $(VENV)/installed
	$(BIN)/python notebooks/make_notebook.py

check: lint types wheel

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed
	$(BIN)/pyright --pythonpath $(BIN)/python

wheel: $(VENV)/installed
	PYTHON=$(abspath $(BIN)/python) .ci/check_wheel

format: $(VENV)/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/installed
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

help-page: $(VENV)/installed
	$(BIN)/python docs/make_help.py

images: $(VENV)/installed
	$(BIN)/python docs/make_images.py

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis
