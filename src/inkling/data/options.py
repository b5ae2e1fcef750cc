"""Parses the options of a dataset path: `PATH#option=value,option=value`.

The options are part of the string that names the data, so recipes and cards record them, and later
commands read the data in the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from inkling.errors import DataError

CHOICES: dict[str, tuple[str, ...]] = {
    "labels": ("ten-is-zero", "from-one", "as-is"),
    "orientation": ("upright", "transposed"),
    "label": ("first", "last", "none"),
    "pixels": ("0-1", "-1-1", "0-16", "0-255", "0-65535"),
    "channels": ("first", "last"),
    "classes": ("outer", "inner"),
    "fit": ("ink", "whole"),
}
ANY_VALUE = ("split", "train", "test", "validation")  # any value: a name found in the data
MEANINGS = {
    "labels": "what labels from 1 to 10 mean",
    "orientation": "whether images are stored transposed",
    "label": "which CSV column holds the label",
    "pixels": "the range of the pixel values",
    "channels": "where the colour channels are",
    "classes": "which level of subfolders names the classes",
    "fit": "how images of other sizes become 28x28",
    "split": "which of several datasets to use",
    "train": "which subfolder to train on",
    "test": "which subfolder to test on",
    "validation": "which subfolder to validate on",
}


@dataclass(frozen=True)
class Options:
    """The user's decisions about data that is ambiguous."""

    values: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        """The value of an option, or None."""
        return self.values.get(name)

    def without(self, name: str) -> "Options":
        """The options without one of them."""
        return replace(self, values={k: v for k, v in self.values.items() if k != name})


def split_options(text: str) -> tuple[Path, Options]:
    """Splits `text` into the path and its options.

    An existing file or folder with `#` in its name has no options. Raises `DataError` for an
    unknown option or value.
    """
    literal = Path(text).expanduser()
    if "#" not in text or literal.exists():
        return literal, Options()
    path, _, tail = text.rpartition("#")
    values = dict(_parse(part.strip(), text) for part in tail.split(",") if part.strip())
    return Path(path).expanduser(), Options(values)


def _parse(part: str, text: str) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    if name in CHOICES and value in CHOICES[name]:
        return name, value
    if name in ANY_VALUE and value:
        return name, value
    if not equals or (name not in CHOICES and name not in ANY_VALUE):
        known = ", ".join((*CHOICES, *ANY_VALUE))
        raise DataError(f"'{text}' has the unknown data option '{part}'; the options are {known}")
    allowed = ", ".join(CHOICES.get(name, ("a name",)))
    raise DataError(f"'{text}': the data option '{name}' is one of {allowed}, not '{value}'")


def ask(name: str, question: str, option: str, *values: str) -> DataError:
    """The error that asks the user to decide. `values` are the possible answers."""
    answers = " or ".join(f"--data '{name}#{option}={value}'" for value in values)
    return DataError(f"{question}. Decide with {answers}")
