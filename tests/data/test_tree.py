"""Files of a dataset: gzip and plain, their limits, folders that say nothing."""

import gzip
from pathlib import Path, PurePosixPath

import pytest

from inkling.data import tree as trees
from inkling.data.tree import File, Tree, file_on_disk, tree_of_file, tree_of_folder
from inkling.errors import DataError


def file(path: str, content: bytes = b"content", *, size: int | None = None) -> File:
    length = len(content) if size is None else size
    return File(PurePosixPath(path), f"label of {path}", length, lambda count: content[:count])


@pytest.mark.parametrize(
    ("path", "name", "suffix", "packed", "folders"),
    [
        ("a/b/train.CSV", "train.CSV", ".csv", False, ("a", "b")),
        ("train.csv.GZ", "train.csv", ".csv", True, ()),
        ("images-ubyte.gz", "images-ubyte", "", True, ()),
    ],
)
def test_a_name_without_gz(
    path: str, name: str, suffix: str, packed: bool, folders: tuple[str, ...]
) -> None:
    one = file(path)
    assert (one.name, one.suffix, one.packed, one.folders) == (name, suffix, packed, folders)


def test_content_is_unpacked_to_a_limit() -> None:
    for one in (file("a.bin", b"12345"), file("a.bin.gz", gzip.compress(b"12345"))):
        assert one.read() == b"12345"
        assert one.head(3) == b"123"
        assert one.read(5) == b"12345"
        with pytest.raises(DataError, match=f"label of {one.path} has more than 4 bytes"):
            one.read(4)
    with pytest.raises(DataError, match=r"cannot read label of a\.gz"):
        file("a.gz", b"no gzip").read()
    with pytest.raises(DataError, match=r"cannot read label of a\.gz"):
        file("a.gz", gzip.compress(b"12345")[:-6]).read()


def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MAX_BYTES", 10)
    assert file("a.bin", size=10).head(4) == b"cont"
    with pytest.raises(DataError, match="larger than 10 bytes"):
        file("a.bin", size=11).head(4)
    assert file("a.bin", size=11).head(12) == b"content"  # more than the limit is asked for


def test_folders_that_hold_everything_are_left_out() -> None:
    tree = Tree("x", (file("d/e/a.csv"), file("d/e/f/b.csv")))
    assert [str(one.path) for one in tree.unwrapped().files] == ["a.csv", "f/b.csv"]
    assert tree.unwrapped().name == "x"
    flat = Tree("x", (file("a.csv"), file("d/b.csv")))
    assert flat.unwrapped() == flat
    single = Tree("x", (file("a.csv"),))
    assert single.unwrapped() == single
    assert Tree("x", ()).unwrapped() == Tree("x", ())
    under = tree.under("d")
    assert (under.name, [str(one.path) for one in under.files]) == ("x/d", ["e/a.csv", "e/f/b.csv"])
    assert tree.under("e").files == ()
    assert [one.name for one in flat.with_suffix(".csv", ".txt")] == ["a.csv", "b.csv"]
    assert flat.with_suffix(".txt") == ()


def test_files_on_disk_are_sorted_and_hidden_ones_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("b.csv", "a/c.csv", ".hidden", "a/.git/d"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    tree = tree_of_folder(tmp_path)
    assert [str(one.path) for one in tree.files] == ["a/c.csv", "b.csv"]
    assert tree.files[1].read() == b"b.csv"
    assert tree.files[1].size == 5
    assert tree_of_file(tmp_path / "b.csv").files[0].path == PurePosixPath("b.csv")
    with pytest.raises(DataError, match="cannot read"):
        file_on_disk(tmp_path / "gone", PurePosixPath("gone"))
    monkeypatch.setattr(trees, "MAX_FILES", 2)
    assert len(tree_of_folder(tmp_path).files) == 2
    monkeypatch.setattr(trees, "MAX_FILES", 1)
    with pytest.raises(DataError, match="more than 1 files"):
        tree_of_folder(tmp_path)
