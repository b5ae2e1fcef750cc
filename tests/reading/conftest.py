"""One reader with the bundled model for all tests of this folder."""

import pytest

from inkling.reading.pipeline import Reader


@pytest.fixture(scope="session")
def reader() -> Reader:
    return Reader.load()
