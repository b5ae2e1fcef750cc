"""Where a second look at an image pays, and what of it is looked at."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inkling.reading.detect.text_map import (
    FAINTEST,
    INK_PROB,
    NEAREST,
    PAGE,
    _is_lighter,
    _is_unsure,
    _smallness,
    _surroundings,
    find_text,
    make_text_map,
)
from inkling.reading.detect.text_map_network import map_window
from inkling.reading.preprocess.light import even_light
from inkling.reading.preprocess.photo import Photo, open_photo
from tests.reading.drawings import drawn_seven, write_text
from tests.reading.maps import text_map


def patches(shape: tuple[int, int], *boxes: tuple[int, int, int, int, float]) -> np.ndarray:
    """A map (H, W) with boxes x y w h of one probability each."""
    seen = np.zeros(shape, np.float32)
    for x, y, w, h, prob in boxes:
        seen[y : y + h, x : x + w] = prob
    return seen


def test_a_part_of_a_map_is_that_of_everything_in_it() -> None:
    rng = np.random.default_rng(0)
    writing = text_map(rng.random((30, 40)), rng.random((30, 40)), detail=2.0, zoom=0.5)
    part = np.s_[4:20, 7:31]
    cut = writing.cut(part)
    for ours, whole in (
        (cut.ink, writing.ink), (cut.prob, writing.prob),
        (cut.light.noise, writing.light.noise), (cut.light.grey, writing.light.grey),
    ):  # fmt: skip
        np.testing.assert_array_equal(ours, whole[part])
    assert (cut.detail, cut.zoom, cut.plain) == (2.0, 0.5, False)
    assert text_map(rng.random((3, 3))).plain


@pytest.mark.parametrize(
    ("probs", "unsure"),
    [
        ([], True),
        ([0.25], True),  # no more than may be ink
        ([0.5], True),
        ([0.5499], True),
        ([0.5501], False),
        ([0.3, 0.9], False),
        ([0.2, 0.9], False),
        ([0.3, 0.7], True),
    ],
)
def test_a_map_is_unsure_where_it_is_pale(probs: list[float], unsure: bool) -> None:
    seen = np.zeros(20, np.float32)
    seen[: len(probs)] = probs
    assert _is_unsure(seen) is unsure


@pytest.mark.parametrize(
    ("count", "tall", "finer"),
    [(PAGE - 1, 6, 1.0), (PAGE, 6, 3.0), (PAGE, 9, 2.0), (PAGE, 3, 4.0), (PAGE, 36, 0.5)],
)
def test_a_page_of_small_writing_is_looked_at_finer(count: int, tall: int, finer: float) -> None:
    seen = patches((200, 200), *((4 + 9 * k, 10, 4, tall, 0.31) for k in range(count)))
    assert _smallness(seen) == pytest.approx(finer)
    assert _smallness(np.minimum(seen, 0.3)) == 1.0  # too unlikely to count


def test_the_taller_writing_of_a_page_counts() -> None:
    boxes = [(4 + 9 * k, 10, 4, 4 if k < 6 else 12, 0.9) for k in range(10)]
    assert _smallness(patches((60, 120), *boxes)) == pytest.approx(18 / 12)


@pytest.mark.parametrize(
    ("seen", "window"),
    [
        (patches((50, 100)), (0, 0, 0, 0)),
        (patches((50, 100), (40, 20, 10, 5, 0.11)), (0, 0, 0, 0)),
        # Twice as large an image; the longer side is 20, and 0.4 of it is left around it.
        (patches((50, 100), (40, 20, 10, 5, 0.9)), (72, 32, 37, 27)),
        (patches((50, 100), (40, 20, 10, 5, 0.12001)), (72, 32, 37, 27)),
        # What rises to 0.7 of the highest place belongs to it, what does not is left out.
        (patches((50, 100), (40, 20, 10, 5, 0.9), (60, 20, 10, 5, 0.64)), (56, 16, 109, 59)),
        (patches((50, 100), (40, 20, 10, 5, 0.9), (60, 20, 10, 5, 0.62)), (72, 32, 37, 27)),
        (patches((50, 100), (0, 0, 10, 5, 0.9)), (0, 0, 29, 19)),
        (patches((50, 100), (90, 45, 10, 5, 0.9)), (172, 82, 28, 18)),
    ],
)
def test_the_surroundings_of_writing(seen: np.ndarray, window: tuple[int, int, int, int]) -> None:
    assert _surroundings(seen, (100, 200)) == window


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 80), st.integers(0, 40), st.integers(1, 20), st.integers(1, 10))
def test_surroundings_hold_the_writing_and_lie_in_the_image(x: int, y: int, w: int, h: int) -> None:
    seen = patches((50, 100), (x, y, w, h, 0.8))
    left, top, wide, tall = _surroundings(seen, (150, 300))
    assert 0 <= left <= 3 * x < 3 * (x + w) <= left + wide <= 300
    assert 0 <= top <= 3 * y < 3 * (y + h) <= top + tall <= 150


def test_a_faint_part_is_joined_to_what_is_near_the_highest_place() -> None:
    """The edge of a patch is where it falls below 0.35 of the highest place."""
    seen = patches((50, 100), (40, 20, 10, 5, 0.9), (50, 20, 10, 5, 0.32), (60, 20, 10, 5, 0.31))
    left, _, wide, _ = _surroundings(seen, (50, 100))
    assert (left, wide) == (32, 37)


def grained(shape: tuple[int, int]) -> np.ndarray:
    noise = np.random.default_rng(1).normal(0, 3, shape)
    return np.clip(235 + noise, 0, 255).astype(np.uint8)


def on_sheet(digit: np.ndarray, x: int, y: int, shape: tuple[int, int] = (700, 800)) -> np.ndarray:
    sheet = grained(shape)
    place = sheet[y : y + digit.shape[0], x : x + digit.shape[1]]
    np.minimum(place, digit, out=place)
    return sheet


def test_a_small_digit_is_seen_in_a_window_alone() -> None:
    light = even_light(on_sheet(drawn_seven(60, 48, 5), 600, 420))
    writing = find_text(light)
    rows, columns = np.nonzero(writing.prob > INK_PROB)
    assert columns.min() >= 595
    assert columns.max() < 653
    assert rows.min() >= 415
    # Outside the window nothing is said at all.
    assert not writing.prob[:, :500].any()
    assert not writing.prob[:300].any()
    height, width = light.ink.shape
    far = map_window(light, (0, 0, width, height))
    x, y, w, h = _surroundings(far, light.ink.shape)
    inside = np.zeros(light.ink.shape, bool)
    inside[y : y + h, x : x + w] = True
    assert not writing.prob[~inside].any()
    assert writing.detail == pytest.approx(np.sqrt(w * h / map_window(light, (x, y, w, h)).size))


def test_a_small_row_of_a_large_photo_is_mapped_in_its_own_pixels() -> None:
    row = write_text("4027", 40)
    sheet = on_sheet(row, 1300, 900, (1500, 2000))
    writing = make_text_map(sheet)
    assert writing.zoom == 1.0
    x, y = writing.corner
    height, width = writing.prob.shape
    assert x < 1300 < 1300 + row.shape[1] < x + width
    assert y < 900 < 900 + row.shape[0] < y + height
    np.testing.assert_array_equal(writing.light.grey, sheet[y : y + height, x : x + width])
    reduced = make_text_map(cv2.resize(sheet, (1000, 750), interpolation=cv2.INTER_AREA), 0.5)
    assert reduced.zoom == 0.5
    np.testing.assert_allclose(reduced.corner, writing.corner, atol=120)


def test_a_small_row_of_a_large_file_is_decoded_again(tmp_path: Path) -> None:
    sheet = on_sheet(write_text("4027", 40), 1300, 900, (1500, 2000))
    path = tmp_path / "sheet.png"
    Image.fromarray(sheet).save(path)
    photo = open_photo(path)
    assert photo.pixels.shape == (750, 1000)
    writing = make_text_map(photo.pixels, 0.5, photo.decode)
    known = make_text_map(sheet)
    assert writing.zoom == 1.0
    np.testing.assert_allclose(writing.corner, known.corner, atol=8)
    path.unlink()  # the pixels that are known must do
    assert make_text_map(photo.pixels, 0.5, photo.decode).zoom < 0.5


def test_a_large_file_is_decoded_no_larger_than_its_small_text_needs() -> None:
    sheet = on_sheet(write_text("40274027", 100), 1600, 1200, (3000, 4000))
    photo = open_photo(Image.fromarray(sheet))
    assert photo.pixels.shape == (600, 800)
    decode, sides = photo.decode, list[int]()
    assert decode is not None

    def watched(side: int) -> Photo:
        sides.append(side)
        return decode(side)

    writing = make_text_map(photo.pixels, 0.2, watched)
    assert writing.zoom > 0.2
    assert len(sides) == 1
    assert 800 < sides[0] < 2000


def test_a_thin_stroke_that_pales_when_enlarged_keeps_its_first_map() -> None:
    """A lone 1 on a large sheet."""
    sheet = grained((600, 800))
    cv2.line(sheet, (400, 250), (400, 310), 60, 3)
    light = even_light(sheet)
    height, width = light.ink.shape
    x, y, w, h = _surroundings(map_window(light, (0, 0, width, height)), light.ink.shape)
    assert map_window(light, (x, y, w, h)).max() < 0.5
    assert find_text(light).prob.max() > 0.7


@pytest.mark.parametrize(
    ("sheet", "size"),
    [
        (on_sheet(write_text("4027", 40), 300, 200, (500, 700)), (500, 700)),  # not reduced
        (on_sheet(drawn_seven(200, 150, 16), 900, 600, (1200, 1600)), (600, 800)),  # legible
        (grained((1200, 1600)), (600, 800)),
    ],
)
def test_the_map_of_another_image_is_of_all_of_it(sheet: np.ndarray, size: tuple) -> None:
    writing = make_text_map(sheet)
    assert (writing.corner, writing.prob.shape) == ((0, 0), size)


def test_a_large_digit_is_looked_at_once() -> None:
    light = even_light(drawn_seven(500, 400, 40))
    writing = find_text(light)
    height, width = light.ink.shape
    seen = map_window(light, (0, 0, width, height))
    assert not _is_unsure(seen)
    np.testing.assert_allclose(
        writing.prob, cv2.resize(seen, (width, height), interpolation=cv2.INTER_LINEAR)
    )
    assert writing.detail == pytest.approx(np.sqrt(light.ink.size / seen.size))


def test_a_page_is_looked_at_finer() -> None:
    line = write_text("50718294", 22)[8:38]
    page = np.full((760, 420), 245, np.uint8)
    for k in range(19):
        page[10 + 38 * k : 10 + 38 * k + line.shape[0], 20 : 20 + line.shape[1]] = line
    noise = np.random.default_rng(2).normal(0, 3, page.shape)
    light = even_light(np.clip(page + noise, 0, 255).astype(np.uint8))
    writing = find_text(light)
    seen = map_window(light, (0, 0, 420, 760))
    assert _smallness(seen) > 1.2
    assert writing.detail < 0.8 * np.sqrt(light.ink.size / seen.size)


@pytest.mark.parametrize(("lighter", "seen"), [(1, False), (4, True), (-30, False)])
def test_ink_that_is_lighter_than_its_background_is_seen(lighter: int, seen: bool) -> None:
    prob = patches((60, 60), (20, 20, 4, 20, 0.95))
    grey = np.full((60, 60), 100, np.uint8)
    grey[prob > 0.5] = 100 + lighter
    grey[:, 40:] = 200  # far from the ink, and of no weight
    writing = text_map(np.zeros((60, 60)), prob, detail=1.0)
    object.__setattr__(writing.light, "grey", grey)
    assert _is_lighter(writing) is seen


def test_only_the_surest_writing_says_which_side_is_ink() -> None:
    prob = patches((60, 60), (20, 20, 4, 20, 0.95), (30, 20, 4, 20, 0.8))
    grey = np.full((60, 60), 100, np.uint8)
    grey[:, 20:24], grey[:, 30:34] = 40, 250
    writing = text_map(np.zeros((60, 60)), prob, detail=1.0)
    object.__setattr__(writing.light, "grey", grey)
    assert not _is_lighter(writing)
    faint = text_map(np.zeros((60, 60)), np.minimum(prob, 0.5), detail=1.0)
    object.__setattr__(faint.light, "grey", 255 - grey)
    assert not _is_lighter(faint)  # nothing is surely written


def test_light_writing_is_found_though_it_was_taken_for_dark() -> None:
    image = 255 - on_sheet(drawn_seven(200, 160, 14), 100, 60, (320, 360))
    assert make_text_map(image).light.light_ink


def test_what_is_smaller_than_a_digit_of_the_network_is_not_looked_at_again() -> None:
    light = even_light(on_sheet(np.full((3, 3), 20, np.uint8), 300, 300))
    height, width = light.ink.shape
    seen = map_window(light, (0, 0, width, height))
    window = _surroundings(seen, light.ink.shape)
    assert max(window[2:]) < NEAREST or float(seen.max()) < FAINTEST or find_text(light).detail < 4
