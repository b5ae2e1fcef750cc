"""Real fonts (those that matplotlib carries) and real scans to compose with."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

from inkling.synthesis.fonts import Face, find_faces
from inkling.synthesis.glyphs import GlyphSource
from inkling.types import Digits


@pytest.fixture(scope="session")
def faces() -> tuple[Face, ...]:
    return find_faces(Path(mpl.get_data_path()) / "fonts" / "ttf")[:6]


@pytest.fixture
def source(few: Digits, faces: tuple[Face, ...]) -> GlyphSource:
    return GlyphSource(few, faces, np.random.default_rng(7))
