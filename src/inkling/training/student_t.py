"""Quantiles of Student's t distribution, without the 0.1 s import of scipy."""

import math

TOLERANCE = 1e-9  # width of the interval at which the bisection stops


def t_quantile_975(degrees: int) -> float:
    """The 97.5th percentile: half the width of a 95 % interval in standard errors.

    Bisection on the exact finite sums for |t| (Abramowitz and Stegun, 1964, 26.7.3 and 26.7.4).
    Raises `ValueError` for fewer than 1 degree of freedom.
    """
    if degrees < 1:
        raise ValueError(f"{degrees} degrees of freedom: the distribution needs at least 1")
    low, high = 1.9, 13.0  # the quantile is 12.7 for 1 degree and falls towards 1.96
    while high - low > TOLERANCE:
        middle = (low + high) / 2
        if _probability_within(middle, degrees) < 0.95:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _probability_within(t: float, degrees: int) -> float:
    """The probability of a value from -t to t."""
    angle = math.atan(t / math.sqrt(degrees))
    cos, sin = math.cos(angle), math.sin(angle)
    odd = degrees % 2
    term = cos if odd else 1.0
    total = term if degrees > 1 else 0.0
    for k in range(2 + odd, degrees - 1, 2):
        term *= (k - 1) / k * cos * cos
        total += term
    return 2 / math.pi * (angle + sin * total) if odd else sin * total
