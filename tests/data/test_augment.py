import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.ndimage import gaussian_filter1d

from inkling.data.augment import (
    STRENGTHS,
    Augment,
    _gaussian_matrix,
    affine_grid,
    augment_images,
    elastic_field,
    pixel_places,
)
from inkling.data.loader import normalise_images
from inkling.types import BACKGROUND, Digits


@pytest.fixture
def images(few: Digits) -> torch.Tensor:
    return normalise_images(torch.tensor(few.images[:64]))


def test_an_augmentation_without_settings_is_none() -> None:
    plain = Augment()
    assert not plain.active
    assert not any(getattr(plain, name) for name in STRENGTHS)
    assert (plain.elastic_smoothness, plain.final_strength, plain.final_share) == (4.0, 1.0, 0.3)
    with pytest.raises(ValidationError, match="frozen"):
        plain.scale = 0.1


def test_nothing_asked_for_is_nothing_done(images: torch.Tensor) -> None:
    assert augment_images(images, Augment()) is images


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_images_are_varied_less_at_the_end(fraction: float, strength: float, end: float) -> None:
    start = Augment(rotation_degrees=10, scale=0.2, final_strength=strength, final_share=end)
    now = start.at(fraction)
    factor = strength if fraction >= 1 - end else 1.0
    assert now.rotation_degrees == pytest.approx(10 * factor)
    assert now.scale == pytest.approx(0.2 * factor)
    assert now.elastic_smoothness == start.elastic_smoothness


def test_a_grid_that_does_not_move_gives_the_image_back(images: torch.Tensor) -> None:
    torch.manual_seed(0)
    tiny = augment_images(images, Augment(shift_pixels=1e-6))
    assert torch.allclose(tiny, images, atol=1e-4)


@given(st.floats(0, 60), st.integers(0, 1000))
def test_rotation_is_opencvs_rotation(degrees: float, seed: int) -> None:
    image = np.zeros((28, 28), np.float32)
    image[8:20, 12:16] = 1
    torch.manual_seed(seed)
    turn = float(torch.rand(6, 1)[0, 0] * 2 - 1) * degrees  # the draw that affine_grid makes
    torch.manual_seed(seed)
    augment = Augment(rotation_degrees=degrees)
    tensor = torch.tensor(image)[None, None] + BACKGROUND
    got = (augment_images(tensor, augment) - BACKGROUND)[0, 0].numpy()
    matrix = cv2.getRotationMatrix2D((13.5, 13.5), turn, 1)
    wanted = cv2.warpAffine(image, matrix, (28, 28), flags=cv2.INTER_LINEAR)
    assert np.abs(got - wanted).max() < 0.06  # OpenCV interpolates in steps of 1/32 pixel


def test_what_comes_in_from_outside_is_ground(images: torch.Tensor) -> None:
    torch.manual_seed(0)
    moved = augment_images(images, Augment(shift_pixels=14))
    assert moved.min() >= images.min() - 1e-4
    assert torch.isclose(moved, torch.tensor(BACKGROUND), atol=1e-4).float().mean() > 0.6


def test_draws_stay_within_their_bounds() -> None:
    torch.manual_seed(0)
    grid = affine_grid(4000, Augment(shift_pixels=3), torch.device("cpu"))
    still = affine_grid(1, Augment(), torch.device("cpu"))
    shift = (grid - still) * 14  # pixels
    assert shift.abs().max() <= 3 + 1e-4
    assert shift.abs().max() > 2.9
    assert abs(float(shift.mean())) < 0.1


def test_elastic_displacement_has_the_sd_that_was_asked_for() -> None:
    torch.manual_seed(0)
    augment = Augment(elastic_pixels=1.5, elastic_smoothness=3)
    pixels = elastic_field(2000, augment, torch.device("cpu")) * 14
    assert float(pixels.std()) == pytest.approx(1.5, rel=0.03)
    neighbours = torch.corrcoef(torch.stack([pixels[:, 14, 14, 0], pixels[:, 14, 15, 0]]))[0, 1]
    assert neighbours > 0.9  # smooth: neighbours move together


def test_elastic_displacement_is_blurred_by_a_gaussian() -> None:
    impulse = np.zeros(28)
    impulse[14] = 1
    expected = gaussian_filter1d(impulse, 3.0, truncate=9, mode="constant")
    found = _gaussian_matrix(3.0, torch.device("cpu"))[14].numpy()
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected), atol=1e-5)


def test_each_image_has_its_own_draw(images: torch.Tensor) -> None:
    same = images[:1].expand(8, -1, -1, -1)
    moved = augment_images(same, Augment(rotation_degrees=20, elastic_pixels=1))
    assert len(torch.unique(moved.flatten(1), dim=0)) == 8


@pytest.mark.parametrize("name", STRENGTHS)
def test_any_strength_above_zero_varies_the_images(name: str, images: torch.Tensor) -> None:
    augment = Augment(**{name: 0.05})
    assert augment.active
    assert augment.bends is (name == "elastic_pixels")
    assert augment.moves is (name != "elastic_pixels")
    torch.manual_seed(0)
    assert not torch.equal(augment_images(images, augment), images)
    assert not Augment().active


@given(st.integers(1, 5), st.integers(0, 100))
def test_the_grid_is_torchs(count: int, seed: int) -> None:
    augment = Augment(rotation_degrees=30, shift_pixels=3, scale=0.2, shear_degrees=10)
    torch.manual_seed(seed)
    ours = affine_grid(count, augment, torch.device("cpu"))
    # The matrix of each image, recovered from where its pixels go.
    places = pixel_places(torch.device("cpu"))
    theta = torch.linalg.lstsq(
        places.T.expand(count, -1, -1).double(), ours.flatten(1, 2).double()
    ).solution.transpose(1, 2)
    theirs = torch.nn.functional.affine_grid(theta, [count, 1, 28, 28], align_corners=False)
    torch.testing.assert_close(ours.double(), theirs, atol=1e-5, rtol=0)
