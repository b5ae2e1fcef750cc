"""Which pixels are ink: what the map of writing says, drawn along the ink's own edges.

The map may lose a stroke that is as straight as a ruling. Where most of a stroke's dark pixels
are writing, and it does not run out of the picture as rulings do, all of it is.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from inkling.reading.detect.text_map import LIKELY, TextMap
from inkling.reading.detect.upright import upright_strokes
from inkling.reading.preprocess.pixels import Labels, Map, Mask

SEEN = 1.5  # working pixels to one of the network's; beyond, the map alone is too coarse
SHARE = 0.42  # of the ink's darkness nearby; the threshold between ink and paper
SURE = 0.55  # what a component must reach somewhere
GRANTED = 0.6  # how likely written is what stands upright beside a row
WHOLE = 0.45  # of a dark component that is likely written, for all of it to be
CLEAN = 0.02  # noise of the paper up to which dark components are whole strokes
ROOM = 0.5  # of the likely writing's longer side, looked at around it
SHAPES = 60  # dark shapes looked at, the largest
MOST = 400  # components looked at, the largest


@dataclass(frozen=True, eq=False)
class Components:
    """Connected ink, by `labels` (H, W): boxes (N, 4) x y w h, areas and darkness (N,).

    `index` (N,) holds each one's label; `probs` (N,) is how likely it was written, at its surest
    place.
    """

    labels: Labels
    index: np.ndarray
    boxes: np.ndarray
    areas: np.ndarray
    levels: np.ndarray
    probs: np.ndarray


def find_components(writing: TextMap) -> Components:
    """The connected ink of a picture that was likely written.

    Looked for where something may be written and around it; of a photo that is often a small part.
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
    """A window x y w h around all that may be written, with room beside it; all for nothing."""
    height, width = writing.prob.shape
    x, y, w, h = cv2.boundingRect((writing.prob > LIKELY).astype(np.uint8))
    if w == 0:
        return 0, 0, width, height
    room = round(ROOM * max(w, h)) + 8
    left, top = max(0, x - room), max(0, y - room)
    return left, top, min(width, x + w + room) - left, min(height, y + h + room) - top


def ink_mask(writing: TextMap) -> Mask:
    """Ink (H, W) of 0 and 1.

    Where the network saw the picture at its size, its map is the mask. Of a larger picture it
    saw a small copy: there the ink's own darkness draws the outline, near what is likely.
    """
    likely = (writing.prob > LIKELY).astype(np.uint8)
    if writing.plain or not likely.any():
        return likely
    if writing.detail > SEEN:
        reach = 2 * round(writing.detail / 2) + 1
        near = np.asarray(cv2.dilate(likely, np.ones((reach, reach), np.uint8)), np.uint8)
        likely = near & (writing.ink > SHARE * _level_nearby(writing, likely)).astype(np.uint8)
    return likely | _whole_strokes(writing, likely)


def _level_nearby(writing: TextMap, likely: Mask) -> Map:
    """The mean darkness of the likely ink around each pixel, (H, W)."""
    window = (2 * round(6 * writing.detail) + 1,) * 2
    weight = cv2.blur(likely.astype(np.float32), window)
    level = cv2.blur(writing.ink * likely, window) / np.maximum(weight, 1e-6)
    return np.asarray(np.where(weight > 1e-6, level, np.inf), np.float32)


def _whole_strokes(writing: TextMap, likely: Mask) -> Mask:
    """The straight strokes that the map may have missed on clean paper, (H, W) of 0 and 1.

    They hang on likely ink, are no longer than it is and no more than it, and end inside the
    picture, which sets them apart from rulings and frames.
    """
    strokes = np.zeros_like(likely)
    if float(np.median(writing.light.noise[::4, ::4])) > CLEAN:
        return strokes
    level = float(np.median(writing.ink[likely > 0]))
    dark = (writing.ink > SHARE * level).astype(np.uint8)
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
    """The larger connected shapes of a mask: box x y w h, and what of the box is theirs."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    order = np.argsort(-stats[:, cv2.CC_STAT_AREA], kind="stable")[: SHAPES + 1].tolist()
    found = []
    for label in order:
        x, y, w, h, area = (int(value) for value in stats[label])
        if label and area >= 3:
            found.append(((x, y, w, h), (labels[y : y + h, x : x + w] == label).astype(np.uint8)))
    return found
