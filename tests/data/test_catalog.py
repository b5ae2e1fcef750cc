import gzip
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling.data.catalog import find_source
from inkling.errors import DataError
from inkling.types import Digits
from tests.data.forms import write_idx


def save_folder(digits: Digits, folder: Path) -> None:
    for number, (image, label) in enumerate(zip(digits.images, digits.labels, strict=True)):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / str(label) / f"{number:04d}.png")


def save_csv(digits: Digits, path: Path) -> list[str]:
    lines = ["label," + ",".join(f"pixel{i}" for i in range(784))]
    flat = digits.images.reshape(-1, 784)
    lines += [
        f"{label}," + ",".join(map(str, row))
        for label, row in zip(digits.labels, flat, strict=True)
    ]
    path.write_text("\n".join(lines) + "\n")
    return lines


def same(one: Digits, other: Digits) -> bool:
    return one.sha256() == other.sha256()


@pytest.mark.usefixtures("without_mnist")
def test_auto_falls_back_on_the_embedded_digits_and_says_so() -> None:
    said: list[str] = []
    source = find_source("auto", notify=said.append)
    assert source.name == "digits"
    assert said[0].startswith("fetching http://127.0.0.1:9")
    assert "MNIST could not be loaded" in said[-1]
    assert "http://127.0.0.1:9" in said[-1]
    assert len(source.load_training()) + len(source.load_test()) == 1797


@pytest.mark.mnist
def test_auto_falls_back_where_there_is_only_the_file_of_labels(
    mnist_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mnist").mkdir()
    for path in mnist_folder.glob("train-labels-*"):
        (tmp_path / "mnist" / path.name).symlink_to(path)
    monkeypatch.setenv("INKLING_DATA", str(tmp_path))
    source = find_source("auto")
    assert source.name == "digits"
    assert "train-images-idx3-ubyte" in source.notice
    assert len(source.load_training()) > 1_000


@pytest.mark.usefixtures("without_mnist")
def test_naming_mnist_insists() -> None:
    with pytest.raises(DataError, match="is not available"):
        find_source("mnist").load_training()


@pytest.mark.mnist
@pytest.mark.usefixtures("mnist_folder")
def test_real_mnist_is_what_the_world_knows() -> None:
    source = find_source("auto")
    training, test = source.load_training(), source.load_test()
    assert (source.name, len(training), len(test)) == ("mnist", 60_000, 10_000)
    assert training.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert training.images.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert training.images.std() / 255 == pytest.approx(0.3081, abs=5e-5)


def test_training_and_test_share_no_image(few: Digits, tmp_path: Path) -> None:
    np.savez(tmp_path / "few.npz", images=few.images, labels=few.labels)
    source = find_source(str(tmp_path / "few.npz"))
    training = {image.tobytes() for image in source.load_training().images}
    test = {image.tobytes() for image in source.load_test().images}
    assert not training & test
    assert len(training | test) == len(source.load_everything()) == len(few)
    assert not source.has_test


def test_every_form_gives_the_same_images(few: Digits, tmp_path: Path) -> None:
    save_csv(few, tmp_path / "few.csv")
    np.savez(tmp_path / "few.npz", X=few.images.reshape(-1, 784), y=few.labels)
    for name in ("few.csv", "few.npz"):
        assert same(find_source(str(tmp_path / name)).load_everything(), few)


def test_a_folder_of_idx_files(few: Digits, tmp_path: Path) -> None:
    for prefix in ("train", "t10k"):
        images, labels = write_idx(few.images), write_idx(few.labels.astype(np.uint8))
        (tmp_path / f"{prefix}-images-idx3-ubyte").write_bytes(images)
        (tmp_path / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels))
    source = find_source(str(tmp_path))
    assert same(source.load_training(), few)
    assert same(source.load_test(), few)
    assert source.has_test


def test_dark_ink_on_light_ground_is_turned_over(few: Digits, tmp_path: Path) -> None:
    np.savez(tmp_path / "dark.npz", X=255 - few.images, y=few.labels)
    assert same(find_source(str(tmp_path / "dark.npz")).load_everything(), few)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda lines: [*lines[:3], "5,1,2", *lines[4:]], "row 4: 3 columns, not 785"),
        (lambda lines: [*lines[:3], lines[3].replace(",0", ",x", 1), *lines[4:]], "row 4: 'x' is"),
        (lambda lines: [*lines[:2], "7" + lines[2][1:-1] + "999"], "row 3: pixel"),
        (lambda lines: [lines[0], "12" + lines[1][1:]], "row 2: the label 12 may be"),
        (lambda lines: lines[:1], "no row after its header"),
        (lambda lines: [line.rsplit(",", 1)[0] for line in lines], "has 784 columns; expected"),
        (lambda lines: ["label,pixel0", "1,2"], "expected a label and 784 pixels"),
        (lambda _: [""], "few.csv is empty"),
        (lambda lines: [*lines[:2], "7" * 200_000, *lines[2:]], "row 3: field larger than"),
    ],
)
def test_a_bad_csv_names_the_row(change, reason: str, few: Digits, tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    lines = save_csv(few.take(np.arange(5)), path)
    path.write_text("\n".join(change(lines)) + "\n")
    with pytest.raises(DataError, match=reason):
        find_source(str(path)).load_training()


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"a": np.zeros(3)}, r"contains a float64\[3\]; expected"),
        ({"X": np.zeros((4, 28, 28), np.uint8)}, "has images but no labels"),
        ({"X": np.zeros((4, 3, 28), np.uint8), "y": np.zeros(4, int)}, "have the shape"),
        ({"X": np.zeros((4, 785), np.uint8), "y": np.zeros(4, int)}, "not a square image"),
        ({"X": np.zeros((4, 784), np.uint8), "y": np.zeros(3, int)}, "4 images but 3 labels"),
        (
            {"X": np.full((4, 784), 2.5e4), "y": np.zeros(4, int)},
            "row 1: pixel 25000 is not within",
        ),
        ({"X": np.zeros((4, 784), np.uint8), "y": np.full(4, 11)}, "row 1: the label 11 may be"),
        ({"X": np.zeros((4, 784), np.uint8), "y": np.arange(4) / 2}, "row 2: the label 0.5"),
    ],
)
def test_a_bad_npz_says_what_is_wrong(arrays, reason: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(DataError, match=reason):
        find_source(str(tmp_path / "bad.npz")).load_training()


@pytest.mark.parametrize("rows", ["X", "y"])
def test_an_npz_without_an_image_is_named(rows: str, tmp_path: Path) -> None:
    arrays = {"X": np.zeros((4, 28, 28), np.uint8), "y": np.zeros((4, 1), int)}
    np.savez(tmp_path / "bad.npz", **(arrays | {rows: arrays[rows][:0]}))
    with pytest.raises(DataError, match=r"bad\.npz(: there is no image| has 4 images but)"):
        find_source(str(tmp_path / "bad.npz")).load_training()


def test_damaged_compressed_bytes_are_named(few: Digits, tmp_path: Path) -> None:
    """Any byte of a packed file may be wrong: it is read all the same, or the file is named."""
    path = tmp_path / "bad.npz"
    np.savez_compressed(path, X=few.images[:20], y=few.labels[:20])
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    sentences = []
    for place in [*range(30, 120), *rng.integers(0, len(whole), 200)]:
        damaged = bytearray(whole)
        damaged[place] ^= int(rng.integers(1, 256))
        path.write_bytes(damaged)
        try:
            find_source(str(path)).load_training()
        except DataError as error:
            sentences.append(str(error))
    assert len(sentences) > 100
    assert all(str(path) in sentence for sentence in sentences)


def test_a_damaged_gzip_of_ones_own_is_named(few: Digits, tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(write_idx(few.images)))
    packed[30:60] = bytes(255 for _ in range(30))
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(packed)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(write_idx(few.labels.astype(np.uint8)))
    for name in ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(DataError, match=r"cannot read .*train-images-idx3-ubyte\.gz"):
        find_source(str(tmp_path)).load_training()


def test_what_macos_leaves_in_a_folder_is_no_image(few: Digits, tmp_path: Path) -> None:
    save_folder(few.take(np.arange(40)), tmp_path)
    (tmp_path / "3" / "deep").mkdir()
    (tmp_path / "3" / ".hidden").mkdir()
    Image.fromarray(few.images[0]).save(tmp_path / "3" / ".hidden" / "x.png")
    (tmp_path / "__MACOSX" / "3").mkdir(parents=True)
    (tmp_path / "3" / "__MACOSX").mkdir()
    for folder in ("3", "3/deep", "__MACOSX/3", "3/__MACOSX"):
        (tmp_path / folder / "._10.png").write_bytes(b"\0\5\x16\7 no image")
    (tmp_path / "3" / "__MACOSX" / "y.png").write_bytes(b"no image")
    everything = find_source(str(tmp_path)).load_everything()
    assert len(everything) == 40
    assert everything.classes == tuple("0123456789")


def test_an_empty_test_folder_is_no_test_part(few: Digits, tmp_path: Path) -> None:
    save_folder(few.take(np.arange(40)), tmp_path / "train")
    (tmp_path / "test" / "3").mkdir(parents=True)
    source = find_source(str(tmp_path))
    assert not source.has_test
    assert len(source.load_training()) + len(source.load_test()) == 40


def test_what_names_tell_of_a_test_part_is_known_at_once(tmp_path: Path) -> None:
    """No image is opened for it: those here cannot be."""
    (tmp_path / "idx").mkdir()
    (tmp_path / "idx" / "train-labels-idx1-ubyte").write_bytes(write_idx(np.zeros(3, np.uint8)))
    with pytest.raises(DataError, match=r"has labels \(.*\) but no images for them"):
        find_source(str(tmp_path / "idx"))
    for place in ("train/0", "train/1", "test/0", "test/2"):
        (tmp_path / "tree" / place).mkdir(parents=True)
        (tmp_path / "tree" / place / "a.png").write_bytes(b"broken")
    with pytest.raises(DataError, match="test: class '2' is not one of 0, 1"):
        find_source(str(tmp_path / "tree"))


def test_images_without_ink_are_named_and_kept(few: Digits, tmp_path: Path) -> None:
    save_folder(few.take(np.arange(40)), tmp_path / "own")
    (tmp_path / "own" / "none").mkdir()
    for name in ("3/a.png", "3/b.png", "7/c.png", "7/d.png", "none/e.png"):
        Image.new("L", (60, 60), 240).save(tmp_path / "own" / name)
    said: list[str] = []
    everything = find_source(str(tmp_path / "own"), notify=said.append).load_everything()
    assert len(everything) == 45
    assert said[-1:] == [
        f"note: 4 of the 45 images of {tmp_path / 'own'} have no ink and count as empty images: "
        "3/a.png, 3/b.png, 7/c.png and 1 more"
    ]


def test_a_pickle_in_an_npz_is_not_opened(tmp_path: Path) -> None:
    np.savez(tmp_path / "bad.npz", X=np.array([{"a": 1}], dtype=object), y=np.zeros(1))
    with pytest.raises(DataError, match="pickle"):
        find_source(str(tmp_path / "bad.npz")).load_training()


def test_names_that_mean_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="use mnist, fashion-mnist, digits"):
        find_source("minst")
    (tmp_path / "x.txt").write_text("hello")
    with pytest.raises(DataError, match=r"1 files \(1 with .txt\). inkling reads these formats"):
        find_source(str(tmp_path / "x.txt"))
