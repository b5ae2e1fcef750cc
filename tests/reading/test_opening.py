"""How images are decoded: in groups that fit into memory, with their names."""

from collections.abc import Iterator

import numpy as np
import pytest

from inkling.reading import opening
from inkling.reading.opening import OPENED, STACK, TOGETHER, name_images, open_in_groups
from inkling.reading.parallel import ThreadMap
from inkling.reading.preprocess.photo import Photo

THREADS = ThreadMap(2)


def sizes(parts: Iterator[list]) -> list[int]:
    return [len(part) for part in parts]


def test_a_stack_of_thumbnails_is_opened_without_copies() -> None:
    stack = np.zeros((STACK + 5, 9, 8), np.uint8)
    parts = list(open_in_groups(stack, [""] * len(stack), THREADS))
    assert [len(part) for part in parts] == [STACK, 5]
    photo = parts[1][4]
    assert isinstance(photo, Photo)
    assert np.shares_memory(photo.pixels, stack)
    assert (photo.width, photo.height) == (8, 9)
    assert list(open_in_groups(stack[:0], [], THREADS)) == []


def test_other_sources_are_opened_as_many_as_may_be_held(monkeypatch: pytest.MonkeyPatch) -> None:
    images = [np.full((50, 60), 200, np.uint8)] * (TOGETHER + 3)
    parts = list(open_in_groups(images, [str(k) for k in range(len(images))], THREADS))
    assert [len(part) for part in parts] == [TOGETHER, 3]
    monkeypatch.setattr(opening, "HELD", 3000 * OPENED - 1)
    assert sizes(open_in_groups(images[:20], [""] * 20, THREADS)) == [OPENED, OPENED, 4]
    monkeypatch.setattr(opening, "HELD", 3000 * OPENED)
    assert sizes(open_in_groups(images[:20], [""] * 20, THREADS)) == [2 * OPENED, 4]
    assert list(open_in_groups([], [], THREADS)) == []


def test_sources_have_names(tmp_path) -> None:
    sources = [tmp_path / "a.png", "b.png", b"bytes", np.zeros((2, 2))]
    names = name_images(sources)
    assert names[:2] == [str(tmp_path / "a.png"), "b.png"]
    assert [name.split()[-1] for name in names[2:]] == ["3", "4"]
