import gzip
import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inkling.data.download import Patience
from inkling.data.fetch import cache_folder, fetch
from inkling.data.published import MNIST, PublishedFile, PublishedSet
from inkling.errors import DataError, FetchError
from tests.data.forms import write_idx
from tests.servers import mirror

RAW = write_idx(np.random.default_rng(0).integers(0, 256, (30, 28, 28)).astype(np.uint8))
BODY = gzip.compress(RAW)
FILE = PublishedFile("train-images-idx3-ubyte", len(RAW), hashlib.sha256(RAW).hexdigest())
FILES = {"train-images-idx3-ubyte.gz": BODY}
HASTE = Patience(connect_s=1, silence_s=0.5, grace_s=0.3, bytes_per_s=1e6)


def published(*mirrors: str) -> PublishedSet:
    return replace(MNIST, mirrors=mirrors, train_images=FILE)


@pytest.fixture(autouse=True)
def _public_mirrors(
    monkeypatch: pytest.MonkeyPatch, without_mnist: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.delenv("INKLING_MIRRORS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def cached() -> Path:
    return cache_folder() / "mnist" / "train-images-idx3-ubyte.gz"


def test_a_download_is_verified_kept_and_not_asked_for_twice() -> None:
    seen: list[tuple[int, int]] = []
    with mirror(FILES) as good:
        for _ in range(2):
            raw = fetch(published(good.address), FILE, progress=lambda a, b: seen.append((a, b)))
            assert raw == RAW
        assert good.asked == ["/train-images-idx3-ubyte.gz"]
    assert seen[-1] == (len(BODY), len(BODY))
    assert cached().read_bytes() == BODY
    assert [path.name for path in cached().parent.iterdir()] == [cached().name]


@pytest.mark.parametrize(
    ("manner", "reason"),
    [
        (403, "answered 403"),
        (404, "answered 404"),
        (500, "answered 500"),
        ("html", "web page"),
        ("short", "closed|ended after|incomplete"),
        ("altered", "altered|damaged"),
        ("slow", "too slow"),
        ("silent", "in time"),
    ],
)
def test_a_bad_mirror_is_passed_over_and_named_when_all_are_bad(
    manner: str | int, reason: str
) -> None:
    with mirror(FILES, manner) as bad:
        with mirror(FILES) as good:
            assert fetch(published(bad.address, good.address), FILE, HASTE) == RAW
            assert len(bad.asked) == len(good.asked) == 1
        cached().unlink()
        with pytest.raises(FetchError, match=reason) as caught:
            fetch(published(bad.address), FILE, HASTE)
    message = str(caught.value)
    assert bad.address in message
    assert "Put the four files" in message
    assert not any(cached().parent.iterdir())


def test_no_service_there() -> None:
    with pytest.raises(FetchError, match="could not be reached"):
        fetch(published("http://127.0.0.1:9/", "http://"), FILE, HASTE)


def test_both_hashes_are_named_for_an_altered_download() -> None:
    other = gzip.compress(RAW[:-1] + b"\x07")
    with (
        mirror({**FILES, "train-images-idx3-ubyte.gz": other}) as bad,
        pytest.raises(FetchError) as caught,
    ):
        fetch(published(bad.address), FILE)
    assert FILE.sha256 in str(caught.value)
    assert "SHA-256 of its uncompressed bytes is" in str(caught.value)
    packed = replace(FILE, hashed="gzip")
    with mirror(FILES) as good, pytest.raises(FetchError, match="SHA-256 of its bytes is"):
        fetch(replace(published(good.address), train_images=packed), packed)
    assert hashlib.sha256(RAW[:-1] + b"\x07").hexdigest() in str(caught.value)


def test_a_gzip_bomb_does_not_unfold() -> None:
    with (
        mirror({"train-images-idx3-ubyte.gz": gzip.compress(bytes(50_000_000))}) as bad,
        pytest.raises(FetchError, match="unpacks to more"),
    ):
        fetch(published(bad.address), FILE)


@pytest.mark.parametrize("packed", [True, False])
def test_the_users_folder_comes_first(
    packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mnist"
    folder.mkdir()
    (folder / (FILE.name + (".gz" if packed else ""))).write_bytes(BODY if packed else RAW)
    monkeypatch.setenv("INKLING_DATA", str(tmp_path))
    assert fetch(published("http://127.0.0.1:9/"), FILE) == RAW


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (BODY[:-20], "truncated"),
        (gzip.compress(RAW[:-1] + b"\x07"), "altered"),
        (RAW[:-1] + b"\x07", "altered"),
        (b"", "altered"),
        (bytes(len(RAW) + 100_000), "bytes instead of at most"),
    ],
)
def test_an_altered_file_of_the_user_is_an_error_that_names_it(
    content: bytes, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mnist" / (FILE.name + ".gz")
    path.parent.mkdir()
    path.write_bytes(content)
    monkeypatch.setenv("INKLING_DATA", str(tmp_path))
    with mirror(FILES) as good:
        with pytest.raises(DataError, match=reason) as caught:
            fetch(published(good.address), FILE)
        assert good.asked == []
    assert str(path) in str(caught.value)
    assert path.read_bytes() == content


def test_a_damaged_cache_is_replaced() -> None:
    cached().parent.mkdir(parents=True)
    cached().write_bytes(BODY[:100])
    with mirror(FILES) as good:
        assert fetch(published(good.address), FILE) == RAW
    assert cached().read_bytes() == BODY


def test_own_mirrors_take_the_place_of_the_public_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    with mirror(FILES) as own:
        monkeypatch.setenv("INKLING_MIRRORS", own.address)
        assert fetch(published("http://127.0.0.1:9/"), FILE) == RAW
        assert own.asked == ["/mnist/train-images-idx3-ubyte.gz"]
