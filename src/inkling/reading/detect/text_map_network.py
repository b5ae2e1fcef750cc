"""Runs the text map network: the probability of handwritten ink for each pixel of a window.

Rulings, frames, edges of shadows, folds, stains and grain can be as dark as ink and differ from it
by their shape only. The network was trained on rendered images, whose ink is known for each pixel
(encoder and decoder with skip connections: Ronneberger, Fischer and Brox, 2015).
"""

import math
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from inkling.reading.preprocess.light import Light
from inkling.reading.preprocess.pixels import Grey, Map, percentile, percentiles, resize
from inkling.reading.session import open_bundled

MODEL = Path(__file__).parent.parent / "weights" / "writing.onnx"
AREA = 200 * 200  # pixels; larger images are reduced to this area for the network
SMALL = 64 * 64  # pixels; smaller images are enlarged to this area
MULTIPLE = 16  # the sides must be multiples of this, because the network halves them four times


def network_shape(height: int, width: int, finer: float = 1.0) -> tuple[int, int]:
    """The size (height, width) of the network's input: the image's proportions, limited area.

    `finer` scales it in each direction, up to the size of the image.
    """
    area = height * width
    wanted = min(max(area, SMALL) * min(finer, 1.0) ** 2, AREA * finer**2)
    scale = math.sqrt(wanted / area)
    return max(8, round(height * scale)), max(8, round(width * scale))


def network_input(grey: Grey, ink: Map, shape: tuple[int, int]) -> NDArray[np.float32]:
    """The network's input (2, *shape) float32: a grey image (H, W) and its ink under even light.

    Both are scaled by their contrast, so that faint ink looks like black ink.
    """
    seen = resize(grey, shape).astype(np.float32)
    ink = resize(ink, shape)
    darkest, middle, lightest = percentiles(seen, 1, 50, 99)
    spread = max(lightest - darkest, 4.0)
    strongest = max(percentile(ink, 99.8), 0.02)
    return np.stack([(middle - seen) / spread, np.minimum(ink / strongest, 2) - 0.2])


def pad_input(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pads (..., H, W) to multiples of 16 by repeating the last rows and columns."""
    down, across = (-side % MULTIPLE for side in images.shape[-2:])
    around = [(0, 0)] * (images.ndim - 2) + [(0, down), (0, across)]
    return np.pad(images, around, mode="edge")


def map_window(light: Light, window: tuple[int, int, int, int], finer: float = 1.0) -> Map:
    """The text probability map of a window x y w h of an image, at the network's scale."""
    x, y, w, h = window
    shape = network_shape(h, w, finer)
    part = np.s_[y : y + h, x : x + w]
    image = pad_input(network_input(light.grey[part], light.ink[part], shape))
    session = _session()
    logits = np.asarray(session.run(None, {session.get_inputs()[0].name: image[None]})[0])
    logits = np.ascontiguousarray(logits[0, 0, : shape[0], : shape[1]])
    return (1 / (1 + np.exp(-logits.clip(-30, 30)))).astype(np.float32)


@cache
def _session() -> onnxruntime.InferenceSession:
    return open_bundled(MODEL)
