"""The strip is an image of the right size, written whole or not at all."""

import io
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from inkling.errors import ImageError, InklingError
from inkling.reading.explain import (
    ACCENT,
    CELL,
    COLOURS,
    FAINT,
    INK,
    PANEL,
    SOFT,
    TALLEST,
    WARNING,
    WIDTH,
    _fit,
    as_png,
    check_strip,
    draw_evened,
    draw_strip,
    step_images,
    write_strip,
)
from inkling.reading.pipeline import Reader
from inkling.reading.trace import Trace
from inkling.types import Alternative, Verdict
from tests.reading.drawings import drawn_seven, drawn_zero
from tests.reading.maps import text_map


def trace_of(reader: Reader, image: np.ndarray) -> Trace:
    trace = reader.trace([image])[0]
    assert isinstance(trace, Trace)
    return trace


@pytest.mark.parametrize(
    "image",
    [
        drawn_seven(),
        np.hstack([drawn_zero()] * 12),
        np.full((20, 900), 255, np.uint8),
        np.full((900, 20), 255, np.uint8),
        drawn_zero(28, 3),
    ],
    ids=["one", "many", "wide blank", "tall blank", "thumbnail"],
)
def test_any_image_has_a_strip(reader: Reader, image: np.ndarray) -> None:
    strip = draw_strip(trace_of(reader, image))
    assert strip.mode == "RGB"
    assert strip.width == WIDTH
    assert len(np.unique(np.asarray(strip))) > 2


def test_strips_stand_under_each_other(reader: Reader, tmp_path: Path) -> None:
    traces = reader.trace([drawn_seven(), b"junk", drawn_zero()])
    path = tmp_path / "strip.png"
    write_strip(traces, path)
    heights = [draw_strip(trace).height for trace in traces if isinstance(trace, Trace)]
    with Image.open(path) as strip:
        assert strip.size == (WIDTH, sum(heights))


@pytest.mark.parametrize("name", ["strip.txt", "in-the-way/strip.png"])
def test_a_strip_that_cannot_be_written_leaves_nothing(
    reader: Reader, tmp_path: Path, name: str
) -> None:
    (tmp_path / "in-the-way").touch()
    with pytest.raises(InklingError):
        write_strip([trace_of(reader, drawn_seven())], tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["in-the-way"]


def ink_at(strip: Image.Image, colour: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of pixels of exactly one colour."""
    return np.nonzero((np.asarray(strip) == colour).all(axis=2))


def test_a_strip_has_three_panels_a_row_of_cells_and_words(reader: Reader) -> None:
    strip = draw_strip(trace_of(reader, drawn_seven()))
    # A headline, titles, the panels as tall as the tallest image, one row of cells.
    assert strip.height == 20 + 30 + 26 + TALLEST + 20 + CELL[1] + 20
    pixels = np.asarray(strip)
    top = 20 + 34 + 22
    for index in range(3):
        x = 20 + index * (PANEL + 20)
        panel = pixels[top : top + TALLEST, x : x + 240]  # 80 x 100 at three times its size
        assert panel.std() > 10, index
        frame = pixels[top - 1 : top + TALLEST + 1, x - 1]
        assert (frame == FAINT).all(), index
        assert (pixels[top - 1, x - 1 : x + 240] == FAINT).all()
        assert (pixels[top : top + TALLEST, x + 240] == FAINT).all()
        assert (pixels[top : top + TALLEST, x + 242 : x + PANEL + 15] == 255).all()
    shown = pixels[top : top + TALLEST, 20:260].mean(axis=2)
    expected = np.kron(drawn_seven(), np.ones((3, 3)))
    assert np.abs(shown - expected).mean() < 6


def test_the_panels_show_the_ink_and_the_box(reader: Reader) -> None:
    trace = trace_of(reader, drawn_seven())
    (_, _), (_, evened), (_, boxed) = step_images(trace)
    dark = np.asarray(evened.convert("L"))[:100, :80]
    true = drawn_seven() < 128
    assert dark[true].mean() < 110
    assert dark[~true].mean() > 235
    rows, columns = ink_at(boxed, ACCENT)
    box = trace.reading.digits[0].box
    # One pixel of frame around a box, at the working size of this drawing.
    assert abs(columns.min() - (box.x - 1)) <= 1
    assert abs(columns.max() - (box.x + box.w + 1)) <= 1
    assert abs(rows.min() - (box.y - 1)) <= 1
    assert abs(rows.max() - (box.y + box.h + 1)) <= 1
    inside = (columns > box.x) & (columns < box.x + box.w) & (rows > box.y) & (rows < box.y + box.h)
    assert not inside.any()
    grey = np.asarray(boxed.convert("L"))
    assert grey[true].mean() < 70
    ink = trace.preprocessed.writing.ink
    soft = (ink > 0.3 * ink.max()) & (ink < 0.5 * ink.max())  # the edges of strokes
    shown = grey[: ink.shape[0], : ink.shape[1]][soft]
    assert shown.size > 20
    np.testing.assert_allclose(shown.mean(), 255 * (1 - ink[soft].mean() / ink.max()), atol=25)


@pytest.mark.parametrize(
    ("prob", "colour"), [(1.0, ACCENT), (0.0, SOFT), (0.5, (np.array(ACCENT) + SOFT) / 2)]
)
def test_ink_that_is_likely_text_has_the_accent(
    reader: Reader, prob: float, colour: tuple[int, int, int]
) -> None:
    trace = trace_of(reader, drawn_seven())
    full = text_map(np.ones((20, 30)), np.full((20, 30), prob))
    shown = draw_evened(replace(trace, preprocessed=replace(trace.preprocessed, writing=full)))
    assert shown.size == (30, 20)
    assert shown.getpixel((0, 0)) == pytest.approx(tuple(colour), abs=1)


def test_each_crop_is_shown_with_its_answer_and_bars(reader: Reader) -> None:
    trace = trace_of(reader, np.hstack([drawn_zero()] * 12))
    strip = draw_strip(trace)
    pixels = np.asarray(strip)
    across = (WIDTH - 20) // CELL[0]
    assert across == 10
    height = max(image.height for _, image in shown_images(trace))
    top = 20 + 34 + 22 + height + 20
    for index, crop in enumerate(trace.answer.crops):
        x, y = 20 + index % across * CELL[0], top + index // across * CELL[1]
        seen = pixels[y : y + 84, x : x + 84]
        assert (seen == seen[..., :1]).all()
        np.testing.assert_array_equal(seen[1::3, 1::3, 0], crop.pixels)
        box = trace.reading.digits[index]
        # The bar of the answer is as long as its probability of 69 pixels.
        bar = pixels[y + 121, x + 14 : x + 84]
        length = int((bar == COLOURS[box.verdict]).all(axis=1).sum())
        assert length == pytest.approx(69 * box.confidence, abs=1.5)
        assert ((bar == COLOURS[box.verdict]) | (bar == FAINT)).all()
        beside = pixels[y + 121, [*range(x - 16, x), *range(x + 10, x + 14), x + 84, x + 85]]
        assert (beside == 255).all()
        lines = 1 + min(2, len(box.alternatives))
        for line in range(3):
            row = pixels[y + 121 + 16 * line, x + 14]
            drawn = (row == FAINT).all() or (row == COLOURS[box.verdict]).all()
            assert drawn == (line < lines)
    assert strip.height == top + 2 * CELL[1] + 24 * len(words_of(trace)) + 20


def shown_images(trace: Trace) -> list[tuple[str, Image.Image]]:
    return [(title, _fit(image)) for title, image in step_images(trace)]


def words_of(trace: Trace) -> list[str]:
    return [
        f"box {number}: " + "; ".join(box.doubts)
        for number, box in enumerate(trace.reading.digits, 1)
        if box.doubts
    ][:12]


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((80, 100), (240, 300)),
        ((1000, 1000), (300, 300)),
        ((2000, 500), (PANEL, round(PANEL / 4))),
        ((4000, 3), (PANEL, 1)),
        ((3, 4000), (1, 300)),
        ((10, 10), (300, 300)),
    ],
)
def test_an_image_fits_its_panel(size: tuple[int, int], shown: tuple[int, int]) -> None:
    assert _fit(Image.new("RGB", size)).size == shown


def test_a_small_image_is_enlarged_without_blur() -> None:
    for side, plain in ((20, True), (99, True), (100, False)):
        image = Image.fromarray(np.indices((side, side)).sum(axis=0).astype(np.uint8) % 2 * 255)
        levels = np.unique(np.asarray(_fit(image)))
        assert (len(levels) == 2) is plain


@pytest.mark.parametrize(("alternatives", "bars"), [(0, 1), (1, 2), (2, 3), (3, 3)])
def test_an_answer_has_two_alternatives_beside_it_at_most(
    reader: Reader, alternatives: int, bars: int
) -> None:
    trace = trace_of(reader, drawn_seven())
    others = tuple(Alternative(k, 0.1 * (k + 1)) for k in range(alternatives))
    box = replace(trace.reading.digits[0], alternatives=others, confidence=0.5)
    reading = replace(trace.answer.reading, digits=(box,))
    pixels = np.asarray(draw_strip(replace(trace, answer=replace(trace.answer, reading=reading))))
    top = 20 + 34 + 22 + TALLEST + 20 + 114
    for line in range(4):
        row = pixels[top + 16 * line + 3 : top + 16 * line + 12, 34 : 34 + 70]
        there = line < bars
        if top + 16 * line + 12 <= len(pixels):
            assert bool((row[:, -1] == FAINT).all()) is there, line
        if there:
            length = int((row[4] == ACCENT).all(axis=1).sum())
            assert length == pytest.approx(69 * (0.5, 0.1, 0.2)[line], abs=1.5)


def with_digits(trace: Trace, verdict: Verdict, doubts: int) -> Trace:
    boxes = tuple(
        replace(trace.reading.digits[0], verdict=verdict, doubts=("thin",) if k < doubts else ())
        for k in range(14)
    )
    reading = replace(trace.answer.reading, digits=boxes, verdict=verdict, text="7\n7")
    answer = replace(trace.answer, reading=reading, crops=trace.answer.crops * 14)
    return replace(trace, answer=answer)


@pytest.mark.parametrize("doubts", [0, 1, 12, 13])
def test_doubts_are_listed_under_the_cells_twelve_at_most(reader: Reader, doubts: int) -> None:
    trace = with_digits(trace_of(reader, drawn_seven()), "unsure", doubts)
    strip = draw_strip(trace)
    assert strip.height == 20 + 30 + 26 + TALLEST + 20 + 2 * CELL[1] + 24 * min(doubts, 12) + 20
    below = np.asarray(strip)[-20 - 24 * min(doubts, 12) :]
    assert bool((below == INK).all(axis=2).any()) is (doubts > 0)


@pytest.mark.parametrize(("verdict", "colour"), [("unsure", WARNING), ("not-a-digit", SOFT)])
def test_an_answer_has_the_colour_of_its_verdict(
    reader: Reader, verdict: Verdict, colour: tuple[int, int, int]
) -> None:
    strip = draw_strip(with_digits(trace_of(reader, drawn_seven()), verdict, 0))
    pixels = np.asarray(strip)
    top = 20 + 34 + 22 + TALLEST + 20
    assert (pixels[top + 121, 20 + 14] == colour).all()
    title = pixels[top + 88 : top + 110, 20:80]
    assert (title == colour).all(axis=2).any()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.png", "PNG"), ("a.JPG", "JPEG"), ("a.webp", "WEBP"), ("a.tif", "TIFF"),
        ("a.gif", None), ("a", None),
    ],
)  # fmt: skip
def test_a_name_tells_the_format(
    name: str, kind: str | None, reader: Reader, tmp_path: Path
) -> None:
    path = tmp_path / name
    if kind is None:
        with pytest.raises(ImageError):
            check_strip(path)
        return
    check_strip(path)
    write_strip([trace_of(reader, drawn_seven())], path)
    with Image.open(path) as image:
        assert image.format == kind
    check_strip(path)  # a strip of ours may be replaced


def test_a_file_of_the_users_is_not_replaced(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(drawn_seven()).save(photo)
    text = tmp_path / "text.png"
    text.write_text("mine")
    for path in (photo, text):
        with pytest.raises(ImageError):
            check_strip(path)


def test_nothing_that_was_read_is_no_file(tmp_path: Path) -> None:
    write_strip([ImageError("x")], tmp_path / "strip.png")
    assert list(tmp_path.iterdir()) == []


def test_the_strip_of_one_image_as_bytes(reader: Reader) -> None:
    trace = trace_of(reader, drawn_seven())
    with Image.open(io.BytesIO(as_png(trace))) as image:
        np.testing.assert_array_equal(np.asarray(image), np.asarray(draw_strip(trace)))


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("size", [24, 160])
def test_a_thumbnail_shows_the_ink_that_was_read(reader: Reader, size: int, invert: bool) -> None:
    """A 0 that fills its image: the slow path takes it for a frame."""
    zero = np.full((30, 30), 255, np.uint8)
    cv2.ellipse(zero, (15, 15), (10, 14), 0, 0, 360, 0, 3)
    zero = np.asarray(cv2.resize(zero[1:30], (size, size), None, 0, 0, cv2.INTER_AREA), np.uint8)
    trace = trace_of(reader, 255 - zero if invert else zero)
    assert (trace.reading.verdict, trace.reading.text) == ("digits", "0")
    np.testing.assert_array_equal(trace.preprocessed.crops[0].pixels, trace.answer.crops[0].pixels)
    height, width = trace.preprocessed.writing.ink.shape
    ink = cv2.resize(255 - zero, (width, height), None, 0, 0, cv2.INTER_AREA) > 127
    for _, image in step_images(trace)[1:]:
        dark = np.asarray(image.convert("L")) < 140
        assert (dark == ink).mean() > 0.85
