"""Paper: bare, textured, clouded."""

import numpy as np
import pytest

from inkling.synthesis.paper import clouds, lay_paper


@pytest.mark.parametrize("seed", range(4))
def test_clouds_are_smooth_and_of_one_deviation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    field = clouds((600, 500), 100, rng)
    assert field.shape == (600, 500)
    assert abs(field.mean()) < 0.25
    assert 0.7 < field.std() < 1.3
    steps = np.abs(np.diff(field, axis=0)).mean()
    grain = np.abs(np.diff(rng.permutation(field.ravel()))).mean()
    assert steps < 0.75 * grain  # neighbours are alike, whatever the size of the blotches


def test_paper_is_light_and_of_any_size() -> None:
    rng = np.random.default_rng(0)
    deviations = []
    for _ in range(60):
        shape = int(rng.integers(8, 700)), int(rng.integers(8, 700))
        paper = lay_paper(shape, float(rng.uniform(10, 200)), rng)
        assert paper.shape == shape
        assert 0.45 < float(paper.mean()) < 1.15
        assert float(paper.min()) > 0.3
        deviations.append(float(paper.std()))
    assert max(deviations) < 0.09
    assert max(deviations) > 0.026  # no other texture is as strong as the strongest clouds
