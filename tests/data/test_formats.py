"""Every form gives the same images and labels back; what is uncertain is asked, never guessed."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.io import savemat

from inkling.data.catalog import find_source
from inkling.data.fields import parse_whole_numbers
from inkling.errors import DataError
from inkling.types import Digits
from tests.data.forms import everything, png, same, save_classes, save_csv, save_idx, table

ROUND_TRIPS = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def some(few: Digits) -> Digits:
    return few.take(np.arange(60))


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("{}-images-idx3-ubyte", "{}-labels-idx1-ubyte"),
        ("{}-images.idx3-ubyte", "{}-labels.idx1-ubyte"),
        (
            "{0}-images-idx3-ubyte/{0}-images-idx3-ubyte",
            "{0}-labels-idx1-ubyte/{0}-labels-idx1-ubyte",
        ),
        ("MNIST/raw/{}-images-idx3-ubyte", "MNIST/raw/{}-labels-idx1-ubyte"),
        ("{}/images.idx3", "{}/labels.idx1"),
    ],
)
def test_idx_under_any_names(images: str, labels: str, some: Digits, tmp_path: Path) -> None:
    for role in ("train", "t10k"):
        save_idx(some, tmp_path, images.format(role), labels.format(role))
    source = find_source(str(tmp_path))
    assert same(source.load_training(), some)
    assert same(source.load_test(), some)


def test_emnist_is_turned_upright_and_says_so(some: Digits, tmp_path: Path) -> None:
    turned = Digits(some.images.transpose(0, 2, 1).copy(), some.labels)
    for role in ("train", "test"):
        names = (
            f"emnist-digits-{role}-{kind}" for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")
        )
        save_idx(turned, tmp_path, *names)
    said: list[str] = []
    source = find_source(str(tmp_path), notify=said.append)
    assert same(source.load_training(), some)
    assert source.describe is not None
    assert source.describe()["transposed"] is True
    assert "transposed" in said[-1]


def test_several_emnist_splits_are_a_question(some: Digits, tmp_path: Path) -> None:
    for split in ("digits", "letters"):
        names = (
            f"emnist-{split}-train-{kind}" for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")
        )
        save_idx(
            some
            if split == "digits"
            else Digits(some.images, some.labels + 1, tuple("0123456789a")),
            tmp_path,
            *names,
        )
    with pytest.raises(DataError, match="several datasets: digits, letters"):
        find_source(str(tmp_path))
    letters = everything(tmp_path, "#split=letters,orientation=upright")
    assert letters.classes[:3] == ("A", "B", "C")
    assert same(everything(tmp_path, "#split=digits"), some)


@ROUND_TRIPS
@given(
    where=st.sampled_from(["first", "last"]),
    header=st.sampled_from([None, "label", "class", "Target", "y"]),
    delimiter=st.sampled_from([",", ";", "\t"]),
    scale=st.sampled_from([1, 255]),
    index=st.booleans(),
    packed=st.booleans(),
)
def test_csv_round_trips(where, header, delimiter, scale, index, packed, some, tmp_path) -> None:
    rows = table(some, where).astype(object)
    pixels = slice(1, None) if where == "first" else slice(None, -1)
    if scale == 255:
        rows[:, pixels] = [[round(cell / 255, 6) for cell in row] for row in rows[:, pixels]]
    names = None
    if header:
        cells = [f"pixel{n}" for n in range(784)]
        names = [header, *cells] if where == "first" else [*cells, header]
    if index:
        rows = np.hstack([np.arange(len(some), dtype=object)[:, None], rows])
        names = ["", *names] if names else None
    path = tmp_path / "some.csv"
    save_csv(path, rows.tolist(), names, delimiter)
    if packed:
        path = tmp_path / "some.csv.gz"
        path.write_bytes(gzip.compress((tmp_path / "some.csv").read_bytes()))
    assert same(everything(path), some)


def test_images_and_labels_in_two_tables(some: Digits, tmp_path: Path) -> None:
    for role in ("Train", "Test"):
        save_csv(tmp_path / f"csv{role}Images 60x784.csv", some.images.reshape(60, -1))
        save_csv(tmp_path / f"csv{role}Label 60x1.csv", some.labels[:, None])
    source = find_source(str(tmp_path))
    assert same(source.load_training(), some)
    assert same(source.load_test(), some)


def test_a_label_column_that_may_be_either_is_a_question(some: Digits, tmp_path: Path) -> None:
    rows = np.hstack([table(some), some.labels[::-1, None]])
    save_csv(tmp_path / "a.csv", rows[:, :785])
    assert same(everything(tmp_path / "a.csv"), some)
    rows[:, 1] = some.labels  # the corner pixel now looks like a label as well
    save_csv(tmp_path / "b.csv", np.hstack([some.labels[:, None], rows[:, 2:785], rows[:, -1:]]))
    with pytest.raises(DataError, match="both may be labels"):
        find_source(str(tmp_path / "b.csv"))
    first, last = (everything(tmp_path / "b.csv", f"#label={each}") for each in ("first", "last"))
    assert first.labels.tolist() == some.labels.tolist()
    assert last.labels.tolist() == some.labels[::-1].tolist()


@ROUND_TRIPS
@given(
    keys=st.sampled_from(
        [
            ("X", "y"),
            ("images", "labels"),
            ("data", "target"),
            ("arr_0", "arr_1"),
            ("x_train", "y_train"),
        ]
    ),
    shape=st.sampled_from([(-1, 784), (-1, 28, 28), (-1, 1, 28, 28), (-1, 28, 28, 1), "rgb"]),
    values=st.sampled_from(["uint8", "0-1", "-1-1", "mnist", "int64"]),
    labels=st.sampled_from(["numbers", "one-hot", "text", "column", "float"]),
)
def test_npz_round_trips(keys, shape, values, labels, some, tmp_path) -> None:
    images = some.images
    images = np.stack([images] * 3, axis=-1) if shape == "rgb" else images.reshape(shape)
    stored = {
        "uint8": images,
        "int64": images.astype(np.int64),
        "0-1": (images / 255).astype(np.float32),
        "-1-1": (images / 127.5 - 1).astype(np.float32),
        "mnist": ((images / 255 - 0.1307) / 0.3081).astype(np.float32),
    }[values]
    answers = {
        "numbers": some.labels,
        "one-hot": np.eye(10)[some.labels],
        "text": some.labels.astype(str),
        "column": some.labels[:, None],
        "float": some.labels.astype(np.float64),
    }[labels]
    path = tmp_path / "some.npz"
    np.savez(path, **{keys[0]: stored, keys[1]: answers})
    assert same(everything(path), some)


def test_pairs_of_npy(some: Digits, tmp_path: Path) -> None:
    for role in ("train", "test"):
        np.save(tmp_path / f"X_{role}.npy", some.images)
        np.save(tmp_path / f"y_{role}.npy", some.labels)
    source = find_source(str(tmp_path))
    assert source.has_test
    assert same(source.load_test(), some)


@pytest.mark.parametrize("meaning", ["ten-is-zero", "from-one"])
def test_labels_from_1_to_10_are_settled_by_the_images(
    meaning: str, some: Digits, tmp_path: Path
) -> None:
    labels = some.labels + 1 if meaning == "from-one" else (some.labels - 1) % 10 + 1
    np.savez(tmp_path / "a.npz", X=some.images, y=labels)
    assert same(everything(tmp_path / "a.npz"), some)
    noise = np.random.default_rng(0).integers(0, 256, some.images.shape, np.uint8)
    np.savez(tmp_path / "b.npz", X=noise, y=labels)
    with pytest.raises(DataError, match="either 10 or 1 means the digit 0"):
        find_source(str(tmp_path / "b.npz")).load_training()
    told = everything(tmp_path / "b.npz", f"#labels={meaning}")
    assert told.labels.tolist() == some.labels.tolist()


@pytest.mark.parametrize("side", [8, 16, 20, 32, 64])
def test_other_sizes_are_fitted_as_mnist_is(side: int, some: Digits, tmp_path: Path) -> None:
    import cv2

    resized = [cv2.resize(i, (side, side), interpolation=cv2.INTER_AREA) for i in some.images]
    np.savez(tmp_path / "a.npz", X=np.stack(resized), y=some.labels)
    source = find_source(str(tmp_path / "a.npz"))
    images = source.load_everything().images
    assert source.describe is not None
    assert source.describe()["size"] == f"{side}x{side}"
    assert "20 pixels" in source.describe()["resize"]
    mass = images.astype(np.float64)
    grid = np.arange(28)
    for axis in (1, 2):
        centre = (mass.sum(axis=3 - axis) @ grid) / mass.sum(axis=(1, 2))
        assert np.abs(centre - 13.5).max() < 1


def test_mat_files(some: Digits, tmp_path: Path) -> None:
    flat = some.images.reshape(60, -1)
    savemat(
        tmp_path / "mnist-original.mat", {"data": flat.T, "label": some.labels[None].astype(float)}
    )
    colour = np.stack([some.images] * 3, axis=-1)
    wide = np.pad(colour, ((0, 0), (2, 2), (2, 2), (0, 0)))
    ten = np.where(some.labels == 0, 10, some.labels)[:, None]
    savemat(tmp_path / "train_32x32.mat", {"X": wide.transpose(1, 2, 3, 0), "y": ten})
    per_digit = {f"train{d}": flat[some.labels == d] for d in range(10)}
    savemat(tmp_path / "mnist_all.mat", per_digit)
    columns = some.images.transpose(0, 2, 1).reshape(60, -1)
    savemat(tmp_path / "columns.mat", {"X": columns, "y": ten})
    for name in ("mnist-original.mat", "mnist_all.mat", "columns.mat"):
        assert same(everything(tmp_path / name), some), name
    svhn = everything(tmp_path / "train_32x32.mat")
    assert svhn.labels.tolist() == some.labels.tolist()


def test_parquet_as_the_hub_has_it(some: Digits, tmp_path: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    for shard, part in enumerate((some.take(np.arange(30)), some.take(np.arange(30, 60)))):
        columns = {
            "image": [{"bytes": png(image), "path": None} for image in part.images],
            "label": part.labels,
        }
        pq.write_table(pa.table(columns), tmp_path / f"train-{shard:05d}-of-00002.parquet")
    assert same(everything(tmp_path), some)


def test_a_parquet_of_very_many_columns_is_refused(tmp_path: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    columns = {f"c{n}": [0] for n in range(20_000)}
    pq.write_table(pa.table(columns), tmp_path / "wide.parquet")
    with pytest.raises(DataError, match="the limit is 13,000"):
        find_source(str(tmp_path / "wide.parquet"))
    footer = (1 << 30).to_bytes(4, "little")
    (tmp_path / "bomb.parquet").write_bytes(b"PAR1" + footer + b"PAR1")
    with pytest.raises(DataError, match="footer of 1,073,741,824 bytes"):
        find_source(str(tmp_path / "bomb.parquet"))


def test_archives(some: Digits, tmp_path: Path) -> None:
    save_classes(some, tmp_path / "plain")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "plain", "outer/plain")
    np.savez(tmp_path / "some.npz", X=some.images, y=some.labels)
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(tmp_path / "some.npz", "folder/some.npz")
    assert same(everything(tmp_path / "a.tar.gz"), some)
    assert same(everything(tmp_path / "b.zip"), some)


def test_bombs_are_refused_before_they_unfold(tmp_path: Path) -> None:
    header = tarfile.TarInfo("huge.npy")
    header.size = 3 << 30
    (tmp_path / "a.tar").write_bytes(header.tobuf() + bytes(1024))
    with pytest.raises(DataError, match="unpacks to more than 2,147,483,648 bytes"):
        find_source(str(tmp_path / "a.tar"))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", bytes(1 << 20))
    bomb = content.getvalue().replace(
        (1 << 20).to_bytes(4, "little"), (0xF0000000).to_bytes(4, "little")
    )
    (tmp_path / "b.zip").write_bytes(bomb)
    with pytest.raises(DataError, match="unpacks to more than"):
        find_source(str(tmp_path / "b.zip"))
    npy = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        npy, {"descr": "|u1", "fortran_order": False, "shape": (3 << 30,)}
    )
    (tmp_path / "c.npy").write_bytes(npy.getvalue())
    with pytest.raises(DataError, match="declares 3,221,225,472 bytes"):
        find_source(str(tmp_path / "c.npy"))


def test_a_folder_of_images_with_a_table_of_labels(some: Digits, tmp_path: Path) -> None:
    rows = [(f"{n}.png", label) for n, label in enumerate(some.labels.tolist())]
    (tmp_path / "images").mkdir()
    for (name, _), image in zip(rows, some.images, strict=True):
        (tmp_path / "images" / name).write_bytes(png(image))
    save_csv(tmp_path / "labels.csv", rows, ["filename", "label"])
    assert same(everything(tmp_path), some)
    save_csv(tmp_path / "labels.csv", [*rows, ("lost.png", 3)], ["filename", "label"])
    with pytest.raises(DataError, match=r"labels.csv, row 62: there is no image 'lost.png'"):
        find_source(str(tmp_path))


def test_a_flat_folder_named_by_label(some: Digits, tmp_path: Path) -> None:
    for number, (image, label) in enumerate(zip(some.images, some.labels, strict=True)):
        (tmp_path / f"{label}_{number}.png").write_bytes(png(image))
    assert same(everything(tmp_path), some)


def test_numbers_of_images_are_not_labels(some: Digits, tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / f"img_{number}.png").write_bytes(png(some.images[number]))
    with pytest.raises(DataError, match="images but no labels"):
        find_source(str(tmp_path)).load_training()


@given(st.lists(st.lists(st.integers(0, 10**9 - 1), min_size=4, max_size=4), min_size=1))
def test_bulk_parsing_agrees_with_int(rows: list[list[int]]) -> None:
    block = "".join(",".join(map(str, row)) + "\n" for row in rows).encode()
    parsed = parse_whole_numbers(block, ",")
    assert parsed is not None
    assert parsed.tolist() == rows


@given(st.binary(max_size=60))
def test_bulk_parsing_never_guesses(noise: bytes) -> None:
    block = noise + b"\n"
    parsed = parse_whole_numbers(block, ",")
    if parsed is not None:
        lines = block.decode("ascii").split("\n")[:-1]
        assert parsed.tolist() == [[int(cell) for cell in line.split(",")] for line in lines]


@pytest.mark.parametrize("text", ["#labels=maybe", "#colour=red", "#labels"])
def test_an_option_that_does_not_exist_is_named(text: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="option"):
        find_source(f"{tmp_path}/a.npz{text}")


def test_the_forms_are_named_where_nothing_fits(tmp_path: Path) -> None:
    (tmp_path / "model.pt").write_bytes(b"x")
    with pytest.raises(DataError, match=r"1 files \(1 with .pt\).*IDX files; NumPy"):
        find_source(str(tmp_path))
