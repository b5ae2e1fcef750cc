"""inkling: handwritten digits, from raw MNIST to an answer about your own photo.

Names are imported when they are first used, so that `import inkling` and reading an image need
no torch.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inkling.client import Client as Client
    from inkling.evaluation.classifier import DigitClassifier as DigitClassifier
    from inkling.evaluation.classifier import load_classifier as load
    from inkling.evaluation.figures import show5 as show5
    from inkling.jobs.audit import audit as audit
    from inkling.jobs.evaluate import evaluate as evaluate
    from inkling.jobs.report import make_report as make_report
    from inkling.jobs.train import resume as resume
    from inkling.jobs.train import train as train
    from inkling.reading.pipeline import read as read
    from inkling.reading.tables.read_tables import read_tables as read_tables
    from inkling.reading.tables.table_types import Table as Table
    from inkling.training.recipe_text import list_recipes as list_recipes

_HOMES = {
    "Client": ("inkling.client", "Client"),
    "DigitClassifier": ("inkling.evaluation.classifier", "DigitClassifier"),
    "load": ("inkling.evaluation.classifier", "load_classifier"),
    "evaluate": ("inkling.jobs.evaluate", "evaluate"),
    "read": ("inkling.reading.pipeline", "read"),
    "read_tables": ("inkling.reading.tables.read_tables", "read_tables"),
    "Table": ("inkling.reading.tables.table_types", "Table"),
    "train": ("inkling.jobs.train", "train"),
    "resume": ("inkling.jobs.train", "resume"),
    "audit": ("inkling.jobs.audit", "audit"),
    "make_report": ("inkling.jobs.report", "make_report"),
    "show5": ("inkling.evaluation.figures", "show5"),
    "list_recipes": ("inkling.training.recipe_text", "list_recipes"),
}

__all__ = [
    "Client",
    "DigitClassifier",
    "Table",
    "audit",
    "evaluate",
    "list_recipes",
    "load",
    "make_report",
    "read",
    "read_tables",
    "resume",
    "show5",
    "train",
]


def _version() -> str:
    try:
        return version("inkling")
    except PackageNotFoundError:  # a checkout that is on the path without being installed
        return "0+unknown"


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name in _HOMES:
        module, attribute = _HOMES[name]
        return getattr(import_module(module), attribute)
    raise AttributeError(f"module 'inkling' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
