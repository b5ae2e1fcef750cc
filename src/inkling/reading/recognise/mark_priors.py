"""Adjusts the probabilities of marks in each line to how many other lines of the image have one.

A slanted 1 looks like a slash, and a rare form of the 5 like a root sign. On a page of plain numbers
one of them passes for a sign now and then. A list of fractions has a slash in most lines.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkling.reading.recognise.mark_network import CLASSES

# Of the lines about which nothing else is known, this fraction has a mark of the kind. With 0.2 or
# 0.05 for slashes, fewer lists of fractions or fewer pages of numbers are read correctly.
PRIORS = {"slash": 0.1, "other": 0.3}
WEIGHT = 2.0  # of this fraction, in lines
STEPS = 8  # the priors change by less than 0.01 after it


def share_priors(lines: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Adjusts the probabilities (parts, 9) of `CLASSES` for the parts of each line of one image.

    Probability moves between the kind and the digits (column 0). A lone line stays as it is.
    """
    lines = [line.copy() for line in lines]
    filled = [line for line in lines if len(line)]
    for kind, prior in PRIORS.items():
        column = CLASSES.index(kind)
        factors = odds_factors(np.array([line[:, column].max() for line in filled]), prior)
        for line, factor in zip(filled, factors.tolist(), strict=True):
            before = line[:, column].copy()
            line[:, column] = factor * before / (factor * before + 1 - before)
            line[:, 0] = np.maximum(line[:, 0] + before - line[:, column], 0)
    return lines


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
