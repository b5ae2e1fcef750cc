"""Grey from colours: ink and paper stay apart."""

import numpy as np
import pytest

from inkling.reading.preprocess.channels import to_grey
from tests.reading.drawings import drawn_seven


@pytest.mark.parametrize("colour", [(220, 40, 40), (40, 60, 200), (30, 140, 60), (235, 200, 40)])
def test_coloured_ink_shows(colour: tuple[int, int, int]) -> None:
    mask = drawn_seven() < 128
    image = np.where(mask[..., None], np.array(colour), 245).astype(np.uint8)
    grey = to_grey(image).astype(int)
    assert grey[~mask].mean() - grey[mask].mean() > 90


# Ink and paper of one lightness each: positive channel weights leave 6 to 68 grey levels.
OPPOSED = [
    ((60, 150, 200), (220, 120, 50)),
    ((205, 90, 165), (75, 160, 70)),
    ((215, 100, 30), (80, 150, 60)),
]


@pytest.mark.parametrize(("ink", "paper"), OPPOSED)
def test_ink_as_light_as_its_coloured_paper_shows(
    ink: tuple[int, int, int], paper: tuple[int, int, int]
) -> None:
    mask = drawn_seven() < 128
    grey = to_grey(np.where(mask[..., None], ink, paper).astype(np.uint8)).astype(int)
    assert abs(int(np.median(grey[mask])) - int(np.median(grey[~mask]))) > 75


def test_a_slight_colour_does_not_change_the_weights() -> None:
    """Dark blue ink on warm paper is darker in each channel: dark stays dark."""
    mask = drawn_seven() < 128
    image = np.where(mask[..., None], (40, 60, 150), (245, 235, 200)).astype(np.uint8)
    grey = to_grey(image).astype(int)
    assert grey[mask].max() < grey[~mask].min()


def test_the_colour_of_the_ink_weighs_most() -> None:
    """Blue ink on white shows in red and green, of which it holds none."""
    mask = drawn_seven() < 128
    image = np.where(mask[..., None], np.array((20, 20, 240)), 245).astype(np.uint8)
    grey = to_grey(image).astype(float)
    strongest = np.array([225.0, 225.0, 5.0])
    weights = strongest + 0.05 * strongest.sum()
    weights /= weights.sum()
    assert grey[mask].mean() == pytest.approx(weights @ (20, 20, 240), abs=6)
    assert grey[~mask].mean() == pytest.approx(245, abs=2)
