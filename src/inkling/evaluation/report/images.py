"""Embeds images as PNG in the page."""

import base64

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.errors import InklingError


def data_uri(image: NDArray[np.uint8]) -> str:
    """Encodes an image (H, W), or RGBA (H, W, 4), uint8, as a `data:` address."""
    ordered = cv2.cvtColor(image, cv2.COLOR_RGBA2BGRA) if image.ndim == 3 else image
    done, encoded = cv2.imencode(".png", ordered, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    if not done:
        raise InklingError(f"an image of shape {image.shape} cannot be written as PNG")
    return "data:image/png;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")


def paper_uri(image: NDArray[np.uint8]) -> str:
    """Encodes a digit (28, 28), light on dark, as dark ink on paper. A dark page inverts it."""
    return data_uri(255 - image)
