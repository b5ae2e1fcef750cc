"""Arrays of any number type and images of any mode as 8-bit grey or RGB, nothing transparent."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkling.errors import ImageError

MAX_PIXELS = 25_000_000  # of one image; a decoder may hold 20 bytes for each
OVERSHOOT = 1.5  # times the end of a scale that resized floats may reach
STANDARDISED = 16.0  # floats from below 0 to less than this have a mean of 0, not black at 0
PALE = 200  # grey level; opaque pixels no darker than this are light ink

Pixels = NDArray[np.uint8]  # (H, W) grey or (H, W, 3) RGB


def array_to_pixels(array: NDArray, name: str) -> Pixels:
    """One image as 8-bit pixels.

    Shapes: (H, W), (1, H, W), (3, H, W), (4, H, W), and the same with the channels last. Types:
    booleans, integers, floats on a scale of 0 to 1, -1 to 1, 0 to 255 or 0 to 65,535. Raises
    `ImageError` for everything else.
    """
    array = _channels_last(array)
    colour = array.ndim == 3 and array.shape[2] in (3, 4)
    if array.size == 0 or not (array.ndim == 2 or colour):
        raise ImageError(
            f"{name} is an array of shape {array.shape}; give (height, width), "
            "(height, width, 3) or (height, width, 4), or the channels first"
        )
    height, width = array.shape[:2]
    if height * width > MAX_PIXELS:
        limit = MAX_PIXELS // 1_000_000
        raise ImageError(f"{name} has {width} x {height} pixels; at most {limit} million are read")
    if not (np.issubdtype(array.dtype, np.number) or array.dtype == bool):
        raise ImageError(f"{name} is an array of {array.dtype}; give numbers")
    if np.iscomplexobj(array):
        raise ImageError(f"{name} is an array of complex numbers; give real ones")
    if array.dtype == bool:
        array = array.astype(np.uint8) * 255
    eight = array if array.dtype == np.uint8 else stretch(array, name)
    if not colour:
        return np.ascontiguousarray(eight)
    return image_to_pixels(Image.fromarray(np.ascontiguousarray(eight)), name)


def image_to_pixels(image: Image.Image, name: str) -> Pixels:
    """A Pillow image in any mode as 8-bit pixels. Raises `ImageError`."""
    if image.mode.startswith(("I", "F")):
        return stretch(np.asarray(image), name)
    if image.has_transparency_data:  # one grey of many may be the clear one
        image = _on_ground(image.convert("RGBA"))
    elif image.mode in ("1", "L"):
        return np.asarray(image if image.mode == "L" else image.convert("L"))
    return _grey_if_grey(np.asarray(image if image.mode == "RGB" else image.convert("RGB")))


def stretch(values: NDArray, name: str) -> Pixels:
    """Integers and floats as 8 bits: from black to the top of the type or of the scale.

    Raises `ImageError` for floats whose scale cannot be told.
    """
    finite = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, top = float(finite.min(initial=0)), float(finite.max(initial=0))
    if np.issubdtype(values.dtype, np.integer):
        if low < 0:
            raise _unknown_scale(name, low, top)
        full = next((full for full in (255.0, 65535.0) if top <= full), top)
        return _scaled(finite, 255.0 / full)
    # Resized floats go beyond the ends of their scale: those of 0 to 1 reach 1.1 and -0.1.
    if -OVERSHOOT <= low < 1 - OVERSHOOT and top <= OVERSHOOT:
        return _scaled(finite + 1, 127.5)
    full = next((full for full in (1.0, 255.0, 65535.0) if top <= full * OVERSHOOT), top)
    standardised = full > 1 and top < STANDARDISED and low < -0.05
    if standardised or low < (1 - OVERSHOOT) * full:
        raise _unknown_scale(name, low, top)
    return _scaled(finite, 255.0 / full)


def _unknown_scale(name: str, low: float, top: float) -> ImageError:
    return ImageError(
        f"{name} has values from {low:.3g} to {top:.3g}, a scale that inkling does not know; "
        "give 0 to 1, -1 to 1 or 0 to 255"
    )


def _scaled(values: NDArray[np.float32], factor: float) -> Pixels:
    return np.clip(values * factor, 0, 255).astype(np.uint8)


def as_array(given: Any) -> NDArray | None:
    """A numpy array, a tensor of torch or JAX, or anything else with `__array__`; else None."""
    if isinstance(given, np.ndarray):
        return given
    if hasattr(given, "detach"):  # torch, which is not imported here
        tensor = given.detach()
        if "bfloat16" in str(tensor.dtype):  # numpy has no such type
            tensor = tensor.float()
        return np.asarray(tensor.cpu().numpy())
    return np.asarray(given) if hasattr(given, "__array__") else None


def _channels_last(array: NDArray) -> NDArray:
    """An image with its channels last, without the axis of a single one; others as they are."""
    if array.ndim != 3:
        return array
    if array.shape[2] not in (1, 3, 4) and array.shape[0] in (1, 3, 4):
        array = np.moveaxis(array, 0, 2)
    return array[..., 0] if array.shape[2] == 1 else array


def _on_ground(image: Image.Image) -> Image.Image:
    """An image with alpha laid on white; on black where all that is opaque in it is pale, as a
    drawing in white from a dark page is.
    """
    alpha = np.asarray(image.getchannel("A"))
    opaque = np.asarray(image.convert("L"))[alpha > 127]
    pale = 0 < opaque.size < alpha.size and np.percentile(opaque, 2) >= PALE
    ground = Image.new("RGBA", image.size, "black" if pale else "white")
    ground.alpha_composite(image)
    return ground


def _grey_if_grey(rgb: Pixels) -> Pixels:
    """One channel where all three are the same: two thirds less to do afterwards."""
    few = rgb[::16, ::16]  # most colour shows at once
    for pixels in (few, rgb):
        red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
        if not (np.array_equal(red, green) and np.array_equal(green, blue)):
            return rgb
    return np.ascontiguousarray(rgb[..., 0])
