"""The strip is a picture of the right size, written whole or not at all."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling.errors import InklingError
from inkling.reading.explain import WIDTH, draw_strip, write_strip
from inkling.reading.pipeline import Reader, Trace
from tests.reading.pictures import drawn_seven, drawn_zero


def trace_of(reader: Reader, picture: np.ndarray) -> Trace:
    trace = reader.trace([picture])[0]
    assert isinstance(trace, Trace)
    return trace


@pytest.mark.parametrize(
    "picture",
    [
        drawn_seven(),
        np.hstack([drawn_zero()] * 12),
        np.full((20, 900), 255, np.uint8),
        np.full((900, 20), 255, np.uint8),
        drawn_zero(28, 3),
    ],
    ids=["one", "many", "wide blank", "tall blank", "thumbnail"],
)
def test_any_picture_has_a_strip(reader: Reader, picture: np.ndarray) -> None:
    strip = draw_strip(trace_of(reader, picture))
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
