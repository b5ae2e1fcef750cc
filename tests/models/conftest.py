"""Networks are exported in many of these tests."""

import pytest


@pytest.fixture(autouse=True, scope="session")
def _exports(export_once: None) -> None:
    """See `export_once`."""
