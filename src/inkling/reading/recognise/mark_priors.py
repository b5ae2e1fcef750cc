"""Adjusts the probabilities of marks in each line to how many other lines of the image have one.

A slanted 1 looks like a slash. On a page of plain numbers, one of them passes for a slash now and
then. In a list of fractions, most lines have a slash.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkling.reading.recognise.mark_network import CLASSES

SLASH = CLASSES.index("slash")
# Chosen on the lines of 100 pages of plain numbers and 60 lists of fractions: a slash is found on
# one page, and all slashes and no others in 70 % of the lists. Fraction of lines with a slash if
# nothing else is known; with 0.07 and 0.16 five and none of the pages, 58 and 62 % of the lists.
PRIOR = 0.13
WEIGHT = 0.7  # of this fraction, in lines; with 2, 62 % of the lists
STEPS = 8  # the priors change by less than 0.01 after it


def share_slashes(lines: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Adjusts the probabilities (parts, 9) of `CLASSES` for the parts of each line of one image.

    A lone line stays as it is.
    """
    adjusted = [line.copy() for line in lines]
    filled = [line for line in adjusted if len(line)]
    factors = odds_factors(np.array([line[:, SLASH].max() for line in filled]), PRIOR)
    for line, factor in zip(filled, factors.tolist(), strict=True):
        line[:, SLASH] *= factor
        np.divide(line, np.maximum(line.sum(axis=1, keepdims=True), 1e-9), out=line)
    return adjusted


def odds_factors(probs: NDArray[np.floating], prior: float) -> NDArray[np.float64]:
    """Factors (lines,) for the odds that each line has a mark, given their probabilities (lines,).

    The prior of each line is estimated from the other lines, in turn with their probabilities, by
    the EM algorithm of Saerens, Latinne and Decaestecker (2002). `prior` counts as `WEIGHT` lines.
    """
    first = np.asarray(probs, np.float64)
    factors = np.ones(len(first))
    if len(first) < 2:
        return factors
    for _ in range(STEPS):
        best = factors * first / (factors * first + 1 - first)
        rates = (WEIGHT * prior + best.sum() - best) / (WEIGHT + len(first) - 1)
        factors = rates / (1 - rates) * (1 - prior) / prior
    return factors
