"""The network that finds writing, and one look of it: a map of chances, 0 to 1 a pixel.

Rulings, frames, shadows' edges, folds, stains and grain are as dark as ink; what tells them from
it is shape. The network learnt that from composed pictures, whose ink is known to the pixel
(encoder and decoder with links between them: Ronneberger, Fischer and Brox, 2015).
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
AREA = 200 * 200  # pixels; pictures are brought down to this for the network
SMALL = 64 * 64  # pixels; pictures below this are brought up to it
MULTIPLE = 16  # pixels; the network halves its map four times


def network_shape(height: int, width: int, finer: float = 1.0) -> tuple[int, int]:
    """The size at which the network looks at a picture: its proportions, bounded in area.

    A `finer` look may have so many times the usual pixels each way, up to the picture's own.
    """
    area = height * width
    wanted = min(max(area, SMALL) * min(finer, 1.0) ** 2, AREA * finer**2)
    scale = math.sqrt(wanted / area)
    return max(8, round(height * scale)), max(8, round(width * scale))


def network_input(grey: Grey, ink: Map, shape: tuple[int, int]) -> NDArray[np.float32]:
    """What the network is shown, (2, *shape) float32: a picture (H, W) and its evened ink.

    Each on the scale of its own contrast, so that faint ink is as good as black.
    """
    seen = resize(grey, shape).astype(np.float32)
    ink = resize(ink, shape)
    darkest, middle, lightest = percentiles(seen, 1, 50, 99)
    spread = max(lightest - darkest, 4.0)
    strongest = max(percentile(ink, 99.8), 0.02)
    return np.stack([(middle - seen) / spread, np.minimum(ink / strongest, 2) - 0.2])


def pad_input(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """(..., H, W) with its last rows and columns repeated up to a multiple of 16."""
    down, across = (-side % MULTIPLE for side in images.shape[-2:])
    around = [(0, 0)] * (images.ndim - 2) + [(0, down), (0, across)]
    return np.pad(images, around, mode="edge")


def map_window(light: Light, window: tuple[int, int, int, int], finer: float = 1.0) -> Map:
    """The map of one window x y w h of a picture, at the size at which the network sees it."""
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
