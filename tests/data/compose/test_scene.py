import numpy as np

from inkling.data.compose.fonts import Face
from inkling.data.compose.glyphs import GlyphSource
from inkling.data.compose.negatives import NONE
from inkling.data.compose.scene import compose
from inkling.types import Digits


def test_scenes_are_pictures_with_truths_inside(source: GlyphSource) -> None:
    rng = np.random.default_rng(11)
    labels = []
    for _ in range(120):
        scene = compose(source, rng)
        height, width = scene.pixels.shape[:2]
        assert scene.pixels.dtype == np.uint8
        assert scene.pixels.ndim == 2 or scene.pixels.shape[2] == 3
        for truth in scene.truths:
            x0, y0, x1, y1 = truth.box
            assert 0 <= x0 < x1 <= width + 1e-6
            assert 0 <= y0 < y1 <= height + 1e-6
        labels += [truth.label for truth in scene.truths]
    assert set(range(10)) | {NONE} <= set(labels)


def test_the_same_seed_gives_the_same_pictures(few: Digits, faces: tuple[Face, ...]) -> None:
    def pictures() -> list[np.ndarray]:
        rng = np.random.default_rng(3)
        source = GlyphSource(few, faces, rng)
        return [compose(source, rng).pixels for _ in range(15)]

    for first, second in zip(pictures(), pictures(), strict=True):
        np.testing.assert_array_equal(first, second)


def test_most_written_digits_can_be_told_from_their_paper(source: GlyphSource) -> None:
    """Ink differs from its surroundings: the deviation inside a truth exceeds a twentieth."""
    rng = np.random.default_rng(12)
    seen, clear = 0, 0
    for _ in range(100):
        scene = compose(source, rng)
        grey = scene.pixels if scene.pixels.ndim == 2 else scene.pixels.mean(2)
        for truth in scene.truths:
            if 0 <= truth.label < NONE:
                x0, y0, x1, y1 = (round(v) for v in truth.box)
                seen += 1
                clear += grey[y0 : y1 + 1, x0 : x1 + 1].std() > 255 / 20
    assert seen > 60
    assert clear / seen > 0.8
