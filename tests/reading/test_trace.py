"""Traces: the results of each step are those of the image as given."""

from dataclasses import replace

import numpy as np
import pytest

from inkling.reading.pipeline import Reader
from inkling.reading.trace import Trace
from tests.reading.drawings import drawn_seven, drawn_zero


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
