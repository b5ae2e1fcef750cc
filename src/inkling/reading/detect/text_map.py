"""Where in a picture there is writing: one look of the network at the whole, others where it pays.

From near for what is small, from afar for what is blurred, finer for a page.
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.detect.text_map_network import map_window
from inkling.reading.preprocess.light import Light, even_light
from inkling.reading.preprocess.pixels import Map, resize

LIKELY = 0.25  # chance; above it a pixel may be ink
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
NEARBY = (9, 9)  # pixels of at most 256 a side; the ground that writing is compared with
SUREST = 0.9  # of the highest chance; only such writing says which side is ink
NEAREST = 16  # pixels; nothing smaller is looked at again


@dataclass(frozen=True, eq=False)
class TextMap:
    """A picture under even light and where there is writing in it.

    `prob` (H, W) float32 is the chance that a pixel is inked by hand, 0 to 1, at the size of
    `light.ink`; `detail` is how many of those pixels there are to one that the network saw, and
    0 where it was not asked.
    """

    light: Light
    prob: Map
    detail: float

    @property
    def plain(self) -> bool:
        """Whether all ink on a flat ground was taken for writing, without the network."""
        return self.detail == 0

    def cut(self, part: tuple[slice, slice]) -> "TextMap":
        """The same of a part of the picture, rows and columns."""
        light = replace(
            self.light,
            ink=np.ascontiguousarray(self.light.ink[part]),
            noise=self.light.noise[part],
            grey=self.light.grey[part],
        )
        return replace(self, light=light, prob=np.ascontiguousarray(self.prob[part]))

    @property
    def ink(self) -> Map:
        """How dark each pixel is under even light, (H, W) float32."""
        return self.light.ink

    @property
    def zoom(self) -> float:
        """Pixels of `ink` for one pixel of the picture."""
        return self.light.zoom


def find_text(light: Light) -> TextMap:
    """The map of writing in a picture under even light.

    Where all that may be writing lies in a small part of the picture, that part is looked at
    again from near: a lone small digit is told from a speck, and large photos keep their detail.
    Where it is small and all over, as on a page, the whole is looked at again, and finer.
    """
    height, width = light.ink.shape
    seen = map_window(light, (0, 0, width, height))
    if _is_unsure(seen):  # blurred strokes look sharp from afar
        far = map_window(light, (0, 0, width, height), AFAR)
        seen = np.maximum(seen, resize(far, seen.shape))
    x, y, w, h = _surroundings(seen, light.ink.shape)
    if max(w, h) < NEAREST or w * h > CLOSER * width * height:
        finer = _smallness(seen)
        if finer > 1 and light.ink.size > seen.size:
            seen = map_window(light, (0, 0, width, height), finer)
        return TextMap(light, resize(seen, light.ink.shape), math.sqrt(light.ink.size / seen.size))
    near = map_window(light, (x, y, w, h))
    prob = np.zeros_like(light.ink)
    part = np.s_[y : y + h, x : x + w]
    prob[part] = resize(near, (h, w))
    if _is_unsure(near):  # a blurred stroke, ink from afar, may pass for a shadow from near
        prob[part] = np.maximum(prob[part], resize(seen, light.ink.shape)[part])
    return TextMap(light, prob, math.sqrt(w * h / near.size))


def _is_unsure(seen: Map) -> bool:
    """Whether a map stays pale where it is not empty."""
    inked = seen[seen > LIKELY]
    return not inked.size or float(inked.mean()) < PALE


def _smallness(seen: Map) -> float:
    """How many times finer a look must be for the writing on a map to be of a fair size."""
    mask = (seen > SMALL_FROM).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    tall = stats[1:, cv2.CC_STAT_HEIGHT]
    if len(tall) < PAGE:
        return 1.0
    return min(FAIR / max(float(np.percentile(tall, 75)), 1.0), FINEST)


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


def make_text_map(pixels: NDArray[np.uint8], zoom: float = 1.0) -> TextMap:
    """Light evened and writing found in a picture (H, W) or (H, W, 3) uint8.

    The map does not depend on which side is ink: where what it found is lighter than what lies
    around it, though ink was taken to be dark, the picture is looked at again the other way.
    """
    light = even_light(pixels, zoom)
    writing = find_text(light)
    if _is_lighter(writing):
        writing = find_text(even_light(pixels, zoom, not light.light_ink))
    return writing


def _is_lighter(writing: TextMap) -> bool:
    """Whether the surest writing is lighter than the ground close to it."""
    step = -(-max(writing.prob.shape) // 256)  # every pixel of a large picture is too many
    prob, grey = writing.prob[::step, ::step], writing.light.grey[::step, ::step].astype(np.float32)
    ground = (prob < 0.2).astype(np.float32)
    share = cv2.blur(ground, NEARBY)
    beside = cv2.blur(grey * ground, NEARBY) / np.maximum(share, 1e-6)
    inside = (prob > max(0.5, SUREST * float(prob.max()))) & (share > 0)
    return bool(inside.any() and (grey - beside)[inside].mean() > 2)
