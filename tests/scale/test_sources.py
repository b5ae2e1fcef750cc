"""Sources: the same images in the same order as the plain tools give, streamed."""

import gzip
import io
import subprocess
import sys
import tarfile
from pathlib import Path

import hypothesis.strategies as st
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings

from inkling.cli.inputs import expand
from inkling.errors import DataError, ImageError
from inkling.scale import chunk
from inkling.scale.columns import Rows
from inkling.scale.listing import Found, Listing
from inkling.scale.sources import find_change, open_sources, plan
from tests.scale.conftest import write_tar

NOTHING = io.BytesIO()


def images_of(*arguments: object, column: str | None = None) -> list[tuple[str, object]]:
    """Every name and image, in order."""
    sources = open_sources([str(one) for one in arguments], NOTHING, column)
    return [
        pair for one in plan(sources) for pair in zip(one.names, one.content.load(), strict=True)
    ]


def names_of(*arguments: object) -> list[str]:
    return [name for name, _ in images_of(*arguments)]


@pytest.fixture
def folder(tmp_path: Path, thumbnails: list[bytes]) -> Path:
    root = tmp_path / "scans"
    for name in ("b.png", "a/2.png", "a-b/1.PNG", "a/10.png", "é/x.jpg", ".h/y.png", "a/notes.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(thumbnails[0])
    (root / "__MACOSX").mkdir()
    (root / "__MACOSX" / "m.png").write_bytes(b"no image")
    return root


def test_a_folder_gives_what_plain_reading_gives(folder: Path) -> None:
    plain = [one.name for one in expand([str(folder)], NOTHING).named]
    assert names_of(folder) == plain
    assert len(plain) == 5


@pytest.mark.parametrize("text", ["*.png", "**/*.png", "a*/*", "a/[0-9].png", "**", "?/10.png"])
def test_a_pattern_gives_what_glob_gives(folder: Path, text: str) -> None:
    plain = [one.name for one in expand([str(folder / text)], NOTHING).named]
    wanted = sorted(Path(name) for name in plain if "__MACOSX" not in name)
    assert names_of(folder / text) == [str(path) for path in wanted]


@given(
    st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
)
def test_a_listing_is_sorted_as_paths_are(names: list[str]) -> None:
    names = [name for name in names if "//" not in name and name.strip("/")]
    listing = Listing(Found(name, 1, 2) for name in names)
    assert [tuple(one.path.split("/")) for one in listing] == sorted(
        tuple(name.split("/")) for name in names
    )
    assert len(listing) == len(names)


def test_chunks_end_by_number_and_by_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk, "CHUNK_IMAGES", 3)
    monkeypatch.setattr(chunk, "CHUNK_BYTES", 100)
    sizes = [10, 10, 10, 10, 80, 20, 500, 1]
    entries = [chunk.Entry(str(k), "", size, None) for k, size in enumerate(sizes)]
    groups = [[entry.size for entry in group] for group in chunk.group(entries)]
    assert groups == [[10, 10, 10], [10, 80], [20], [500], [1]]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_tar_file_gives_what_tarfile_gives(
    tmp_path: Path, thumbnails: list[bytes], form: int
) -> None:
    path = tmp_path / "mixed.tar"
    names = ["1.png", "folder/2.jpg", "d/" * 40 + "3.png", "4.txt", ".5.png", "6.PNG"]
    if form != tarfile.USTAR_FORMAT:
        names += ["ü.png", "x" * 200 + ".png"]
    with tarfile.open(path, "w", format=form) as archive:
        for number, name in enumerate(names):
            info = tarfile.TarInfo(name)
            info.size = len(thumbnails[number])
            info.mtime = 1700000000.25  # type: ignore[assignment] # WebDataset's writer does so
            archive.addfile(info, io.BytesIO(thumbnails[number]))
        link = tarfile.TarInfo("link.png")
        link.type, link.linkname = tarfile.SYMTYPE, "1.png"
        archive.addfile(link)
        folder = tarfile.TarInfo("folder.png")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    with tarfile.open(path) as archive:
        expected = [
            (f"{path}/{info.name}", archive.extractfile(info).read())  # type: ignore[union-attr]
            for info in archive
            if info.isreg() and info.name not in ("4.txt", ".5.png")
        ]
    assert images_of(path) == expected
    packed = tmp_path / "mixed.tar.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    streamed = [(name.replace(".gz", ""), image) for name, image in images_of(packed)]
    assert streamed == expected


@pytest.mark.parametrize("keep", [0, 100, 1000, 5000])
def test_a_tar_file_that_is_cut_off_is_named(
    tmp_path: Path, thumbnails: list[bytes], keep: int
) -> None:
    path = write_tar(tmp_path / "whole.tar", thumbnails[:20])
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"whole\.tar"):
        images_of(path)


def test_a_tar_file_with_a_damaged_header_is_named(tmp_path: Path, thumbnails: list[bytes]) -> None:
    path = write_tar(tmp_path / "whole.tar", thumbnails[:3])
    content = bytearray(path.read_bytes())
    content[1024:1030] = b"XXXXXX"  # the name in the second header: its checksum is wrong now
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged at byte 1,024"):
        images_of(path)


def test_a_column_plain_and_as_the_hub_stores_it(tmp_path: Path, thumbnails: list[bytes]) -> None:
    some: list[bytes | None] = [*thumbnails[:5], None]
    plain, hub = tmp_path / "plain.parquet", tmp_path / "hub.parquet"
    pq.write_table(pa.table({"label": [0] * 6, "scan": some}), plain)
    struct = [None if image is None else {"bytes": image, "path": None} for image in some]
    pq.write_table(pa.table({"image": struct, "label": [0] * 6}), hub)
    for path in (plain, hub):
        found = images_of(path)
        assert [name for name, _ in found] == [f"{path}#{row}" for row in range(6)]
        assert [image for _, image in found][:5] == some[:5]
        assert isinstance(found[5][1], ImageError)
    with pytest.raises(DataError, match="it has: scan"):
        images_of(plain, column="label")
    (tmp_path / "text.parquet").write_text("not one")
    with pytest.raises(DataError, match="is not a parquet file"):
        images_of(tmp_path / "text.parquet")


def test_a_parquet_file_of_too_many_columns_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "wide.parquet"
    pq.write_table(pa.table({f"c{k}": [0] for k in range(60)}), path)
    with pytest.raises(DataError, match=r"only: c0, c1, .* c19 and 40 more$"):
        images_of(path)
    monkeypatch.setattr("inkling.scale.columns.MOST_LISTED", 50)
    with pytest.raises(DataError, match="over 50 columns or row groups"):
        images_of(path)


@pytest.mark.parametrize("read_again", [0, 16_000, 1 << 20])
def test_large_and_small_row_groups_give_the_same_images(
    read_again: int, tmp_path: Path, thumbnails: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inkling.scale.columns.CHUNK_IMAGES", 50)
    monkeypatch.setattr("inkling.scale.columns.READ_AGAIN", read_again)
    path = tmp_path / "x.parquet"
    for size in (300, 70, 20):
        pq.write_table(pa.table({"image": thumbnails}), path, row_group_size=size)
        found = images_of(path)
        assert [image for _, image in found] == thumbnails
        assert [name for name, _ in found] == [f"{path}#{row}" for row in range(len(thumbnails))]
    by_workers = {type(one.content) for one in plan(open_sources([str(path)], NOTHING))}
    assert (Rows in by_workers) == (read_again > 0)  # of groups of 20 rows


def test_a_worker_holds_no_more_than_a_chunk_of_large_images(tmp_path: Path) -> None:
    path = tmp_path / "photos.parquet"
    photos = [bytes([k]) * 3_000_000 for k in range(9)]
    pq.write_table(pa.table({"image": photos}), path, compression="none", use_dictionary=False)
    chunks = list(plan(open_sources([str(path)], NOTHING)))
    assert [len(one.names) for one in chunks] == [3, 3, 3]
    assert [image for one in chunks for image in one.content.load()] == photos


def test_a_list_names_images(tmp_path: Path, folder: Path) -> None:
    paths = [str(folder / "b.png"), str(folder / "a" / "2.png"), str(folder / "none.png")]
    listing = tmp_path / "list.txt"
    listing.write_text("\n".join([paths[0], "", *paths[1:]]) + "\n")
    assert names_of(listing) == paths
    assert names_of(listing, folder / "b.png", *paths[:2]) == [*paths, paths[0], *paths[:2]]


def test_standard_input_is_one_image(thumbnails: list[bytes]) -> None:
    (one,) = plan(open_sources(["-"], io.BytesIO(thumbnails[0])))
    assert (one.names, list(one.content.load())) == (("-",), [thumbnails[0]])


def test_an_address_is_read_through_arrow(folder: Path, thumbnails: list[bytes]) -> None:
    address = f"file://{folder}"
    found = images_of(address)
    assert [name.removeprefix("file://") for name, _ in found] == names_of(folder)
    assert {image for _, image in found} == {thumbnails[0]}
    assert images_of(f"{address}/b.png") == [(f"{address}/b.png", thumbnails[0])]
    tar = write_tar(folder / "t.tar", thumbnails[:3])
    assert [image for _, image in images_of(f"file://{tar}")] == thumbnails[:3]
    with pytest.raises(DataError, match="there is no object"):
        images_of(f"{address}/none")
    with pytest.raises(DataError, match="abc://"):
        images_of("abc://bucket/images")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["s3", "gs"])
def test_a_store_without_credentials_is_one_sentence(scheme: str, tmp_path: Path) -> None:
    address = f"{scheme}://inkling-has-no-such-bucket/scans"
    done = subprocess.run(
        [sys.executable, "-m", "inkling", "read", address, "--out", tmp_path / "o.csv"],
        capture_output=True, text=True, check=False, timeout=150,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(f"inkling: cannot read {address}")
    assert "credentials" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_without_images_says_so(tmp_path: Path) -> None:
    ((name, error),) = images_of(tmp_path)
    assert isinstance(error, ImageError)
    assert str(tmp_path) in name
    assert "no images" in str(error)


@pytest.mark.parametrize(
    ("change", "words"),
    [("new", "c.png is new"), ("gone", "b.png is gone"), ("altered", "b.png was altered")],
)
def test_a_folder_that_changes_is_noticed(folder: Path, change: str, words: str) -> None:
    sources = open_sources([str(folder)], NOTHING)
    before = [one.digest for one in plan(sources)]
    assert find_change(sources) is None
    if change == "new":
        (folder / "c.png").write_bytes(b"x")
    elif change == "gone":
        (folder / "b.png").unlink()
    else:
        (folder / "b.png").write_bytes(b"x")
    assert str(find_change(sources)).endswith(words)
    assert [one.digest for one in plan(open_sources([str(folder)], NOTHING))] != before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=3000))
def test_no_bytes_make_the_tar_reader_fail_in_another_way(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any.tar"
    path.write_bytes(content)
    try:
        images_of(path)
    except DataError as error:
        assert "any.tar" in str(error)  # noqa: PT017


def test_a_mistyped_folder_is_an_error_and_a_missing_image_is_a_row(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no file or folder .*scanz"):
        open_sources([str(tmp_path / "scanz")], NOTHING)
    (name,) = (one.names for one in plan(open_sources([str(tmp_path / "a.png")], NOTHING)))
    assert name == (str(tmp_path / "a.png"),)
