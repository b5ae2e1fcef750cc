"""Before the network: both paths end in the same kind of crops, in the image's pixels."""

import numpy as np
import pytest

from inkling.reading.preprocess.photo import Photo
from inkling.reading.preprocessed import preprocess, preprocess_fast
from tests.reading.drawings import drawn_seven, write_text


@pytest.mark.parametrize("path", [preprocess, preprocess_fast])
def test_each_part_has_its_crop(path) -> None:
    image = write_text("407")
    found = path((Photo(image, image.shape[1], image.shape[0]), "name"))
    assert found is not None
    assert (found.name, found.photo.pixels is image) == ("name", True)
    assert len(found.crops) == len(found.segments.parts) == 3
    for crop, part in zip(found.crops, found.segments.parts, strict=True):
        assert (crop.box.x, crop.box.y) == (part.x, part.y)
        assert abs(crop.area - part.area) == 0
    assert found.writing.plain is (path is preprocess_fast)


@pytest.mark.parametrize("path", [preprocess, preprocess_fast])
def test_boxes_of_an_image_that_was_decoded_smaller_are_its_own(path) -> None:
    image = drawn_seven()
    small = path((Photo(image, 80, 100), "x"))
    large = path((Photo(image, 240, 300), "x"))
    assert large.writing.zoom == pytest.approx(small.writing.zoom / 3)
    ours, theirs = large.crops[0].box, small.crops[0].box
    for one, other in zip(ours.as_json(), theirs.as_json(), strict=True):
        assert abs(one - 3 * other) <= 2


def test_only_drawings_have_a_fast_path() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (60, 60)).astype(np.uint8)
    assert preprocess_fast((Photo(noise, 60, 60), "x")) is None
