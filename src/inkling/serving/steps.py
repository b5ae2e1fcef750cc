"""The pictures of the road to an answer, as data URLs that a page can show."""

import base64
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.explain import pictures_of_road
from inkling.reading.pipeline import Trace

LONGEST = 640  # pixels; a step is shown no larger


def describe_seen(trace: Trace) -> list[dict[str, Any]]:
    """For each box what the network saw, and the eleven probabilities that it gave."""
    boxes = zip(trace.reading.digits, trace.answer.crops, trace.answer.chances, strict=False)
    return [
        {
            "image": as_data_url(crop.pixels),
            "probabilities": [round(float(chance), 6) for chance in chances[:10]],
            "none": round(float(chances[10]), 6),
        }
        for _, crop, chances in boxes
    ]


def describe_steps(trace: Trace) -> list[dict[str, Any]]:
    """The picture as decoded, under even light, and the ink that was kept with its boxes."""
    return [
        {"title": title, "image": as_data_url(_shrink(np.asarray(picture)))}
        for title, picture in pictures_of_road(trace)
    ]


def as_data_url(pixels: NDArray[np.uint8]) -> str:
    """(H, W) or (H, W, 3) RGB uint8 as a PNG in a data URL."""
    swapped = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if pixels.ndim == 3 else pixels
    _, content = cv2.imencode(".png", swapped)
    return "data:image/png;base64," + base64.b64encode(content.tobytes()).decode()


def _shrink(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = LONGEST / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
