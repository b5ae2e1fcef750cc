"""How the reader divides its work: chunks, order, paths."""

import cv2
import numpy as np
import pytest

from inkling.errors import ImageError
from inkling.reading import thumbnail_path
from inkling.reading.pipeline import PAGE, Reader
from inkling.reading.preprocess.photo import open_photo
from inkling.reading.trace import Trace
from inkling.types import Reading
from tests.reading.drawings import drawn_seven, drawn_zero, write_text


def test_more_thumbnails_than_a_chunk_keep_their_places(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnail_path, "CHUNK", 8)
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


def test_nothing_to_read_gives_nothing(reader: Reader) -> None:
    assert reader.read([]) == []
    assert reader.trace([]) == []


def tight(image: np.ndarray) -> np.ndarray:
    rows, columns = np.nonzero(image < 128)
    return image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


@pytest.mark.parametrize("letter", ["M", "N"])
def test_a_letter_in_which_the_slow_path_sees_digits_stays_refused(
    letter: str, reader: Reader
) -> None:
    image = np.full((140, 160), 255, np.uint8)
    cv2.putText(image, letter, (30, 110), cv2.FONT_HERSHEY_SIMPLEX, 3, 0, 6)
    image = tight(image)
    (slow,) = reader._trace([(open_photo(image), "image 1")], False)
    assert slow.reading.verdict == "digits"
    (reading,) = reader.read([image])
    (trace,) = reader.trace([image])
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
