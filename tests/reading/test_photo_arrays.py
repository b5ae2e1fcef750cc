"""Arrays and tensors as images: any type, any order of the channels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inkling.errors import ImageError
from inkling.reading.preprocess.photo import as_sources, read_photo
from tests.reading.image_files import encoded


def test_sixteen_bits_keep_their_greys() -> None:
    ramp = np.linspace(0, 65535, 256, dtype=np.uint16).reshape(16, 16)
    pixels = read_photo(encoded(Image.fromarray(ramp)))
    assert np.abs(pixels.ravel().astype(int) - np.arange(256)).max() <= 1


@pytest.mark.parametrize("full", [1.0, 255.0])
def test_floats_that_swing_over_their_scale_keep_their_greys(full: float) -> None:
    ramp = np.linspace(0, full, 256, dtype=np.float32).reshape(16, 16)
    plain, swung = read_photo(ramp), read_photo(np.where(ramp == full, full * 1.1, ramp))
    assert np.abs(plain.astype(int) - swung).max() <= 1


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.int64, np.float32, np.float64])
def test_arrays_of_any_number_are_taken(dtype: type) -> None:
    top = {bool: 1, np.uint16: 65535, np.float32: 1.0, np.float64: 1.0}.get(dtype, 255)
    array = np.zeros((6, 7), dtype)
    array[1, 1] = top
    pixels = read_photo(array)
    assert pixels[1, 1] == 255
    assert pixels[0, 0] == 0


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((0, 5)),
        np.zeros(5),
        np.zeros((2, 2, 2)),
        np.array([["a"]]),
        np.zeros((2, 2), complex),
        np.zeros((2, 2, 2, 2)),
        np.full((4, 4), -1),
        np.linspace(-0.42, 2.82, 16).reshape(4, 4),  # standardised
        np.linspace(-3, 1.2, 16).reshape(4, 4),
        np.linspace(-200, 200, 16).reshape(4, 4),
    ],
)
def test_other_arrays_are_refused(array: np.ndarray) -> None:
    with pytest.raises(ImageError):
        read_photo(array)


def test_floats_from_minus_one_to_one_span_black_to_white() -> None:
    ramp = np.linspace(-1, 1, 256, dtype=np.float32).reshape(16, 16)
    assert np.abs(read_photo(ramp).ravel().astype(int) - np.arange(256)).max() <= 1
    assert read_photo(np.full((4, 4), -1.0)).max() == 0
    swung = np.where(ramp < -0.9, ramp - 0.2, ramp)
    assert np.abs(read_photo(swung).astype(int) - read_photo(ramp)).max() <= 13


@given(st.floats(-0.4, 0), st.floats(0.2, 1.4))
def test_floats_of_zero_to_one_keep_zero_black(low: float, high: float) -> None:
    pixels = read_photo(np.array([[low, 0.0, 0.2, high]]))
    assert pixels[0, 1] == 0
    assert pixels[0, 2] == 51


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_channels_may_come_first(channels: int) -> None:
    rng = np.random.default_rng(channels)
    last = rng.integers(0, 255, (20, 30, channels)).astype(np.uint8)
    first = np.moveaxis(last, 2, 0)
    assert np.array_equal(read_photo(first), read_photo(last))
    assert read_photo(first).shape[:2] == (20, 30)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "uint8"])
def test_tensors_are_arrays(dtype: str) -> None:
    torch = pytest.importorskip("torch")
    top = 255 if dtype == "uint8" else 1
    tensor = torch.zeros((1, 20, 30), dtype=getattr(torch, dtype))
    tensor[0, 5:10, 5:10] = top
    if dtype != "uint8":
        tensor.requires_grad_()
    pixels = read_photo(tensor)
    assert pixels.shape == (20, 30)
    assert (pixels[6, 6], pixels[0, 0]) == (255, 0)
    with pytest.raises(ImageError, match="array"):
        read_photo(tensor.to_sparse())


@pytest.mark.parametrize(
    ("shape", "count"),
    [
        ((28, 30), 1), ((28, 30, 3), 1), ((28, 30, 4), 1),
        ((5, 28, 30), 5), ((3, 28, 30), 3), ((5, 28, 28, 3), 5), ((5, 1, 28, 28), 5),
        ((5, 3, 28, 28), 5),
    ],
)  # fmt: skip
def test_how_many_images_an_array_holds(shape: tuple[int, ...], count: int) -> None:
    array = np.zeros(shape, np.uint8)
    for source in (array, torch_like(array)):
        found = as_sources(source)  # pyright: ignore[reportArgumentType]
        assert len(found) == count
        assert np.shape(found[0]) == (shape if count == 1 else shape[1:])


def torch_like(array: np.ndarray) -> object:
    class Tensor:
        def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
            return array

    return Tensor()
