"""Frames that stand inside a picture, and dark bands along its edge: found and taken out.

A frame is straight along three of its box's sides and goes into the corners between them, which
no digit does.
"""

import cv2
import numpy as np

from inkling.reading.pixels import Mask

LARGE = 0.3  # of the picture, both ways; what is smaller frames nothing
STRAIGHT = 0.85  # of a side that has ink close to the box's edge
CLOSE = 0.1  # of the box's shorter side; how close that is
SPANNING = 0.7  # of the picture, both ways: a frame that may be empty
BAND = 0.12  # of the picture; no band along its edge is wider
COVERED = 0.75  # of a band's every row


def remove_bands(mask: Mask) -> Mask:
    """A mask (H, W) of 0 and 1 without bands of ink along the picture's edges."""
    for turn in range(4):
        turned = np.rot90(mask, turn)
        depth = _band_depth(turned)
        if depth:
            mask = np.rot90(_strip(turned, depth + 1), -turn)
    return np.ascontiguousarray(mask)


def remove_frames(mask: Mask) -> Mask:
    """A mask (H, W) of 0 and 1 without the frames that stand in it, whole or open on one side."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    height, width = mask.shape
    for label in range(1, count):
        x, y, w, h = (int(value) for value in stats[label, :4])
        if w < max(LARGE * width, 8) or h < max(LARGE * height, 8):
            continue
        window = (slice(y, y + h), slice(x, x + w))
        own = (labels[window] == label).astype(np.uint8)
        if not _is_frame(own):
            continue
        inside = _without_sides(own)
        others = mask[window] & ~own & 1
        spans = w > SPANNING * width and h > SPANNING * height
        if spans or _holds_writing(inside | others):
            mask = mask.copy()
            mask[window] = inside | others
    return mask


def _band_depth(mask: Mask) -> int:
    """How many rows from the top are covered with ink; 0 where they go on too far."""
    covered = mask.mean(axis=1) >= COVERED
    if not covered[: max(2, round(0.02 * len(mask)))].any():
        return 0
    start = int(covered.argmax())
    length = int((~covered[start:]).argmax()) if (~covered[start:]).any() else len(mask)
    return start + length if start + length <= max(2, BAND * len(mask)) else 0


def _is_frame(own: Mask) -> bool:
    close = max(2, round(CLOSE * min(own.shape)))
    straight = [
        float(np.rot90(own, turn)[:close].any(axis=0).mean()) >= STRAIGHT for turn in range(4)
    ]
    corners = [bool(np.rot90(own, turn)[:close, -close:].any()) for turn in range(4)]
    # Turned once, the right side is on top: corner `turn` lies between the sides turn, turn + 1.
    sharp = [straight[t] and straight[(t + 1) % 4] and corners[t] for t in range(4)]
    return sum(straight) >= 3 and sum(sharp) >= 2


def _holds_writing(inside: Mask) -> bool:
    """Whether what stands between the sides is tall enough for a digit.

    An 8 or a 3 of straight strokes has three straight sides too, but only a bar between them.
    """
    rows = np.flatnonzero(inside.any(axis=1))
    return rows.size > 0 and int(rows[-1] - rows[0]) + 1 > 0.35 * len(inside)


def _without_sides(own: Mask) -> Mask:
    """A frame's pixels that belong to no side of it: what is written over it or touches it."""
    close = max(2, round(CLOSE * min(own.shape)))
    for turn in range(4):
        own = np.rot90(_strip(np.rot90(own, turn), close), -turn)
    return own


def _strip(mask: Mask, depth: int) -> Mask:
    """Without each column's first run from the top, if that starts within `depth` rows.

    Runs longer than usual are strokes that meet the line, and stay.
    """
    rows = len(mask)
    start = mask.argmax(axis=0)
    has = mask.any(axis=0) & (start < depth)
    after = np.arange(rows)[:, None] >= start
    stop = np.where((after & (mask == 0)).any(axis=0), (after & (mask == 0)).argmax(axis=0), rows)
    length = stop - start
    usual = float(np.median(length[has])) if has.any() else 0.0
    take = has & (length <= max(1.5 * usual, usual + 1.5))
    inside = after & (np.arange(rows)[:, None] < stop) & take
    return np.where(inside, 0, mask).astype(np.uint8)
