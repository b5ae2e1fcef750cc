"""Reads the cells of a grid: one batch of the cell network, and one of the digit network."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.decisions import DEFAULT
from inkling.reading.detect.text_map import TextMap
from inkling.reading.preprocess.light import Light
from inkling.reading.preprocess.normalise import normalise
from inkling.reading.preprocess.photo import Photo
from inkling.reading.preprocessed import Preprocessed, cut_image
from inkling.reading.recognise.crops import Crop
from inkling.reading.recognise.network import Network
from inkling.reading.recognise.verdict import predict
from inkling.reading.results import answer_image
from inkling.reading.tables.cell_network import BLANK, SEVERAL, judge_cells
from inkling.reading.tables.cells import CellInk, crop_ink
from inkling.types import Box, Prediction, Verdict

TINY = 1e-9


@dataclass(frozen=True)
class CellText:
    """The answer for one cell."""

    text: str
    verdict: Verdict
    confidence: float
    digits: tuple[Prediction, ...]


def stack(cells: Sequence[CellInk]) -> NDArray[np.uint8]:
    """The normalised strokes of each cell as one crop, (N, 28, 28) uint8, light on dark."""
    if not cells:
        return np.zeros((0, 28, 28), np.uint8)
    inks = [crop_ink(cell) for cell in cells]
    height, width = np.max([ink.shape for ink in inks], axis=0)
    fields = np.zeros((len(inks), height, width), np.float32)
    for field, ink in zip(fields, inks, strict=True):
        top, left = (height - ink.shape[0]) // 2, (width - ink.shape[1]) // 2
        field[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return normalise(fields).pixels


def read_cells(
    cells: Sequence[CellInk],
    network: Network,
    zoom: float,
    digits_per_cell: int | None = None,
) -> list[CellText]:
    """Reads cells. `zoom` is pixels of the darkness map per pixel of the photo.

    The cell network separates blank cells, single digits and several digits. Both networks together
    decide which digit it is. If `network` is not the bundled one, it decides alone.
    """
    kinds = judge_cells(cells)
    if digits_per_cell == 1:
        kinds[:, SEVERAL] = 0
        kinds /= np.maximum(kinds.sum(axis=1, keepdims=True), TINY)
    out = [CellText("", "blank", float(kind[BLANK]), ()) for kind in kinds]
    inked = [index for index, kind in enumerate(kinds) if kind.argmax() != BLANK]
    several: list[int] = []
    for index, crop, probs in zip(inked, *_judge_both(cells, inked, kinds, network), strict=True):
        if probs is None:
            continue
        out[index] = _single(cells[index], crop, probs, network, zoom)
        kind, least = kinds[index], network.card.decisions.cell_several
        if _may_be_several(cells[index], kind, digits_per_cell, least):
            several.append(index)
    rows = _read_rows([cells[index] for index in several], network, zoom)
    for index, row in zip(several, rows, strict=True):
        out[index] = _choose(row, out[index], digits_per_cell)
    if digits_per_cell is not None:
        out = [_checked(text, digits_per_cell) for text in out]
    return out


def _judge_both(
    cells: Sequence[CellInk], inked: Sequence[int], kinds: NDArray[np.float32], network: Network
) -> tuple[NDArray[np.uint8], list[NDArray[np.float32] | None]]:
    """The crops (N, 28, 28) of the cells `inked`, and the probabilities of their digits.

    Where the strokes were lost with the frame, only the cell network sees a digit: then its
    probabilities count alone, and a model of the user's own has none.
    """
    crops = np.zeros((len(inked), 28, 28), np.uint8)
    held = [k for k, index in enumerate(inked) if not cells[index].blank]
    crops[held] = stack([cells[inked[k]] for k in held])
    own = dict(zip(held, network.judge(crops[held]), strict=True))
    probs: list[NDArray[np.float32] | None] = []
    for k, index in enumerate(inked):
        if network.bundled:
            weight = network.card.decisions.cell_weight
            probs.append(combine(kinds[index], own.get(k), weight))
        else:
            probs.append(own.get(k))
    return crops, probs


def _single(
    cell: CellInk,
    crop: NDArray[np.uint8],
    probs: NDArray[np.float32],
    network: Network,
    zoom: float,
) -> CellText:
    """Reads the content of a cell as one digit."""
    height, width = cell.strokes.shape
    x, y, w, h = (0, 0, width, height) if cell.blank else cv2.boundingRect(cell.strokes)
    digit = predict(
        Crop(_box(cell, (x, y, w, h), zoom), crop, 2.0, cell.level, 0, 1.0), probs, network.card
    )
    if digit.verdict == "not-a-digit":
        return CellText("", "not-a-digit", float(probs[-1]), (digit,))
    return CellText(digit.label, digit.verdict, digit.confidence, (digit,))


def combine(
    kind: NDArray[np.float32],
    own: NDArray[np.float32] | None,
    weight: float = DEFAULT.cell_weight,
) -> NDArray[np.float32]:
    """Probabilities (11,) of the digits and none: the weighted geometric mean of both networks.

    `kind` (13,) is the cell network's, with `weight`, and `own` (11,) the crop network's.
    """
    seen = kind[:11] / max(float(kind[:11].sum()), TINY)
    if own is None:
        return seen
    probs = np.maximum(seen, TINY) ** weight * np.maximum(own, TINY) ** (1 - weight)
    return (probs / probs.sum()).astype(np.float32)


def _may_be_several(
    cell: CellInk,
    kind: NDArray[np.float32],
    digits_per_cell: int | None,
    least: float = DEFAULT.cell_several,
) -> bool:
    """Whether a cell is read as a line of digits too."""
    if cell.blank:
        return False
    if digits_per_cell is not None:
        return digits_per_cell > 1
    return kind[SEVERAL] > least


def _read_rows(cells: Sequence[CellInk], network: Network, zoom: float) -> list[CellText]:
    """Reads cells as lines of text: all parts in one batch, then each line."""
    if not cells:
        return []
    seen = [_preprocessed(cell, network.card.reads_digits) for cell in cells]
    pixels = [crop.pixels for one in seen for crop in one.crops]
    probs = network.judge(np.stack(pixels)) if pixels else np.zeros((0, 11), np.float32)
    ends = np.cumsum([len(one.crops) for one in seen], dtype=np.int64)
    out = []
    for cell, one, own in zip(cells, seen, np.split(probs, ends[:-1]), strict=True):
        reading = answer_image(one, own.astype(np.float32), network, False).reading
        digits = tuple(
            replace(
                digit, box=_box(cell, (digit.box.x, digit.box.y, digit.box.w, digit.box.h), zoom)
            )
            for digit in reading.digits
        )
        read = [digit.confidence for digit in digits if digit.verdict in ("digits", "unsure")]
        out.append(CellText(reading.text, reading.verdict, min(read, default=0.0), digits))
    return out


def _preprocessed(cell: CellInk, marks: bool = True) -> Preprocessed:
    """A cell in the form of a preprocessed image."""
    own = cv2.dilate(cell.strokes, np.ones((3, 3), np.uint8))
    dark = np.minimum(cell.ink / max(cell.level, 1e-3), 1).astype(np.float32) * own
    grey = np.rint(255 - 255 * dark).astype(np.uint8)
    height, width = grey.shape
    light = Light(dark, 1.0, False, np.zeros_like(dark), grey)
    writing = TextMap(light, (dark * cell.strokes).astype(np.float32), 0)
    return cut_image("a cell", Photo(grey, width, height), writing, marks)


def _choose(row: CellText, single: CellText, digits_per_cell: int | None) -> CellText:
    """A cell as a line of digits, unless that has only one."""
    if digits_per_cell is not None:
        fits = [text for text in (row, single) if len(text.text) == digits_per_cell]
        return fits[0] if fits else row
    return row if len(row.text) > 1 else single


def _checked(text: CellText, digits_per_cell: int) -> CellText:
    """Marks a cell that is not blank as unsure if its number of digits is not the known one."""
    if text.verdict == "digits" and len(text.text) != digits_per_cell:
        return replace(text, verdict="unsure")
    return text


def _box(cell: CellInk, box: tuple[int, int, int, int], zoom: float) -> Box:
    """Maps a box x y w h of the cell to pixels of the photo."""
    x, y, w, h = box
    square = np.array([[[x, y], [x + w, y], [x + w, y + h], [x, y + h]]], np.float64)
    points = cv2.perspectiveTransform(square, cell.to_photo)[0] / zoom
    low, high = points.min(axis=0), points.max(axis=0)
    left, top = max(0, round(float(low[0]))), max(0, round(float(low[1])))
    return Box(
        left, top, max(1, round(float(high[0] - low[0]))), max(1, round(float(high[1] - low[1])))
    )
