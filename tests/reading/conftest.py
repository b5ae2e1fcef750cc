"""One reader with the bundled model for all tests of this folder, and an image."""

import pytest
from PIL import Image

from inkling.reading.pipeline import Reader


@pytest.fixture(scope="session")
def reader() -> Reader:
    return Reader.load()


@pytest.fixture
def dark_square() -> Image.Image:
    image = Image.new("L", (30, 20), 250)
    image.paste(10, (5, 5, 15, 15))
    return image
