"""The limits of the service are those that its documentation lists."""

import re
from pathlib import Path

import pytest

from inkling.reading.preprocess.eight_bit import MAX_PIXELS
from inkling.serving.settings import MEGABYTE, Settings

PAGE = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text("utf-8")


def documented(setting: str) -> float:
    """The first number in the row of a setting."""
    row = next(line for line in PAGE.splitlines() if f"`Settings.{setting}`" in line)
    return float(re.findall(r"\d+", row)[0])


@pytest.mark.parametrize(
    ("setting", "unit"),
    [("body_bytes", MEGABYTE), ("held_bytes", MEGABYTE), ("body_seconds", 1), ("idle_seconds", 1)],
)
def test_a_limit_is_documented(setting: str, unit: int) -> None:
    assert getattr(Settings(), setting) == documented(setting) * unit


def test_the_largest_image_and_the_capacity_are_documented() -> None:
    assert f"over {MAX_PIXELS // 1_000_000} million pixels" in PAGE
    assert f"a capacity of {Settings().capacity}," in PAGE
    assert Settings().threads >= 1
    assert Settings().corrections is None
