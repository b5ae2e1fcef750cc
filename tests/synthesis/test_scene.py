import numpy as np

from inkling.synthesis.background import add_background_edge, place_on_background
from inkling.synthesis.fonts import Face
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.negatives import NONE_LABEL
from inkling.synthesis.scene import compose
from inkling.synthesis.sheet import Truth
from inkling.types import Digits


def test_scenes_are_images_with_truths_inside(source: GlyphSource) -> None:
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
    assert set(range(10)) | {NONE_LABEL} <= set(labels)


def test_the_same_seed_gives_the_same_images(few: Digits, faces: tuple[Face, ...]) -> None:
    def images() -> list[np.ndarray]:
        rng = np.random.default_rng(3)
        source = GlyphSource(few, faces, rng)
        return [compose(source, rng).pixels for _ in range(15)]

    for first, second in zip(images(), images(), strict=True):
        np.testing.assert_array_equal(first, second)


def test_most_written_digits_can_be_told_from_their_paper(source: GlyphSource) -> None:
    """Ink differs from its surroundings: the deviation inside a truth exceeds a twentieth."""
    rng = np.random.default_rng(12)
    seen, clear = 0, 0
    for _ in range(100):
        scene = compose(source, rng)
        grey = scene.pixels if scene.pixels.ndim == 2 else scene.pixels.mean(2)
        for truth in scene.truths:
            if 0 <= truth.label < NONE_LABEL:
                x0, y0, x1, y1 = (round(v) for v in truth.box)
                seen += 1
                clear += grey[y0 : y1 + 1, x0 : x1 + 1].std() > 255 / 20
    assert seen > 60
    assert clear / seen > 0.8


def test_ink_lies_where_something_is_written(source: GlyphSource) -> None:
    rng = np.random.default_rng(13)
    for _ in range(60):
        scene = compose(source, rng)
        height, width = scene.pixels.shape[:2]
        assert scene.ink.shape == (height, width)
        assert 0 <= scene.ink.min() <= scene.ink.max() <= 1.001
        free = np.ones((height, width), bool)
        boxes = [truth.box for truth in scene.truths]
        digits = [truth.box for truth in scene.truths if truth.label != NONE_LABEL]
        if digits:  # the pen may not have been lifted between them
            low, high = np.min(digits, axis=0), np.max(digits, axis=0)
            boxes.append((low[0], low[1], high[2], high[3]))
        for x0, y0, x1, y1 in boxes:
            free[max(0, int(y0) - 4) : int(y1) + 5, max(0, int(x0) - 4) : int(x1) + 5] = False
        assert (scene.ink[free] > 0.5).sum() <= 0.002 * free.size


def test_a_desk_covers_paper_and_no_writing() -> None:
    rng = np.random.default_rng(14)
    ink = np.zeros((120, 160), np.float32)
    ink[40:80, 60:100] = 1
    covered = 0
    for _ in range(40):
        paper = np.full((120, 160, 3), 0.9, np.float32)
        laid = add_background_edge(paper, ink, rng)
        assert (laid[40:80, 60:100] == paper[40:80, 60:100]).all()
        covered += bool((np.abs(laid - paper) > 0.01).mean() > 0.02)
    assert covered > 20


def test_a_sheet_on_a_desk_keeps_its_ink_and_its_truths() -> None:
    rng = np.random.default_rng(15)
    ink = np.zeros((120, 160), np.float32)
    ink[40:80, 60:100] = 1
    truth = Truth(7, (60, 40, 100, 80))
    grown = 0
    for _ in range(40):
        paper = np.full((120, 160, 3), 0.9, np.float32) * (1 - 0.8 * ink[..., None])
        image, seen, (moved,) = place_on_background(paper, ink, [truth], rng)
        assert image.shape[:2] == seen.shape
        grown += seen.size > ink.size
        rows, columns = np.nonzero(seen > 0.5)
        x0, y0, x1, y1 = moved.box
        assert x0 - 2 <= columns.min() <= columns.max() <= x1 + 2
        assert y0 - 2 <= rows.min() <= rows.max() <= y1 + 2
        assert image[seen > 0.9].mean() < 0.4
    assert grown > 20
