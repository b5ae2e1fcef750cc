"""Reads the cells of a grid in one batch of the digit network."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.detect.segments import segment
from inkling.reading.detect.text_map import TextMap
from inkling.reading.preprocess.light import Light
from inkling.reading.preprocess.normalise import normalise
from inkling.reading.preprocess.photo import Photo
from inkling.reading.preprocessed import Preprocessed
from inkling.reading.recognise.crops import Crop, cut_crops
from inkling.reading.recognise.network import Network
from inkling.reading.recognise.verdict import predict
from inkling.reading.results import answer_image
from inkling.reading.tables.cells import CellInk, crop_ink
from inkling.types import Box, Prediction, Verdict

WIDE = 1.05  # least width over height of strokes that may be two digits
TALL = 0.5  # of the strokes' height; least height of a separate digit
SURE = 0.9  # probability of one digit from which wide strokes only are checked for more
SMALL = 0.38  # of the cell's side; smaller strokes that are no digit are dirt
BLANK = 0.5  # a single digit with a lower probability loses to a row of digits


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
    """Reads cells. `zoom` is pixels of the darkness map per pixel of the photo."""
    inked = [index for index, cell in enumerate(cells) if not cell.blank]
    pixels = stack([cells[index] for index in inked])
    probs = network.judge(pixels) if inked else np.zeros((0, 11), np.float32)
    out = [CellText("", "blank", _blankness(cell), ()) for cell in cells]
    several: list[int] = []
    for index, crop, prob in zip(inked, pixels, probs, strict=True):
        out[index] = _single(cells[index], crop, prob, network, zoom)
        if digits_per_cell != 1 and _may_be_several(cells[index], prob, digits_per_cell):
            several.append(index)
    if several:
        singles = [out[index] for index in several]
        rows = _read_rows([cells[index] for index in several], network, zoom)
        for index, row, single in zip(several, rows, singles, strict=True):
            out[index] = _choose(row, single, digits_per_cell)
    if digits_per_cell is not None:
        out = [_checked(text, digits_per_cell) for text in out]
    return out


def _single(
    cell: CellInk, crop: NDArray[np.uint8], prob: NDArray[np.float32], network: Network, zoom: float
) -> CellText:
    """Reads the strokes of a cell as one digit."""
    x, y, w, h = cv2.boundingRect(cell.strokes)
    box = _box(cell, (x, y, w, h), zoom)
    digit = predict(Crop(box, crop, 2.0, cell.level, 0, 1.0), prob, network.card)
    if digit.verdict == "not-a-digit":
        if max(w, h) < SMALL * min(cell.strokes.shape) or _is_bar(w, h):
            return CellText("", "blank", float(prob[10]), ())
        return CellText("", "not-a-digit", float(prob[10]), (digit,))
    return CellText(digit.label, digit.verdict, digit.confidence, (digit,))


def _is_bar(w: int, h: int) -> bool:
    """Whether strokes are as flat as a dash or a piece of a ruling."""
    return w > 3 * h


def _may_be_several(cell: CellInk, prob: NDArray[np.float32], digits_per_cell: int | None) -> bool:
    """Whether the strokes of a cell may be more than one digit."""
    if digits_per_cell is not None and digits_per_cell > 1:
        return True
    _, _, w, h = cv2.boundingRect(cell.strokes)
    if w > 1.6 * h:
        return True
    if float(prob[:10].max()) >= SURE:
        return w > WIDE * h and _parts_side_by_side(cell) > 1
    return (w > 0.8 * h and _parts_side_by_side(cell) > 1) or w > 1.2 * h


def _parts_side_by_side(cell: CellInk) -> int:
    """The number of tall parts of a cell's strokes that are separated by gaps."""
    x, y, w, h = cv2.boundingRect(cell.strokes)
    part = cell.strokes[y : y + h, x : x + w]
    inked = part.any(axis=0)
    starts = np.flatnonzero(np.diff(inked.astype(np.int8), prepend=0) == 1)
    stops = np.flatnonzero(np.diff(inked.astype(np.int8), append=0) == -1) + 1
    tall = 0
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        rows = np.flatnonzero(part[:, start:stop].any(axis=1))
        tall += int(rows[-1] + 1 - rows[0] > TALL * h)
    return tall


def _read_rows(cells: Sequence[CellInk], network: Network, zoom: float) -> list[CellText]:
    """Reads cells as lines of text: all parts in one batch, then each line."""
    seen = [_preprocessed(cell) for cell in cells]
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


def _preprocessed(cell: CellInk) -> Preprocessed:
    """A cell in the form of a preprocessed image."""
    own = cv2.dilate(cell.strokes, np.ones((3, 3), np.uint8))
    dark = np.minimum(cell.ink / max(cell.level, 1e-3), 1).astype(np.float32) * own
    grey = np.rint(255 - 255 * dark).astype(np.uint8)
    height, width = grey.shape
    light = Light(dark, 1.0, False, np.zeros_like(dark), grey)
    writing = TextMap(light, (dark * cell.strokes).astype(np.float32), 0)
    segments = segment(writing)
    crops = tuple(cut_crops(writing, segments))
    return Preprocessed("a cell", Photo(grey, width, height), writing, segments, crops)


def _choose(row: CellText, single: CellText, digits_per_cell: int | None) -> CellText:
    """Selects the reading of a cell: the one with the known number of digits, or the surer one."""
    if digits_per_cell is not None and digits_per_cell > 1:
        fits = [text for text in (row, single) if len(text.text) == digits_per_cell]
        return fits[0] if fits else row
    if len(row.text) < 2:
        return single
    return row if row.confidence >= single.confidence - 0.3 or single.confidence < BLANK else single


def _checked(text: CellText, digits_per_cell: int) -> CellText:
    """Marks a cell that is not blank as unsure if its number of digits is not the known one."""
    if text.verdict == "digits" and len(text.text) != digits_per_cell:
        return replace(text, verdict="unsure")
    return text


def _blankness(cell: CellInk) -> float:
    """The confidence that a cell without strokes is blank, 0.5 to 1."""
    return float(np.clip(1 - 0.5 * float(cell.ink.max(initial=0)), 0.5, 1))


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
