"""Converts arrays of any number type and images of any mode to opaque 8-bit grey or RGB pixels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkling.errors import ImageError

MAX_PIXELS = 25_000_000  # limit for one image; a decoder may use 20 bytes per pixel
OVERSHOOT = 1.5  # resized floats may reach this multiple of the end of their scale
STANDARDISED = 16.0  # negative floats below this limit are standardised, not 0 for black
PALE = 200  # grey level; if no opaque pixel is darker, the ink is light

Pixels = NDArray[np.uint8]  # (H, W) grey or (H, W, 3) RGB


def array_to_pixels(array: NDArray, name: str) -> Pixels:
    """Converts one array to 8-bit pixels.

    Shapes: (H, W), (1, H, W), (3, H, W), (4, H, W), and the same with the channels last. Values:
    booleans, integers, or floats on a scale of 0 to 1, -1 to 1, 0 to 255 or 0 to 65,535. Raises
    `ImageError` for all other arrays.
    """
    array = _channels_last(array)
    colour = array.ndim == 3 and array.shape[2] in (3, 4)
    if array.size == 0 or not (array.ndim == 2 or colour):
        raise ImageError(
            f"{name} is an array of shape {array.shape}. Pass (height, width), "
            "(height, width, 3) or (height, width, 4), or the channels first"
        )
    height, width = array.shape[:2]
    if height * width > MAX_PIXELS:
        limit = MAX_PIXELS // 1_000_000
        raise ImageError(
            f"{name} has {width} x {height} pixels; the limit is {limit} million. Reduce its size"
        )
    if not (np.issubdtype(array.dtype, np.number) or array.dtype == bool):
        raise ImageError(f"{name} is an array of {array.dtype}. Pass numbers")
    if np.iscomplexobj(array):
        raise ImageError(f"{name} is an array of complex numbers. Pass real numbers")
    if array.dtype == bool:
        array = array.astype(np.uint8) * 255
    eight = array if array.dtype == np.uint8 else stretch(array, name)
    if not colour:
        return np.ascontiguousarray(eight)
    return image_to_pixels(Image.fromarray(np.ascontiguousarray(eight)), name)


def image_to_pixels(image: Image.Image, name: str) -> Pixels:
    """Converts a Pillow image of any mode to 8-bit pixels. Raises `ImageError`."""
    if image.mode.startswith(("I", "F")):
        return stretch(np.asarray(image), name)
    if image.has_transparency_data:  # a grey image may have one transparent grey level
        image = _on_background(image.convert("RGBA"))
    elif image.mode in ("1", "L"):
        return np.asarray(image if image.mode == "L" else image.convert("L"))
    return _grey_if_grey(np.asarray(image if image.mode == "RGB" else image.convert("RGB")))


def stretch(values: NDArray, name: str) -> Pixels:
    """Scales integers and floats to 0 to 255, from black to the top of the type or the scale.

    Raises `ImageError` if the scale is unknown.
    """
    finite = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, top = float(finite.min(initial=0)), float(finite.max(initial=0))
    if np.issubdtype(values.dtype, np.integer):
        if low < 0:
            raise _unknown_scale(name, low, top)
        full = next((full for full in (255.0, 65535.0) if top <= full), top)
        return _scaled(finite, 255.0 / full)
    # Resized floats exceed the ends of their scale: those of 0 to 1 reach 1.1 and -0.1.
    if -OVERSHOOT <= low < 1 - OVERSHOOT and top <= OVERSHOOT:
        return _scaled(finite + 1, 127.5)
    full = next((full for full in (1.0, 255.0, 65535.0) if top <= full * OVERSHOOT), top)
    standardised = full > 1 and top < STANDARDISED and low < -0.05
    if standardised or low < (1 - OVERSHOOT) * full:
        raise _unknown_scale(name, low, top)
    return _scaled(finite, 255.0 / full)


def _unknown_scale(name: str, low: float, top: float) -> ImageError:
    return ImageError(
        f"{name} has values from {low:.3g} to {top:.3g}, which is an unknown scale. "
        "Scale them to 0 to 1, -1 to 1 or 0 to 255"
    )


def _scaled(values: NDArray[np.float32], factor: float) -> Pixels:
    return np.clip(values * factor, 0, 255).astype(np.uint8)


def as_array(given: Any) -> NDArray | None:
    """A numpy array, a torch or JAX tensor or an object with `__array__` as an array; else None."""
    if isinstance(given, np.ndarray):
        return given
    if hasattr(given, "detach"):  # torch, which is not imported here
        tensor = given.detach()
        if "bfloat16" in str(tensor.dtype):  # numpy has no such type
            tensor = tensor.float()
        return np.asarray(tensor.cpu().numpy())
    return np.asarray(given) if hasattr(given, "__array__") else None


def _channels_last(array: NDArray) -> NDArray:
    """Moves the channels of an image to the last axis, and removes the axis of a single channel."""
    if array.ndim != 3:
        return array
    if array.shape[2] not in (1, 3, 4) and array.shape[0] in (1, 3, 4):
        array = np.moveaxis(array, 0, 2)
    return array[..., 0] if array.shape[2] == 1 else array


def _on_background(image: Image.Image) -> Image.Image:
    """Composites an image with alpha onto white, or onto black if all its opaque pixels are pale.

    White drawings with transparency come from dark pages.
    """
    alpha = np.asarray(image.getchannel("A"))
    opaque = np.asarray(image.convert("L"))[alpha > 127]
    pale = 0 < opaque.size < alpha.size and np.percentile(opaque, 2) >= PALE
    background = Image.new("RGBA", image.size, "black" if pale else "white")
    background.alpha_composite(image)
    return background


def _grey_if_grey(rgb: Pixels) -> Pixels:
    """Reduces RGB to one channel if all three are equal, which saves two thirds of the work."""
    few = rgb[::16, ::16]  # a sample detects most colour images quickly
    for pixels in (few, rgb):
        red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
        if not (np.array_equal(red, green) and np.array_equal(green, blue)):
            return rgb
    return np.ascontiguousarray(rgb[..., 0])
