"""Composed rows as strips: what is written stands in them, where it is said to stand."""

import numpy as np

from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.labelled_strips import LabelledStrip, compose_strip, crop_strip, pack_strips
from inkling.synthesis.scene import Scene
from inkling.synthesis.sheet import Truth
from tests.reading.drawings import write_text


def written(text: str, truths: str) -> Scene:
    """A row of plotted digits, of which `truths` are said to be there."""
    pixels = write_text(text)
    ink = (pixels < 140).astype(np.float32)
    found = []
    for index, label in enumerate(truths):
        part = ink[:, 30 + 60 * index : 90 + 60 * index]
        rows, columns = np.nonzero(part)
        x = 30.0 + 60 * index
        box = (x + columns.min(), rows.min(), x + columns.max() + 1, rows.max() + 1)
        found.append(Truth(int(label), tuple(float(side) for side in box)))
    return Scene(pixels, tuple(found), ink)


def test_a_strip_tells_its_digits_and_where_they_stand() -> None:
    line = crop_strip(written("40731", "40731"))
    assert line is not None
    assert line.classes == (4, 0, 7, 3, 1)
    assert np.all(np.diff(line.columns) > 8)
    for column in line.columns:
        near = line.pixels[:, max(0, int(column) - 6) : int(column) + 7]
        assert near.max() > 200


def test_a_row_with_a_lost_digit_is_left_out_or_shorter() -> None:
    scene = written("4073", "4073")
    gone = scene.pixels.copy()
    gone[:, 90:150] = 245
    line = crop_strip(Scene(gone, scene.truths, scene.ink))
    assert line is None or line.classes == (4, 7, 3)


def test_composed_lines_have_digits_inside(source: GlyphSource) -> None:
    rng = np.random.default_rng(4)
    lines = [line for _ in range(40) if (line := compose_strip(source, rng)) is not None]
    assert len(lines) > 25
    assert max(len(line.classes) for line in lines) >= 5
    for line in lines:
        assert len(line.classes) == len(line.columns) >= 1
        assert list(line.columns) == sorted(line.columns)
        assert all(0 <= column < line.pixels.shape[1] for column in line.columns)


def test_what_is_joined_is_split_again() -> None:
    rng = np.random.default_rng(0)
    lines = [
        LabelledStrip(
            rng.integers(0, 256, (32, w), np.uint8),
            (w % 10,) * n,
            tuple(float(k) for k in range(n)),
        )
        for w, n in ((20, 1), (75, 4), (33, 0))
    ]
    for one, other in zip(lines, pack_strips(lines).split(), strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)
        assert (one.classes, one.columns) == (other.classes, other.columns)
