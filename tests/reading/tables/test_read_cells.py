"""Cells read one by one or as a line: what may be several digits, and where boxes lie."""

import cv2
import numpy as np
import pytest

from inkling.reading.pipeline import Reader
from inkling.reading.recognise.network import Network
from inkling.reading.tables.cell_network import BLANK, CLASSES, SEVERAL
from inkling.reading.tables.cells import CellInk
from inkling.reading.tables.faces import Face
from inkling.reading.tables.read_cells import (
    CellText,
    _box,
    _checked,
    _choose,
    _may_be_several,
    _preprocessed,
    _single,
    combine,
    read_cells,
    stack,
)
from inkling.types import Box, Verdict
from tests.reading.drawings import drawn_seven, drawn_zero, write_text


@pytest.fixture
def network(reader: Reader) -> Network:
    return reader.network


def cell_of(ink: np.ndarray, *, to_photo: np.ndarray | None = None, level: float = 1.0) -> CellInk:
    """A cell all of whose ink is strokes."""
    dark = np.asarray(ink, np.float32)
    matrix = np.eye(3) if to_photo is None else to_photo
    strokes = (dark > 0.4).astype(np.uint8)
    ink = dark * np.float32(level)
    return CellInk(Face(0, 0, 1, 1), ink, ink, strokes, level, level, matrix)


def boxes(*sides: tuple[int, int, int, int], shape: tuple[int, int] = (60, 80)) -> CellInk:
    ink = np.zeros(shape, np.float32)
    for x, y, w, h in sides:
        ink[y : y + h, x : x + w] = 1
    return cell_of(ink)


def image_cell(image: np.ndarray) -> CellInk:
    """A drawn image, dark on light, as a cell."""
    return cell_of(np.clip((245 - image.astype(np.float32)) / 215, 0, 1))


def kind_of(best: int, prob: float) -> np.ndarray:
    """Probabilities (13,) of the cell network; the rest is spread evenly."""
    probs = np.full(CLASSES, (1 - prob) / (CLASSES - 1), np.float32)
    probs[best] = prob
    return probs


@pytest.mark.parametrize(
    ("cell", "kind", "known", "several"),
    [
        (boxes((10, 10, 20, 40)), kind_of(SEVERAL, 0.36), None, True),
        (boxes((10, 10, 20, 40)), kind_of(SEVERAL, 0.34), None, False),
        (boxes((10, 10, 20, 40)), kind_of(SEVERAL, 0.99), 1, False),
        (boxes((10, 10, 20, 40)), kind_of(3, 0.99), 2, True),
        (boxes(), kind_of(SEVERAL, 0.99), None, False),  # no strokes to cut
        (boxes(), kind_of(SEVERAL, 0.99), 2, False),
    ],
)
def test_what_may_be_several_digits(
    cell: CellInk, kind: np.ndarray, known: int | None, several: bool
) -> None:
    assert bool(_may_be_several(cell, kind, known)) is several


def test_both_networks_say_together_which_digit_it_is() -> None:
    own = np.full(11, 0.01, np.float32)
    own[4] = 0.9
    agreed = combine(kind_of(4, 0.8), own)
    assert agreed.argmax() == 4
    assert agreed.sum() == pytest.approx(1, abs=1e-5)
    assert agreed[4] > 0.8
    assert agreed[4] > agreed[9] * 20
    apart = combine(kind_of(9, 0.8), own)
    assert apart.max() < agreed[4]
    assert {int(k) for k in np.argsort(-apart)[:2]} == {4, 9}
    unsure = combine(kind_of(9, 0.8), np.full(11, 1 / 11, np.float32))
    assert unsure.argmax() == 9
    # Blank and several digits are no part of what a digit may be.
    alone = combine(kind_of(BLANK, 0.5), None)
    assert alone.shape == (11,)
    assert alone.sum() == pytest.approx(1, abs=1e-5)


SURE = np.array([0.95, *[0.0] * 9, 0.05], np.float32)
NONE = np.array([*[0.01] * 10, 0.9], np.float32)


@pytest.mark.parametrize(("prob", "verdict"), [(SURE, "digits"), (NONE, "not-a-digit")])
def test_one_digit_or_none(prob: np.ndarray, verdict: str, network: Network) -> None:
    crop = np.zeros((28, 28), np.uint8)
    found = _single(boxes((20, 10, 20, 40)), crop, prob, network, 1.0)
    assert found.verdict == verdict
    assert found.text == ("0" if verdict == "digits" else "")
    assert found.confidence == pytest.approx(0.95 if verdict == "digits" else 0.9)
    assert found.digits[0].box == Box(20, 10, 20, 40)
    # Where the strokes were lost with the frame, the box is the cell.
    assert _single(boxes(), crop, prob, network, 1.0).digits[0].box == Box(0, 0, 80, 60)


def text(text: str, confidence: float, verdict: Verdict = "digits") -> CellText:
    return CellText(text, verdict, confidence, ())


@pytest.mark.parametrize(
    ("row", "single", "known", "best"),
    [
        (text("12", 0.3), text("3", 0.99), None, "12"),
        (text("1", 0.9), text("3", 0.5), None, "3"),  # one digit either way
        (text("", 0.0), text("3", 0.5), None, "3"),
        (text("12", 0.1), text("3", 0.99), 2, "12"),
        (text("123", 0.9), text("3", 0.99), 2, "123"),
        (text("1", 0.9), text("34", 0.2), 2, "34"),
        (text("12", 0.9), text("3", 0.2), 1, "3"),
    ],
)
def test_a_row_or_a_single_digit(
    row: CellText, single: CellText, known: int | None, best: str
) -> None:
    assert _choose(row, single, known).text == best


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (text("12", 0.9), "digits"), (text("1", 0.9), "unsure"), (text("123", 0.9), "unsure"),
        (text("", 1.0, "blank"), "blank"), (text("", 0.9, "not-a-digit"), "not-a-digit"),
    ],
)  # fmt: skip
def test_a_known_number_of_digits_is_checked(given: CellText, verdict: str) -> None:
    assert _checked(given, 2).verdict == verdict


def test_boxes_are_in_the_pixels_of_the_photo() -> None:
    move = np.array([[2.0, 0, 30], [0, 3.0, 40], [0, 0, 1]])
    cell = cell_of(np.zeros((20, 20)), to_photo=move)
    assert _box(cell, (5, 6, 7, 8), 1.0) == Box(40, 58, 14, 24)
    assert _box(cell, (5, 6, 7, 8), 2.0) == Box(20, 29, 7, 12)
    turned = cell_of(np.zeros((20, 20)), to_photo=np.array([[0.0, -1, 50], [1, 0, 10], [0, 0, 1]]))
    assert _box(turned, (5, 6, 7, 8), 1.0) == Box(36, 15, 8, 7)
    outside = cell_of(
        np.zeros((20, 20)), to_photo=np.array([[0.1, 0, -4], [0, 0.1, -4], [0, 0, 1]])
    )
    assert _box(outside, (0, 0, 2, 2), 1.0) == Box(0, 0, 1, 1)


def test_cells_are_stacked_in_the_middle() -> None:
    assert stack([]).shape == (0, 28, 28)
    alone = [stack([cell])[0] for cell in (image_cell(drawn_zero(60, 6)), boxes((5, 5, 6, 50)))]
    both = stack([image_cell(drawn_zero(60, 6)), boxes((5, 5, 6, 50))])
    for one, other in zip(both, alone, strict=True):
        assert np.abs(one.astype(int) - other.astype(int)).mean() < 2


def test_a_cell_as_an_image_has_its_ink_alone() -> None:
    cell = boxes((10, 10, 6, 40), (30, 10, 6, 40))
    cell.strokes[:, 28:] = 0  # the second stroke is not the cell's
    found = _preprocessed(cell)
    assert len(found.crops) == 1
    assert found.photo.pixels.shape == (60, 80)
    assert (found.photo.width, found.photo.height) == (80, 60)
    assert found.photo.pixels[20, 12] == 0
    assert found.photo.pixels[20, 32] == 255
    assert found.writing.plain
    faint = cell_of(boxes((10, 10, 6, 40)).ink, level=0.25)
    assert _preprocessed(faint).photo.pixels[20, 12] == 0  # on the scale of its own level


def test_to_a_model_of_other_classes_a_minus_is_no_mark() -> None:
    image = write_text("4 7")
    image[62:70, 98:142] = 30
    cell = image_cell(image)
    assert len(_preprocessed(cell).marks.sure) == 1
    found = _preprocessed(cell, marks=False)
    assert found.marks.sure == ()
    assert len(found.crops) == len(_preprocessed(cell).crops) + 1


def test_cells_of_digits_rows_and_nothing_are_read(network: Network) -> None:
    blank = boxes()
    row = image_cell(write_text("47", 40))
    cells = [image_cell(drawn_seven(60, 50, 5)), blank, row, image_cell(drawn_zero(60, 6))]
    found = read_cells(cells, network, 1.0)
    assert [cell.text for cell in found] == ["7", "", "47", "0"]
    assert [cell.verdict for cell in found] == ["digits", "blank", "digits", "digits"]
    assert found[1].confidence > 0.9
    assert found[1].digits == ()
    assert len(found[2].digits) == 2
    assert found[2].confidence == min(digit.confidence for digit in found[2].digits)
    first, second = (digit.box for digit in found[2].digits)
    x, y, w, h = cv2.boundingRect(row.strokes)
    assert abs(first.x - x) <= 2
    assert abs(second.x + second.w - x - w) <= 3
    assert abs(first.y - y) <= 3
    assert abs(first.h - h) <= 4
    one = read_cells(cells, network, 1.0, 1)
    assert [cell.verdict for cell in one] == ["digits", "blank", one[2].verdict, "digits"]
    assert len(one[2].text) <= 1
    two = read_cells(cells, network, 1.0, 2)
    assert [cell.verdict for cell in two] == ["unsure", "blank", "digits", "unsure"]
    assert read_cells([blank], network, 1.0)[0].verdict == "blank"
