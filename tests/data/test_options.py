"""`PATH#option=value`: each option, its values, and what is said of wrong ones."""

from pathlib import Path

import pytest

from inkling.data.options import ANY_VALUE, CHOICES, MEANINGS, Options, ask, split_options
from inkling.errors import DataError


@pytest.mark.parametrize("name", CHOICES)
def test_an_option_has_its_values_and_no_others(name: str) -> None:
    for value in CHOICES[name]:
        path, options = split_options(f"data.npz#{name}={value}")
        assert (path, options.get(name)) == (Path("data.npz"), value)
    with pytest.raises(DataError, match=rf"'{name}' is one of {CHOICES[name][0]}.*not 'other'"):
        split_options(f"data.npz#{name}=other")


@pytest.mark.parametrize("name", ANY_VALUE)
def test_a_free_option_takes_any_name(name: str) -> None:
    assert split_options(f"x#{name}=any thing")[1].get(name) == "any thing"
    with pytest.raises(DataError, match=f"'{name}' is one of a name, not ''"):
        split_options(f"x#{name}=")


@pytest.mark.parametrize("tail", ["other=1", "labels", "split", "=x"])
def test_an_unknown_option_is_reported_with_the_known_ones(tail: str) -> None:
    with pytest.raises(DataError) as caught:
        split_options(f"x#{tail}")
    assert f"unknown data option '{tail}'" in str(caught.value)
    assert all(name in str(caught.value) for name in (*CHOICES, *ANY_VALUE))


def test_several_options_and_none(tmp_path: Path) -> None:
    path, options = split_options("a#b.npz# fit=whole , label=last,")
    assert path == Path("a#b.npz")
    assert options.values == {"fit": "whole", "label": "last"}
    assert options.without("fit").values == {"label": "last"}
    assert options.get("split") is None
    assert split_options("plain.npz") == (Path("plain.npz"), Options())
    literal = tmp_path / "a#fit=other"
    literal.touch()
    assert split_options(str(literal)) == (literal, Options())
    assert split_options("~/x")[0] == Path.home() / "x"


def test_each_option_is_explained_and_asked_for() -> None:
    assert set(MEANINGS) == {*CHOICES, *ANY_VALUE}
    error = ask("data", "which?", "fit", "ink", "whole")
    assert str(error) == "which?. Decide with --data 'data#fit=ink' or --data 'data#fit=whole'"
