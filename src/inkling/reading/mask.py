"""Which pixels are ink: what stands out from the paper's grain, less lines, frames and shadows."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.frames import remove_bands, remove_frames
from inkling.reading.light import Light
from inkling.reading.pixels import Labels, Map, Mask, percentile
from inkling.reading.rules import remove_rules

FAINTEST = 0.06  # of the paper's brightness; less contrast than this is no ink
GRAIN = 4.5  # standard deviations of the paper's noise that ink rises above somewhere
WEAK = 2.2  # and everywhere
SHARE = 0.42  # of the usual ink's darkness; the threshold between ink and paper
SOFTEST = 0.6  # of a component's darkness; what surrounds it is lighter, or it is a shadow
MANY = 30_000  # components; so many are grain
MOST = 400  # components looked at, the largest


@dataclass(frozen=True, eq=False)
class Components:
    """Connected ink, by `labels` (H, W): boxes (N, 4) x y w h, areas and darkness (N,).

    `index` (N,) holds each one's label; `softness` (N,) is how dark the ring around each is, as a
    share of its own darkness. `lines` are the rulings that were taken out.
    """

    labels: Labels
    index: np.ndarray
    boxes: np.ndarray
    areas: np.ndarray
    levels: np.ndarray
    softness: np.ndarray
    lines: Mask


def find_components(light: Light) -> Components:
    """The connected ink of a picture that is dark and sharp enough to have been written."""
    sure = light.ink > np.maximum(FAINTEST, GRAIN * light.noise)
    mask, lines = _ink_mask(light, sure)
    count, raw, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    labels = np.asarray(raw, np.int32)
    if count > MANY:  # grain all over: there is no telling strokes in it
        labels, count = np.zeros_like(labels), 1
    areas = stats[:, cv2.CC_STAT_AREA]
    seeds = np.bincount(labels[sure], minlength=count)
    index = np.flatnonzero((areas >= 3) & (seeds > np.minimum(2, 0.1 * areas)))
    index = index[index > 0]
    index = np.sort(index[np.argsort(-areas[index], kind="stable")[:MOST]])
    inside, outside = _darkness(light.ink, labels, count)
    softness = outside / np.maximum(inside, 1e-6)
    index = index[softness[index] <= SOFTEST]
    boxes = stats[index, :4]
    return Components(labels, index, boxes, areas[index], inside[index], softness[index], lines)


def _ink_mask(light: Light, sure: NDArray[np.bool_]) -> tuple[Mask, Mask]:
    """Ink of 0 and 1, and the lines that were taken out of it."""
    ink = light.ink
    if not sure.any():
        nothing = np.zeros(ink.shape, np.uint8)
        return nothing, nothing
    weak = np.maximum(FAINTEST / 2, WEAK * light.noise)
    usual = percentile(ink[sure], 80)
    first = (ink > np.maximum(weak, 0.3 * usual)).astype(np.uint8)
    rules = remove_rules(first)
    kept = remove_frames(remove_bands(rules.mask))
    lines = np.where(kept, 0, first).astype(np.uint8)
    rest = ink[(kept > 0) & sure]
    if lines.any() and rest.size:
        usual = percentile(rest, 80)
    dark = ink > np.maximum(weak, SHARE * usual)
    mask = np.where(lines, 0, dark).astype(np.uint8)
    return _mend(mask, lines), lines


def _mend(mask: Mask, lines: Mask) -> Mask:
    """Closes the cuts that a line left in strokes that met it, no wider than the line."""
    if not lines.any():
        return mask
    closed = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)))
    return np.where(lines, closed, mask).astype(np.uint8)


def _darkness(ink: Map, labels: Labels, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean ink of each component and of the ring around it, one pixel off, (count,) each."""
    inked = np.flatnonzero(labels)
    own, dark = labels.ravel()[inked], ink.ravel()[inked]
    inside = np.bincount(own, dark, count) / np.maximum(np.bincount(own, minlength=count), 1)
    wide = cv2.dilate(labels.astype(np.uint16), np.ones((7, 7), np.uint8))
    near = cv2.dilate((labels > 0).astype(np.uint8), np.ones((3, 3), np.uint8))
    ring = np.flatnonzero((near == 0) & (wide > 0))
    beside, light = wide.ravel()[ring], ink.ravel()[ring]
    outside = np.bincount(beside, light, count) / np.maximum(
        np.bincount(beside, minlength=count), 1
    )
    return inside, outside
