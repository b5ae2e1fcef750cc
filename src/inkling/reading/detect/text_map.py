"""Computes the text probability map of an image, at several scales if needed.

The network sees the whole image first. Then it sees small text enlarged, and
a page at a finer scale.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.errors import ImageError
from inkling.reading.detect.text_map_network import map_window
from inkling.reading.preprocess.light import WORK_SIDE, Light, even_light
from inkling.reading.preprocess.photo import Photo
from inkling.reading.preprocess.pixels import Map, resize

INK_PROB = 0.25  # probability above which a pixel may be ink
FAINTEST = 0.12  # least maximum of the map for a second pass of the network
BESIDE = 0.35  # of the map's maximum; lower values are noise
CLOSER = 0.3  # of the image; text in a smaller part of it is enlarged for a second pass
ROOM = 0.4  # margin around the text for the second pass, relative to its longer side
SMALL_FROM = 0.3  # probability above which patches count as text when their size is measured
PAGE = 10  # least number of small patches of text on a page
FAIR = 18.0  # network pixels; a good height of text for the network
PALE = 0.55  # least mean probability of likely text in an enlarged map, for it to count alone
FINEST = 4.0  # greatest scale in each direction, relative to the usual one
NEARBY = (9, 9)  # pixels of an image of at most 256 a side; window of the local background
SUREST = 0.9  # of the map's maximum; only such pixels are used to check the polarity
GAIN = 1.25  # least scale of a part of a large image, relative to the image
LEGIBLE = 40.0  # pixels of the map; taller text needs no larger scale
NEAREST = 16  # pixels; smaller windows get no second pass


@dataclass(frozen=True, eq=False)
class TextMap:
    """An image under even light with its text probability map.

    `prob` (H, W) float32 is the probability that a pixel is handwritten ink, at the size of
    `light.ink`. `detail` is the number of those pixels per network pixel in each direction, or 0 if
    the network was not used. `corner` is the x and y of the first pixel in the user's image: not 0
    if the map is of a part of it.
    """

    light: Light
    prob: Map
    detail: float
    corner: tuple[int, int] = (0, 0)

    @property
    def plain(self) -> bool:
        """Whether all ink on a uniform background counts as text, without the network."""
        return self.detail == 0

    def cut(self, part: tuple[slice, slice]) -> "TextMap":
        """The map of a part of the image, given as slices of rows and columns."""
        light = replace(
            self.light,
            ink=np.ascontiguousarray(self.light.ink[part]),
            noise=self.light.noise[part],
            grey=self.light.grey[part],
        )
        return replace(self, light=light, prob=np.ascontiguousarray(self.prob[part]))

    @property
    def ink(self) -> Map:
        """The darkness of each pixel under even light, (H, W) float32."""
        return self.light.ink

    @property
    def zoom(self) -> float:
        """Pixels of `ink` per pixel of the image."""
        return self.light.zoom


def find_text(light: Light) -> TextMap:
    """Computes the text probability map of an image under even light.

    If all likely text lies in a small part of the image, the network sees that part again,
    enlarged: it then distinguishes a small digit from a speck. If the text is small and covers the
    image, as on a page, the network sees the whole image again at a finer scale.
    """
    height, width = light.ink.shape
    seen = map_window(light, (0, 0, width, height))
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
    if _is_unsure(near):  # an enlarged blurred stroke may look like a shadow
        prob[part] = np.maximum(prob[part], resize(seen, light.ink.shape)[part])
    return TextMap(light, prob, math.sqrt(w * h / near.size))


def _is_unsure(seen: Map) -> bool:
    """Whether the probabilities of likely text are low."""
    inked = seen[seen > INK_PROB]
    return not inked.size or float(inked.mean()) < PALE


def _smallness(seen: Map) -> float:
    """The scale at which small text has a good height for the network. 1 if there is no page."""
    mask = (seen > SMALL_FROM).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    tall = stats[1:, cv2.CC_STAT_HEIGHT]
    if len(tall) < PAGE:
        return 1.0
    return min(FAIR / max(float(np.percentile(tall, 75)), 1.0), FINEST)


def _surroundings(seen: Map, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """The window x y w h around the text in an image of `shape`, with a margin.

    It includes each patch whose maximum is close to the maximum of the map. 0 by 0 if there is
    no text.
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


def make_text_map(
    pixels: NDArray[np.uint8],
    zoom: float = 1.0,
    decode: Callable[[int], Photo] | None = None,
) -> TextMap:
    """Evens the light of an image (H, W) or (H, W, 3) uint8 and computes its text map.

    The map does not depend on the polarity. If the text in it is lighter than its surroundings,
    the assumed polarity was wrong, and the image is processed again with the other one. If the
    text is small in a large image, the map is of that part only, at a larger scale. `zoom` is
    pixels passed here per pixel of the image; if it is below 1, `decode` decodes the image again
    with a longer side of at least the given pixels.
    """
    light = even_light(pixels, zoom)
    writing = find_text(light)
    if _is_lighter(writing):
        writing = find_text(even_light(pixels, zoom, not light.light_ink))
    known = 1 / zoom if decode else 1.0  # pixels that can be decoded per pixel passed here
    part = _small_part(writing, known * pixels.shape[1] / writing.prob.shape[1])
    if part is None:
        return writing
    x, y, w, h = (side / (known * zoom) for side in part)  # pixels of the image
    if decode:
        longer = math.ceil(max(pixels.shape[:2]) / zoom * min(1.0, WORK_SIDE / max(w, h)))
        try:
            finer = decode(longer)
        except ImageError:  # the file has changed; its pixels are known
            return writing
        pixels, zoom = finer.pixels, finer.pixels.shape[1] / finer.width
    left, top, right, bottom = (round(side * zoom) for side in (x, y, x + w, y + h))
    near = even_light(pixels[top:bottom, left:right], zoom, writing.light.light_ink)
    return replace(find_text(near), corner=(round(left / zoom), round(top / zoom)))


def _small_part(writing: TextMap, scale: float) -> tuple[float, float, float, float] | None:
    """The window x y w h of small text, in pixels of the image; None if it would gain no detail.

    `scale` is pixels of the image per pixel of the map.
    """
    if scale < GAIN:
        return None
    mask = (writing.prob > INK_PROB).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count < 2 or np.percentile(stats[1:, cv2.CC_STAT_HEIGHT], 75) > LEGIBLE:
        return None
    x, y, w, h = cv2.boundingRect(mask)
    room = ROOM * max(w, h) + LEGIBLE
    height, width = mask.shape
    left, top = max(x - room, 0), max(y - room, 0)
    right, bottom = min(x + w + room, width), min(y + h + room, height)
    if max(right - left, bottom - top) * GAIN > max(height, width):
        return None
    return left * scale, top * scale, (right - left) * scale, (bottom - top) * scale


def _is_lighter(writing: TextMap) -> bool:
    """Whether the most likely text is lighter than the background close to it."""
    step = -(-max(writing.prob.shape) // 256)  # a sample of a large image is enough
    prob, grey = writing.prob[::step, ::step], writing.light.grey[::step, ::step].astype(np.float32)
    background = (prob < 0.2).astype(np.float32)
    fraction = cv2.blur(background, NEARBY)
    beside = cv2.blur(grey * background, NEARBY) / np.maximum(fraction, 1e-6)
    inside = (prob > max(0.5, SUREST * float(prob.max()))) & (fraction > 0)
    return bool(inside.any() and (grey - beside)[inside].mean() > 2)
