"""Saves the crops of an image to a folder, for a person to sort and `finetune` to learn from."""

import io
import json
import re
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from PIL import Image

from inkling.errors import InklingError
from inkling.files import write_bytes, write_text
from inkling.reading.trace import Trace
from inkling.types import Prediction

ANSWERS = "answers.jsonl"
STEM_LENGTH = 60  # characters of the image's name in a crop's name


def folder_of(label: str, case_sensitive: bool = True) -> str:
    """The subfolder name of a class. Characters such as `/` are percent-encoded.

    So are capital letters where the file system takes `a` and `A` for the same name.
    """
    name = quote(label, safe=" +=!@#$&'(),;[]{}~^")
    if not case_sensitive:
        name = re.sub(r"%[0-9A-F]{2}|[A-Z]", _encode_capital, name)
    return "%2E" + name[1:] if name.startswith(".") else name


def label_of(folder: str) -> str:
    """The class name of a subfolder that `folder_of` named."""
    return unquote(folder)


def _encode_capital(found: re.Match[str]) -> str:
    """The code of a capital letter, such as `%41`; codes stay."""
    text = found.group()
    return text if text.startswith("%") else f"%{ord(text):02X}"


def is_case_sensitive(folder: Path) -> bool:
    """Whether an existing folder can have both `a` and `A`. Raises `OSError`."""
    with tempfile.TemporaryDirectory(prefix="case-", dir=folder) as probe:
        return not (folder / Path(probe).name.upper()).exists()


class CropFolder:
    """Writes crops as `FOLDER/<answer>/<confidence>_<image>_<number>.png`.

    A crop is the network's input: 28x28 grey, light ink on dark. Its subfolder is the digit that
    was read, or `not-a-digit`. Sorted by name, the least certain crops of a subfolder come first.
    To correct an answer, move the file to another subfolder. `answers.jsonl` has one line per
    crop with `file`, `image`, `box`, `digit`, `confidence`, `verdict` and `alternatives`.
    """

    def __init__(self, folder: Path) -> None:
        """Creates the folder. Raises `InklingError` if it is not empty or cannot be written."""
        self.folder = folder
        self._lines: list[str] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise InklingError(f"{folder} is not empty. Name a new folder for the crops")
            self._case_sensitive = is_case_sensitive(folder)
        except OSError as error:
            raise InklingError(f"cannot write to {folder}: {error.strerror or error}") from error

    def __len__(self) -> int:
        return len(self._lines)

    def save(self, trace: Trace) -> None:
        """Writes the crops of one image. Raises `InklingError` if a file cannot be written."""
        crops = zip(trace.reading.digits, trace.answer.crops, strict=True)
        for digit, crop in crops:
            file = self._place(digit, trace.reading.image)
            content = io.BytesIO()
            Image.fromarray(crop.pixels).save(content, "PNG")
            write_bytes(self.folder / file, content.getvalue())
            self._lines.append(json.dumps(_entry(file, trace.reading.image, digit)))

    def finish(self) -> None:
        """Writes `answers.jsonl`. Raises `InklingError`."""
        write_text(self.folder / ANSWERS, "".join(f"{line}\n" for line in self._lines))

    def _place(self, digit: Prediction, image: str) -> str:
        answer = "not-a-digit"
        if digit.verdict != "not-a-digit":
            answer = folder_of(digit.label, self._case_sensitive)
        stem = re.sub(r"[^\w.-]+", "-", Path(image).stem)[:STEM_LENGTH] or "image"
        return f"{answer}/{digit.confidence:.3f}_{stem}_{len(self)}.png"


def _entry(file: str, image: str, digit: Prediction) -> dict[str, Any]:
    return {"file": file, "image": image, **digit.as_json()}
