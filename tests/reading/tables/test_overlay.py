"""Tables drawn over their photo: lines in their places, doubts in their colour."""

import numpy as np
import pytest

from inkling.reading.tables.overlay import DOUBT, LINE, LONGEST, SURE, draw_tables, is_doubtful
from inkling.reading.tables.table_types import Cell, Table
from inkling.types import Box, Verdict


def cell(
    x: float,
    y: float,
    text: str = "",
    verdict: Verdict = "digits",
    *,
    w: float = 100,
    h: float = 80,
) -> Cell:
    corners = ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
    return Cell(0, 0, text, verdict, 0.9, corners)


def drawn(
    *cells: Cell, width: int = 400, rotation: int = 0, size: tuple[int, int] = (300, 400)
) -> np.ndarray:
    table = Table(1, len(cells), Box(0, 0, 9, 9), cells[0].corners, cells, rotation)
    return np.asarray(draw_tables(np.full(size, 100, np.uint8), width, [table]))


def where(image: np.ndarray, colour: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    return np.nonzero((image == colour).all(axis=2))


def test_a_photo_is_veiled_and_at_most_so_large() -> None:
    image = draw_tables(np.full((100, 120), 100, np.uint8), 120, [])
    assert image.mode == "RGB"
    assert image.size == (120, 100)
    np.testing.assert_allclose(np.asarray(image), 100 + 0.35 * 155, atol=1)
    large = draw_tables(np.full((1000, 3200), 100, np.uint8), 3200, [])
    assert large.size == (LONGEST, 500)
    assert draw_tables(np.full((LONGEST + 100, 2), 9, np.uint8), 2, []).size == (2, LONGEST)
    assert draw_tables(np.full((4000, 1), 9, np.uint8), 1, []).size == (1, LONGEST)
    assert draw_tables(np.full((1, 4000), 9, np.uint8), 4000, []).size == (LONGEST, 1)


def test_a_cell_is_drawn_at_its_corners() -> None:
    rows, columns = where(drawn(cell(50, 60)), LINE)
    assert (columns.min(), columns.max()) == (50, 150)
    assert (rows.min(), rows.max()) == (60, 140)
    inside = (rows > 62) & (rows < 138) & (columns > 52) & (columns < 148)
    assert not inside.any()


def test_corners_are_in_pixels_of_the_photo_as_given() -> None:
    rows, columns = where(drawn(cell(100, 120, w=200, h=160), width=800), LINE)
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (50, 150, 60, 140)


@pytest.mark.parametrize(
    ("verdict", "text", "colour", "doubtful"),
    [
        ("digits", "7", SURE, False),
        ("unsure", "7", DOUBT, True),
        ("not-a-digit", "", DOUBT, True),
        ("blank", "", None, False),
    ],
)
def test_an_answer_stands_in_the_lower_right_corner(
    verdict: Verdict, text: str, colour: tuple[int, int, int] | None, doubtful: bool
) -> None:
    one = cell(50, 60, text, verdict)
    assert is_doubtful(one) is doubtful
    image = drawn(one)
    frame = where(image, DOUBT if doubtful else LINE)
    assert len(frame[0]) > 0
    assert bool(len(where(image, LINE)[0])) is not doubtful
    inner = image[64:137, 54:147]
    if colour is None:
        assert not len(where(inner, SURE)[0])
        assert not len(where(inner, DOUBT)[0])
        return
    rows, columns = where(inner, colour)
    assert len(rows) > 10
    # Its middle lies 0.86 of the way from the first corner to the third.
    assert columns.mean() + 54 == pytest.approx(50 + 86, abs=5)
    assert rows.mean() + 64 == pytest.approx(60 + 0.86 * 80, abs=7)


def test_a_doubtful_frame_is_drawn_over_its_neighbours() -> None:
    doubtful, sure = cell(50, 60, "", "not-a-digit"), cell(150, 60, "7")
    image = drawn(doubtful, sure)
    assert (image[100, 149:152] == DOUBT).all()


def text_extent(image: np.ndarray, colour: tuple[int, int, int]) -> tuple[int, int]:
    rows, columns = where(image, colour)
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def test_text_grows_with_its_cell_and_turns_with_it() -> None:
    small = text_extent(drawn(cell(50, 60, "111111", h=60, w=200)), SURE)
    large = text_extent(drawn(cell(50, 60, "111111", h=180, w=200)), SURE)
    assert large[0] > 2.2 * small[0]
    turned = text_extent(drawn(cell(50, 60, "111111", h=100, w=200), rotation=90), SURE)
    plain = text_extent(drawn(cell(50, 60, "111111", h=100, w=200)), SURE)
    assert turned[0] > 1.5 * turned[1]
    assert plain[1] > 1.5 * plain[0]
    smallest = [drawn(cell(50, 60, "888", h=tall, w=90)) for tall in (6, 20, 26)]
    inked = [int((image[..., 2] < 90).sum()) for image in smallest]
    assert inked[0] == pytest.approx(inked[2], rel=0.3)  # a font of nine pixels, no smaller


def test_no_part_of_a_label_is_cut_off() -> None:
    """All of its letters are drawn: as much of each as of one alone."""
    one = len(where(drawn(cell(50, 60, "8", h=120, w=300)), SURE)[0])
    many = len(where(drawn(cell(50, 60, "888", h=120, w=300)), SURE)[0])
    assert many == pytest.approx(3 * one, rel=0.1)
