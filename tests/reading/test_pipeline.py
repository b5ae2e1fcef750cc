"""How the reader spreads its work: chunks, names, order, and what several threads give."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest

from inkling.errors import ImageError
from inkling.reading import pipeline
from inkling.reading.pipeline import OPENED, PAGE, STACK, TOGETHER, Reader, Trace, _names
from inkling.reading.preprocess.photo import Photo
from inkling.types import Box, Prediction, Reading, Verdict
from tests.reading.drawings import drawn_seven, drawn_zero, write_text


def sizes(parts: Iterator[list]) -> list[int]:
    return [len(part) for part in parts]


def test_a_stack_of_thumbnails_is_opened_without_copies(reader: Reader) -> None:
    stack = np.zeros((STACK + 5, 9, 8), np.uint8)
    parts = list(reader._open_some(stack, [""] * len(stack)))
    assert [len(part) for part in parts] == [STACK, 5]
    photo = parts[1][4]
    assert isinstance(photo, Photo)
    assert np.shares_memory(photo.pixels, stack)
    assert (photo.width, photo.height) == (8, 9)
    assert list(reader._open_some(stack[:0], [])) == []


def test_other_sources_are_opened_as_many_as_may_be_held(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [np.full((50, 60), 200, np.uint8)] * (TOGETHER + 3)
    parts = list(reader._open_some(images, [str(k) for k in range(len(images))]))
    assert [len(part) for part in parts] == [TOGETHER, 3]
    monkeypatch.setattr(pipeline, "HELD", 3000 * OPENED - 1)
    assert sizes(reader._open_some(images[:20], [""] * 20)) == [OPENED, OPENED, 4]
    monkeypatch.setattr(pipeline, "HELD", 3000 * OPENED)
    assert sizes(reader._open_some(images[:20], [""] * 20)) == [2 * OPENED, 4]
    assert list(reader._open_some([], [])) == []


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_work_is_done_in_order_on_any_number_of_threads(reader: Reader, workers: int) -> None:
    some = Reader(reader.network, workers=workers)
    seen: list[str] = []

    def work(number: int) -> int:
        seen.append(threading.current_thread().name)
        return number * number

    assert some._parallel_map(work, range(40)) == [k * k for k in range(40)]
    alone = threading.current_thread().name
    assert (set(seen) == {alone}) is (workers == 1)
    seen.clear()
    assert some._parallel_map(work, [7]) == [49]
    assert seen == [alone]  # one item needs no thread
    seen.clear()
    some._parallel_map(work, [1, 2])
    assert (alone in seen) is (workers == 1)
    assert some._parallel_map(work, []) == []


def test_sources_have_names(tmp_path) -> None:
    sources = [tmp_path / "a.png", "b.png", b"bytes", np.zeros((2, 2))]
    names = _names(sources)
    assert names[:2] == [str(tmp_path / "a.png"), "b.png"]
    assert [name.split()[-1] for name in names[2:]] == ["3", "4"]


def test_more_thumbnails_than_a_chunk_keep_their_places(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "CHUNK", 8)
    count = 21
    zero, seven = drawn_zero(28, 3), drawn_seven(28, 28, 3)
    wanted = np.random.default_rng(0).integers(0, 2, count)
    other = drawn_seven(30, 26, 3)  # of another size, in between
    sources = [seven if k else zero for k in wanted]
    sources[5] = other
    texts = [one.text for one in reader.read(sources) if isinstance(one, Reading)]
    expected = ["7" if k else "0" for k in wanted]
    expected[5] = "7"
    assert texts == expected
    traces = reader.trace(sources)
    assert [trace.reading.text for trace in traces if isinstance(trace, Trace)] == expected


def test_more_images_than_a_page_keep_their_places(reader: Reader) -> None:
    sources: list = [write_text(str(k % 10), 30) for k in range(PAGE + 4)]
    sources[3] = ImageError("mine")
    sources[PAGE] = drawn_zero(28, 3)
    names = [f"image {k}" for k in range(len(sources))]
    found = reader.read(sources, names=names)
    assert [isinstance(one, ImageError) for one in found] == [k == 3 for k in range(len(sources))]
    for k, one in enumerate(found):
        if isinstance(one, Reading):
            assert (one.image, one.text) == (names[k], "0" if k == PAGE else str(k % 10))


def test_a_trace_of_a_thumbnail_holds_its_own_crop_and_probabilities(reader: Reader) -> None:
    thumbs = [drawn_zero(28, 3), drawn_seven(28, 28, 3), drawn_zero(40, 5), drawn_seven(28, 28, 2)]
    alone = [reader.trace([thumb])[0] for thumb in thumbs]
    for trace, one, thumb in zip(reader.trace(thumbs), alone, thumbs, strict=True):
        assert isinstance(trace, Trace)
        assert isinstance(one, Trace)
        assert len(trace.answer.probs) == len(trace.answer.crops) == 1
        np.testing.assert_allclose(trace.answer.probs, one.answer.probs, atol=1e-5)
        np.testing.assert_array_equal(trace.answer.crops[0].pixels, one.answer.crops[0].pixels)
        assert trace.preprocessed.photo.pixels is thumb or np.array_equal(
            trace.preprocessed.photo.pixels, thumb
        )


@pytest.mark.parametrize(
    ("rotation", "size"), [(0, (80, 100)), (90, (100, 80)), (180, (80, 100)), (270, (100, 80))]
)
def test_a_trace_knows_the_size_of_the_image_as_given(
    reader: Reader, rotation: int, size: tuple[int, int]
) -> None:
    trace = reader.trace([drawn_seven()])[0]
    assert isinstance(trace, Trace)
    turned = replace(trace, rotation=rotation)  # type: ignore[arg-type]
    assert turned.size == size
    assert turned.reading.rotation == rotation


def test_nothing_to_read_gives_nothing(reader: Reader) -> None:
    assert reader.read([]) == []
    assert reader.trace([]) == []


def tight(image: np.ndarray) -> np.ndarray:
    rows, columns = np.nonzero(image < 128)
    return image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def test_a_tight_crop_that_is_no_digit_stays_refused(reader: Reader) -> None:
    """The slow path may see digits in the parts of a letter."""
    cross = np.full((60, 60), 255, np.uint8)
    cv2.line(cross, (4, 4), (56, 56), 0, 7)
    cv2.line(cross, (56, 4), (4, 56), 0, 7)
    (reading,) = reader.read([tight(cross)])
    (trace,) = reader.trace([tight(cross)])
    assert isinstance(reading, Reading)
    assert isinstance(trace, Trace)
    assert (reading.verdict, reading.text) == ("not-a-digit", "")
    assert trace.reading == reading


def test_two_narrow_digits_in_a_tight_crop_are_both_read(reader: Reader) -> None:
    pair = np.full((90, 90), 255, np.uint8)
    cv2.line(pair, (20, 10), (20, 80), 0, 7)
    cv2.line(pair, (65, 10), (65, 80), 0, 7)
    for image in (tight(pair), cv2.resize(tight(pair), (24, 34), interpolation=cv2.INTER_AREA)):
        (reading,) = reader.read([np.asarray(image, np.uint8)])
        (trace,) = reader.trace([np.asarray(image, np.uint8)])
        assert isinstance(reading, Reading)
        assert isinstance(trace, Trace)
        assert (reading.verdict, reading.text) == ("digits", "11")
        assert trace.reading == reading


@pytest.mark.parametrize(
    ("confidences", "verdict", "several"),
    [
        ((0.9, 0.95), "digits", True),
        ((0.89, 0.95), "digits", False),
        ((0.95, 0.95), "unsure", False),
        ((0.99,), "digits", False),
        ((), "blank", True),
        ((0.4, 0.4), "not-a-digit", True),
    ],
)
def test_when_the_slow_path_overrules_a_refusal(
    confidences: tuple[float, ...], verdict: Verdict, several: bool
) -> None:
    digits = tuple(
        Prediction(1, confidence, Box(9 * k, 0, 4, 20), (), "digits", (), "1")
        for k, confidence in enumerate(confidences)
    )
    reading = Reading("x", verdict, "1" * len(digits), digits, (tuple(range(len(digits))),))
    assert pipeline._overrules(reading) is several
