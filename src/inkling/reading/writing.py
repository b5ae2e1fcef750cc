"""Where in a picture there is writing: a small network's map, 0 to 1 a pixel.

Rulings, frames, shadows' edges, folds, stains and grain are as dark as ink; what tells them from
it is shape. The network learnt that from composed pictures, whose ink is known to the pixel
(encoder and decoder with links between them: Ronneberger, Fischer and Brox, 2015).
"""

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from inkling.reading.light import Light, even_light
from inkling.reading.pixels import Grey, Map, percentile, percentiles, resize

MODEL = Path(__file__).parent / "model" / "writing.onnx"
AREA = 200 * 200  # pixels; pictures are brought down to this for the network
SMALL = 64 * 64  # pixels; pictures below this are brought up to it
MULTIPLE = 16  # pixels; the network halves its map four times
FAINTEST = 0.12  # chance; what is less likely to be writing is not looked at again
BESIDE = 0.35  # of the highest chance; less, beside what is sure, is noise
CLOSER = 0.3  # of the picture; writing in a smaller part of it is looked at from near
ROOM = 0.4  # of the writing's longer side, left around it for the second look
SMALL_FROM = 0.3  # chance; patches above it are taken for writing when its size is judged
PAGE = 10  # patches of writing; so many small ones are a page
FAIR = 18.0  # pixels of the network; a height at which writing is well told from its ground
PALE = 0.55  # mean chance of what may be writing; a paler map is compared with one from afar
AFAR = 0.5  # times the usual pixels each way
FINEST = 4.0  # times the usual pixels each way
NEAREST = 16  # pixels; nothing smaller is looked at again


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


@dataclass(frozen=True, eq=False)
class Writing:
    """A picture under even light and where there is writing in it.

    `odds` (H, W) float32 is the chance that a pixel is inked by hand, 0 to 1, at the size of
    `light.ink`; `detail` is how many of those pixels there are to one that the network saw, and
    0 where it was not asked.
    """

    light: Light
    odds: Map
    detail: float

    @property
    def plain(self) -> bool:
        """Whether all ink on a flat ground was taken for writing, without the network."""
        return self.detail == 0

    @property
    def ink(self) -> Map:
        """How dark each pixel is under even light, (H, W) float32."""
        return self.light.ink

    @property
    def zoom(self) -> float:
        """Pixels of `ink` for one pixel of the picture."""
        return self.light.zoom


def find_writing(light: Light) -> Writing:
    """The map of writing in a picture under even light.

    Where all that may be writing lies in a small part of the picture, that part is looked at
    again from near: a lone small digit is told from a speck, and large photos keep their detail.
    Where it is small and all over, as on a page, the whole is looked at again, and finer.
    """
    height, width = light.ink.shape
    seen = _look(light, (0, 0, width, height))
    if _is_unsure(seen):  # blurred strokes look sharp from afar
        far = _look(light, (0, 0, width, height), AFAR)
        seen = np.maximum(seen, resize(far, seen.shape))
    x, y, w, h = _surroundings(seen, light.ink.shape)
    if max(w, h) < NEAREST or w * h > CLOSER * width * height:
        finer = _smallness(seen)
        if finer > 1 and light.ink.size > seen.size:
            seen = _look(light, (0, 0, width, height), finer)
        return Writing(light, resize(seen, light.ink.shape), math.sqrt(light.ink.size / seen.size))
    near = _look(light, (x, y, w, h))
    odds = np.zeros_like(light.ink)
    part = np.s_[y : y + h, x : x + w]
    # From near, a blurred stroke may pass for a shadow that was taken for ink from afar.
    odds[part] = np.maximum(resize(near, (h, w)), resize(seen, light.ink.shape)[part])
    return Writing(light, odds, math.sqrt(w * h / near.size))


def _is_unsure(seen: Map) -> bool:
    """Whether a map stays pale where it is not empty."""
    inked = seen[seen > 0.25]
    return not inked.size or float(inked.mean()) < PALE


def _smallness(seen: Map) -> float:
    """How many times finer a look must be for the writing on a map to be of a fair size."""
    mask = (seen > SMALL_FROM).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    tall = stats[1:, cv2.CC_STAT_HEIGHT]
    if len(tall) < PAGE:
        return 1.0
    return min(FAIR / max(float(np.percentile(tall, 75)), 1.0), FINEST)


def _look(light: Light, window: tuple[int, int, int, int], finer: float = 1.0) -> Map:
    """The map of one window x y w h, at the size at which the network sees it."""
    x, y, w, h = window
    shape = network_shape(h, w, finer)
    part = np.s_[y : y + h, x : x + w]
    image = pad_input(network_input(light.grey[part], light.ink[part], shape))
    session = _session()
    logits = np.asarray(session.run(None, {session.get_inputs()[0].name: image[None]})[0])
    logits = np.ascontiguousarray(logits[0, 0, : shape[0], : shape[1]])
    return (1 / (1 + np.exp(-logits.clip(-30, 30)))).astype(np.float32)


def _surroundings(seen: Map, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """A window x y w h of a picture of `shape` around its writing, with room beside it.

    Around each patch of the map that rises nearly as high as its highest place; 0 by 0 for none.
    """
    peak = float(seen.max())
    if peak < FAINTEST:
        return 0, 0, 0, 0
    mask = (seen > max(FAINTEST, BESIDE * peak)).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    highest = np.zeros(count, np.float32)
    np.maximum.at(highest, np.asarray(labels, np.intp).ravel(), seen.ravel())
    chosen = np.flatnonzero(highest > 2 * BESIDE * peak)
    boxes = stats[chosen[chosen > 0], :4]
    low, high = boxes[:, :2].min(axis=0), (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    scale = np.array([shape[1] / seen.shape[1], shape[0] / seen.shape[0]])
    room = ROOM * float(((high - low) * scale).max())
    left, top = np.maximum(low * scale - room, 0).astype(int).tolist()
    right, bottom = np.minimum(high * scale + room + 1, shape[::-1]).astype(int).tolist()
    return left, top, right - left, bottom - top


def see_writing(pixels: NDArray[np.uint8], zoom: float = 1.0) -> Writing:
    """Light evened and writing found in a picture (H, W) or (H, W, 3) uint8.

    The map does not depend on which side is ink: where what it found is lighter than what lies
    around it, though ink was taken to be dark, the picture is looked at again the other way.
    """
    light = even_light(pixels, zoom)
    writing = find_writing(light)
    if _is_lighter(writing):
        writing = find_writing(even_light(pixels, zoom, not light.light_ink))
    return writing


def _is_lighter(writing: Writing) -> bool:
    """Whether the writing is lighter than the ground close to it."""
    small = (min(writing.odds.shape[1], 256), min(writing.odds.shape[0], 256))
    odds = np.asarray(cv2.resize(writing.odds, small, interpolation=cv2.INTER_AREA))
    grey = np.asarray(cv2.resize(writing.light.grey, small, interpolation=cv2.INTER_AREA))
    inside = odds > 0.5
    if not inside.any():
        return False
    near = cv2.dilate(inside.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    outside = near & (odds < 0.2)
    return bool(outside.any() and grey[inside].mean() > grey[outside].mean() + 2)


@cache
def _session() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # whole pictures are spread over the cores instead
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(MODEL, options, providers=["CPUExecutionProvider"])
