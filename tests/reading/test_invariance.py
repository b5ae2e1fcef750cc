"""An answer does not change with how the same digit was photographed."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inkling.reading.pipeline import Reader
from inkling.types import Reading
from tests.reading import drawings

MOST_LOST = 0.02
CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "inverted": drawings.inverted,
    "in a corner": drawings.in_corner,
    "scaled by 0.3": drawings.scaled(0.3),
    "scaled by 2": drawings.scaled(2.0),
    "rotated by 10": drawings.rotated(10),
    "rotated by -10": drawings.rotated(-10),
    "JPEG 30": drawings.as_jpeg,
    "alpha": drawings.with_alpha,
    "lit from a side": drawings.lit_from_side,
    "on ruled paper": drawings.on_ruled_paper,
}

pytestmark = pytest.mark.mnist


@pytest.fixture(scope="module", params=[100, pytest.param(200, marks=pytest.mark.slow)])
def composed(
    request: pytest.FixtureRequest, mnist_folder: Path
) -> tuple[list[np.ndarray], list[str]]:
    images, labels = drawings.mnist_test(mnist_folder)
    chosen = np.random.default_rng(11).choice(len(images), request.param, replace=False)
    rng = np.random.default_rng(12)
    return [drawings.on_paper(images[i], rng) for i in chosen], [str(labels[i]) for i in chosen]


def fraction_right(reader: Reader, given: list[np.ndarray], labels: list[str]) -> float:
    answers = reader.read(given)
    return float(
        np.mean(
            [isinstance(a, Reading) and a.text == b for a, b in zip(answers, labels, strict=True)]
        )
    )


@pytest.fixture(scope="module")
def right_plain(reader: Reader, composed: tuple[list[np.ndarray], list[str]]) -> float:
    return fraction_right(reader, *composed)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_costs_at_most_two_points(
    reader: Reader,
    composed: tuple[list[np.ndarray], list[str]],
    right_plain: float,
    name: str,
) -> None:
    plain, labels = composed
    changed = [CHANGES[name](image) for image in plain]
    lost = right_plain - fraction_right(reader, changed, labels)
    assert lost <= MOST_LOST, f"{name}: {lost:.1%} lost"


@pytest.mark.parametrize("count", [30, pytest.param(80, marks=pytest.mark.slow)])
def test_a_sheet_on_a_desk_seen_from_aside_is_read(
    reader: Reader, mnist_folder: Path, count: int
) -> None:
    images, labels = drawings.mnist_test(mnist_folder)
    rng = np.random.default_rng(13)
    chosen = rng.choice(len(images), count, replace=False)
    photos = [drawings.on_desk(images[i], rng) for i in chosen]
    assert fraction_right(reader, photos, [str(labels[i]) for i in chosen]) >= 0.93
