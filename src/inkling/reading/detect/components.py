"""Converts the text probability map to connected components of ink.

The map may miss a stroke that is as straight as a ruling. A dark component becomes ink as a whole
if most of its pixels are likely text and it does not reach the edge of the image, as rulings do.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from inkling.reading.detect.text_map import INK_PROB, TextMap
from inkling.reading.detect.upright import upright_strokes
from inkling.reading.preprocess.pixels import Labels, Map, Mask

SEEN = 1.5  # working pixels per network pixel; above this, the map alone is too coarse
DARK = 0.42  # of the mean darkness of nearby ink; the threshold between ink and paper
SURE = 0.55  # least maximum of the text probability of a component
GRANTED = 0.6  # the probability given to upright strokes beside a row
WHOLE = 0.45  # least fraction of a dark component that is likely text, for all of it to be ink
CLEAN = 0.02  # greatest noise of the paper at which dark components are whole strokes
ROOM = 0.5  # margin around the likely text, relative to its longer side
SHAPES = 60  # greatest number of dark shapes to examine, largest first
MOST = 400  # greatest number of components, largest first


@dataclass(frozen=True, eq=False)
class Components:
    """Connected components of ink: `labels` (H, W), and for each of N components the following.

    `index` (N,) is its label, `boxes` (N, 4) its x y w h, `areas` (N,) its pixels, `levels` (N,)
    its mean darkness, and `probs` (N,) its greatest text probability.
    """

    labels: Labels
    index: np.ndarray
    boxes: np.ndarray
    areas: np.ndarray
    levels: np.ndarray
    probs: np.ndarray


def find_components(writing: TextMap) -> Components:
    """Finds the components of ink that are likely text.

    Searches only the window around likely text, which is often a small part of a photo.
    """
    x, y, w, h = _likely_part(writing)
    part = np.s_[y : y + h, x : x + w]
    near = writing.cut(part)
    mask = ink_mask(near)
    upright = upright_strokes(near.ink, near.prob, mask) if not near.plain else mask & 0
    count, raw, stats, _ = cv2.connectedComponentsWithStats(mask | upright, connectivity=8)
    found = np.asarray(raw, np.int32)
    labels = np.zeros(writing.ink.shape, np.int32)
    labels[part] = found
    areas = stats[:, cv2.CC_STAT_AREA]
    inked = np.flatnonzero(found)
    own = found.ravel()[inked]
    size = np.maximum(np.bincount(own, minlength=count), 1)
    levels = np.bincount(own, near.ink.ravel()[inked], count) / size
    prob = np.zeros(count, np.float32)
    np.maximum.at(prob, own, np.maximum(near.prob, GRANTED * upright).ravel()[inked])
    index = np.flatnonzero((areas >= 3) & (levels > 0) & (prob > SURE))
    index = index[index > 0]
    index = np.sort(index[np.argsort(-areas[index], kind="stable")[:MOST]])
    boxes = stats[index, :4] + np.array([x, y, 0, 0], stats.dtype)
    return Components(labels, index, boxes, areas[index], levels[index], prob[index])


def _likely_part(writing: TextMap) -> tuple[int, int, int, int]:
    """The window x y w h around all likely text, with a margin; the whole image without text."""
    height, width = writing.prob.shape
    x, y, w, h = cv2.boundingRect((writing.prob > INK_PROB).astype(np.uint8))
    if w == 0:
        return 0, 0, width, height
    room = round(ROOM * max(w, h)) + 8
    left, top = max(0, x - room), max(0, y - room)
    return left, top, min(width, x + w + room) - left, min(height, y + h + room) - top


def ink_mask(writing: TextMap) -> Mask:
    """The mask of ink (H, W), 0 or 1.

    If the network saw the image at full size, its thresholded map is the mask. If it saw a reduced
    copy, the darkness of the ink gives the outline near the likely text.
    """
    likely = (writing.prob > INK_PROB).astype(np.uint8)
    if writing.plain or not likely.any():
        return likely
    if writing.detail > SEEN:
        reach = 2 * round(writing.detail / 2) + 1
        near = np.asarray(cv2.dilate(likely, np.ones((reach, reach), np.uint8)), np.uint8)
        likely = near & (writing.ink > DARK * _level_nearby(writing, likely)).astype(np.uint8)
    return likely | _whole_strokes(writing, likely)


def _level_nearby(writing: TextMap, likely: Mask) -> Map:
    """The mean darkness of the likely ink around each pixel, (H, W)."""
    window = (2 * round(6 * writing.detail) + 1,) * 2
    weight = cv2.blur(likely.astype(np.float32), window)
    level = cv2.blur(writing.ink * likely, window) / np.maximum(weight, 1e-6)
    return np.asarray(np.where(weight > 1e-6, level, np.inf), np.float32)


def _whole_strokes(writing: TextMap, likely: Mask) -> Mask:
    """The mask of straight strokes that the map may have missed on clean paper, (H, W), 0 or 1.

    Such a stroke touches likely ink, is not longer than that ink, and ends inside the image, unlike
    rulings and frames.
    """
    strokes = np.zeros_like(likely)
    if float(np.median(writing.light.noise[::4, ::4])) > CLEAN:
        return strokes
    level = float(np.median(writing.ink[likely > 0]))
    dark = (writing.ink > DARK * level).astype(np.uint8)
    height, width = likely.shape
    for box, own in _shapes(dark):
        x, y, w, h = box
        written = own & likely[y : y + h, x : x + w]
        _, _, long, tall = cv2.boundingRect(written)
        inside = x > 0 and y > 0 and x + w < width and y + h < height
        if not inside or written.sum() < WHOLE * own.sum():
            continue
        for (left, top, across, down), piece in _shapes(own & (1 - written)):
            if max(across, down) <= max(long, tall):
                strokes[y + top : y + top + down, x + left : x + left + across] |= piece
    return strokes


def _shapes(mask: Mask) -> list[tuple[tuple[int, int, int, int], Mask]]:
    """The largest connected shapes of a mask: the box x y w h and the mask inside the box."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    order = np.argsort(-stats[:, cv2.CC_STAT_AREA], kind="stable")[: SHAPES + 1].tolist()
    found = []
    for label in order:
        x, y, w, h, area = (int(value) for value in stats[label])
        if label and area >= 3:
            found.append(((x, y, w, h), (labels[y : y + h, x : x + w] == label).astype(np.uint8)))
    return found
