"""The whole job, on real data, in this process."""

import hashlib
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import inkling
from inkling.errors import DataError, ModelError, RunError
from inkling.evaluation.metrics import softmax
from inkling.exporters.onnx import export_run_onnx
from inkling.exporters.weights import export_pth, export_safetensors
from inkling.jobs.card import calibrate
from inkling.jobs.describe import describe
from inkling.jobs.evaluate import evaluate, load_any
from inkling.jobs.figures import write_figures
from inkling.jobs.run import TrainResult
from inkling.jobs.train import resume, train
from inkling.training.recipe_text import load_recipe
from inkling.training.run_folder import RunFolder, create_run
from inkling.types import Digits, Verdict
from tests.conftest import save_few
from tests.data.forms import write_idx

QUICK = ["widths=[24]", "epochs=3", "batch_size=32"]


@pytest.fixture(scope="module")
def trained(few: Digits, tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    """One run for all tests of this file. It is only read; `result` is a copy of it."""
    folder = tmp_path_factory.mktemp("trained")
    data = save_few(few, folder / "few.npz")
    return train("mlp-adam", data=str(data), out=folder / "run", seed=3, changes=QUICK)


@pytest.fixture
def result(trained: TrainResult, tmp_path: Path) -> TrainResult:
    return replace(trained, run=shutil.copytree(trained.run, tmp_path / "run"))


def test_a_run_folder_holds_everything(result: TrainResult) -> None:
    run = RunFolder(result.run)
    names = {str(p.relative_to(run.path)) for p in run.path.rglob("*") if p.is_file()}
    assert names >= {
        "recipe.toml",
        "metrics.jsonl",
        "model.safetensors",
        "card.json",
        "checkpoint/state.safetensors",
        "evaluation.json",
        "test_predictions.npz",
        "report.html",
    }
    assert not [name for name in names if name.endswith(".tmp")]
    lines = [json.loads(line) for line in run.metrics_path.read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    card = run.read_card()
    assert (card["side"], card["mean"], card["std"]) == (28, 0.1307, 0.3081)
    assert card["classes"] == list("0123456789")
    digest = hashlib.sha256(run.weights_path.read_bytes()).hexdigest()
    assert card["weights_sha256"] == result.weights_sha256 == digest
    assert run.read_recipe().training.seed == 3


def test_the_result_is_what_the_contract_says(result: TrainResult) -> None:
    entry = json.loads(json.dumps(result.as_json()))
    assert list(entry) == [
        "run",
        "recipe",
        "data",
        "seed",
        "device",
        "parameters",
        "train_seconds",
        "total_seconds",
        "validation",
        "test",
        "weights_sha256",
    ]
    assert entry["test"].keys() == entry["validation"].keys() == {"accuracy", "loss", "n"}
    assert entry["test"]["n"] == 80
    assert 0 < entry["train_seconds"] < entry["total_seconds"]


def test_the_figures_are_images_with_something_on_them(result: TrainResult) -> None:
    assert not (result.run / "figures").exists()  # drawn on request alone
    paths = write_figures(result.run)
    assert [path.stem for path in paths] == ["curves", "confusion", "mistakes", "samples"]
    for path in paths:
        with Image.open(path) as image:
            assert min(image.size) > 300
            assert np.asarray(image.convert("L")).std() > 10


def test_the_loaded_model_answers_as_the_run_did(result: TrainResult, few: Digits) -> None:
    classifier = inkling.load(result.run)
    images, labels = few.images[320:], few.labels[320:]
    probabilities = classifier.predict_proba(images)
    assert probabilities.shape == (80, 10)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(80))
    assert np.array_equal(classifier.predict(images), probabilities.argmax(axis=1))
    assert (classifier.predict(images) == labels).mean() == result.test.accuracy
    assert classifier.predict(images[:0]).shape == (0,)
    with pytest.raises(DataError, match="must be uint8"):
        classifier.predict(images.astype(float))


def test_evaluation_of_the_same_data_gives_the_same_figures(
    result: TrainResult, few_npz: Path
) -> None:
    again = evaluate(result.run, data=str(few_npz))
    assert again.accuracy == result.test.accuracy
    assert again.loss == pytest.approx(result.test.loss)
    assert again.interval[0] <= again.accuracy <= again.interval[1]
    assert evaluate(result.run, data="digits").n == 1797


def test_data_without_a_test_part_is_not_judged_on_what_was_learnt(
    few: Digits, tmp_path: Path
) -> None:
    np.savez(tmp_path / "own.npz", X=few.images, y=few.labels)
    own = train("mlp-adam", data=str(tmp_path / "own.npz"), out=tmp_path / "own", changes=QUICK)
    assert own.test.n == 80
    assert evaluate(own.run, data=str(tmp_path / "own.npz")).n == 80


def save_folder(digits: Digits, folder: Path) -> None:
    for number, (image, label) in enumerate(zip(digits.images, digits.labels, strict=True)):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / str(label) / f"{number}.png")


def test_by_default_a_run_is_measured_on_what_it_learnt_from(few: Digits, tmp_path: Path) -> None:
    own = tmp_path / "own.npz"
    np.savez(own, X=few.images, y=few.labels)
    run = train("mlp-adam", data=str(own), out=tmp_path / "run", changes=QUICK)
    assert evaluate(run.run).n == run.test.n == 80
    assert evaluate(run.run).accuracy == run.test.accuracy
    assert evaluate(run.run, data="digits").n == 1797
    own.rename(tmp_path / "moved.npz")
    with pytest.raises(DataError, match=r"was trained on .*own\.npz, which does not exist"):
        evaluate(run.run)
    assert evaluate(run.run, data=str(tmp_path / "moved.npz")).n == 80


def test_data_that_has_changed_since_is_refused(
    few: Digits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An image more moves others between the parts: some of the test part was learnt from."""
    save_folder(few.take(np.arange(100)), tmp_path / "own")
    run = train("mlp-adam", data=str(tmp_path / "own"), out=tmp_path / "run", changes=QUICK)
    Image.fromarray(few.images[200]).save(tmp_path / "own" / "3" / "new.png")
    monkeypatch.chdir(tmp_path)
    for data in (None, str(tmp_path / "own"), "own", "run/../own"):
        with pytest.raises(DataError, match=r"has changed since .*run was trained on it"):
            evaluate(run.run, data=data)
    save_folder(few.take(np.arange(300, 340)), tmp_path / "other")
    assert evaluate(run.run, data="other").n == 40


def test_too_few_images_to_test_on_are_refused_before_the_training(
    few: Digits, tmp_path: Path
) -> None:
    pair = few.take(np.array([np.nonzero(few.labels == label)[0][0] for label in (0, 1)]))
    save_folder(pair, tmp_path / "own")
    with pytest.raises(DataError, match="2 images, too few to hold out a fifth for the test"):
        train("mlp-adam", data=str(tmp_path / "own"), out=tmp_path / "run", changes=QUICK)
    assert not (tmp_path / "run").exists()
    chosen = load_recipe("mlp-adam").model_copy(update={"data": str(tmp_path / "own")})
    create_run(tmp_path / "run", chosen)
    with pytest.raises(DataError, match="too few to hold out a fifth"):
        resume(tmp_path / "run")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["recipe.toml"]


def test_a_training_that_diverges_leaves_no_figures(few_npz: Path, tmp_path: Path) -> None:
    wild = [*QUICK, "optimizer.name=sgd", "learning_rate=100", "weight_decay=1"]
    with pytest.raises(RunError, match="mlp-adam diverged"):
        train("mlp-adam", data=str(few_npz), out=tmp_path / "run", changes=wild)
    run = RunFolder(tmp_path / "run")
    assert not run.complete
    text = run.metrics_path.read_text() if run.metrics_path.exists() else ""
    assert "NaN" not in text
    assert "Infinity" not in text


def test_exports_hold_the_same_weights(result: TrainResult, tmp_path: Path) -> None:
    run = RunFolder(result.run)
    export_pth(run, tmp_path / "m.pth")
    export_safetensors(run, tmp_path / "m.safetensors")
    plain = torch.load(tmp_path / "m.pth", weights_only=True)
    other = load_file(tmp_path / "m.safetensors")
    assert plain.keys() == other.keys()
    assert all(torch.equal(plain[name], other[name]) for name in plain)


def test_exported_weights_are_measured_as_their_run(
    result: TrainResult, few_npz: Path, tmp_path: Path
) -> None:
    run = RunFolder(result.run)
    export_pth(run, tmp_path / "m.pth")
    export_safetensors(run, tmp_path / "m.safetensors")
    for name in ("m.pth", "m.safetensors"):
        measured = evaluate(tmp_path / name, data=str(few_npz))
        assert (measured.accuracy, measured.n) == (result.test.accuracy, result.test.n)
    torch.save(torch.load(tmp_path / "m.pth", weights_only=True), tmp_path / "plain.pth")
    with pytest.raises(ModelError, match="was not written by inkling export"):
        evaluate(tmp_path / "plain.pth", data=str(few_npz))


def test_classes_of_the_users_own(few: Digits, tmp_path: Path) -> None:
    two = few.take(np.nonzero(few.labels < 2)[0])
    for number, (image, label) in enumerate(zip(two.images, two.labels, strict=True)):
        folder = tmp_path / "own" / ("ring" if label == 0 else "stick")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{number}.png")
    own = train("mlp-adam", data=str(tmp_path / "own"), out=tmp_path / "run", changes=QUICK)
    assert inkling.load(own.run).classes == ("ring", "stick")
    assert own.test.accuracy > 0.9
    with pytest.raises(DataError, match="classes that the network does not know"):
        evaluate(own.run, data="digits")


def test_training_never_sees_the_test_set(few: Digits, tmp_path: Path) -> None:
    """Scrambled test labels and images change the test figure and not one bit of the weights."""
    hashes, accuracies = [], []
    for name, labels in (("true", few.labels[320:]), ("scrambled", 9 - few.labels[320:])):
        images = few.images[320:] if name == "true" else few.images[320:, ::-1]
        arrays = {"x_train": few.images[:320], "y_train": few.labels[:320]}
        np.savez(tmp_path / "few.npz", **arrays, x_test=images, y_test=labels)
        out = train("mlp-adam", data=str(tmp_path / "few.npz"), out=tmp_path / name, changes=QUICK)
        hashes.append(out.weights_sha256)
        accuracies.append(out.test.accuracy)
    assert hashes[0] == hashes[1]
    assert accuracies[0] != accuracies[1]


@pytest.mark.mnist
def test_the_test_files_are_opened_after_the_last_step(
    mnist_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no test files at all, training runs to its end and only then asks for them."""
    (tmp_path / "mnist").mkdir()
    for path in mnist_folder.glob("train-*"):
        (tmp_path / "mnist" / path.name).symlink_to(path)
    monkeypatch.setenv("INKLING_DATA", str(tmp_path))
    with pytest.raises(DataError, match="t10k"):
        train("mlp-adam", out=tmp_path / "run", changes=["epochs=0.2"])
    run = RunFolder(tmp_path / "run")
    assert run.weights_path.exists()
    assert not run.complete


def test_no_module_of_training_can_name_the_test_set() -> None:
    """`fit` takes Splits; neither it nor anything it imports knows where a test set lies."""
    import subprocess

    code = (
        "import sys, inkling.training.loop, inkling.training.run_folder;"
        "print([m for m in sys.modules if m.startswith('inkling.data.catalog')"
        " or m.startswith('inkling.jobs') or m.startswith('inkling.data.fetch')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_run_folder_that_exists_is_not_changed(result: TrainResult, few_npz: Path) -> None:
    before = (result.run / "card.json").read_bytes()
    with pytest.raises(RunError, match="It is unchanged"):
        train("mlp-adam", data=str(few_npz), out=result.run, changes=QUICK)
    assert (result.run / "card.json").read_bytes() == before


def test_the_data_is_described(few_npz: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    entry = describe(str(few_npz), sheet).as_json()
    with np.load(few_npz) as arrays:
        pixels, labels = arrays["x_train"] / 255, arrays["y_train"]
    assert entry["training"]["mean"] == pytest.approx(pixels.mean())
    assert entry["training"]["std"] == pytest.approx(pixels.std())
    assert list(entry["training"]["counts"].values()) == np.bincount(labels).tolist()
    assert entry["test"]["n"] == 80
    assert sheet.stat().st_size > 10_000


@pytest.mark.mnist
@pytest.mark.usefixtures("mnist_folder")
def test_a_student_recipe_learns_mnist(tmp_path: Path) -> None:
    """Trains for real: two epochs of mlp-adam reach 96.6 % or so; far less is a bug."""
    out = train("mlp-adam", data="mnist", out=tmp_path / "run", changes=["epochs=2"])
    assert out.test.n == 10_000
    assert out.test.accuracy > 0.955


def test_the_embedded_digits_are_learnt(tmp_path: Path) -> None:
    out = train("mlp-adam", data="digits", out=tmp_path / "run", changes=["epochs=20"])
    assert out.test.accuracy > 0.93


def test_a_run_measured_from_its_onnx_file_is_the_same(
    result: TrainResult, few_npz: Path, tmp_path: Path
) -> None:
    path = tmp_path / "run.onnx"
    export_run_onnx(RunFolder(result.run), path)
    measured = evaluate(path, data=str(few_npz))
    assert measured.accuracy == result.test.accuracy
    assert measured.n == result.test.n
    reading = inkling.read(few_scan(), model=path)
    assert reading.verdict in get_args(Verdict)


def test_a_run_and_its_onnx_file_agree_in_every_figure(
    result: TrainResult, few: Digits, few_npz: Path, tmp_path: Path
) -> None:
    """The card's temperature counts in both."""
    run = RunFolder(shutil.copytree(result.run, tmp_path / "calibrated"))
    run.write_card(run.read_card() | {"temperature": 1.7})
    export_run_onnx(run, tmp_path / "run.onnx")
    of_run, of_file = (
        evaluate(run.path, data=str(few_npz)),
        evaluate(tmp_path / "run.onnx", data=str(few_npz)),
    )
    assert of_file.loss == pytest.approx(of_run.loss, abs=1e-5)
    assert of_file.ece == pytest.approx(of_run.ece, abs=1e-5)
    assert of_run.loss != pytest.approx(result.test.loss, abs=1e-3)
    probabilities = inkling.load(run.path).predict_proba(few.images[:50])
    found = load_any(tmp_path / "run.onnx").predict_proba(few.images[:50])
    np.testing.assert_allclose(found, probabilities, atol=1e-5)
    uncalibrated = inkling.load(result.run).predict_proba(few.images[:50])
    assert (probabilities.max(axis=1) < uncalibrated.max(axis=1)).all()  # 1.7 is less sure


def few_scan() -> np.ndarray:
    from inkling.data.embedded import embedded_digits

    return embedded_digits().images[7]


def test_temperature_and_doubt_come_from_validation(scans: Digits) -> None:
    """Logits that are twice too sure get about temperature 2."""
    rng = np.random.default_rng(0)
    true = rng.normal(0, 2, (len(scans), 10))
    labels = np.array([rng.choice(10, p=p) for p in softmax(true)])

    class TooSure:
        classes = scans.classes
        card: dict = {}  # noqa: RUF012

        def predict_logits(self, images: np.ndarray) -> np.ndarray:
            return 2 * true[: len(images)]

    found = calibrate(TooSure(), Digits(scans.images.copy(), labels))
    assert found["temperature"] == pytest.approx(2, rel=0.1)
    assert found["thresholds"]["unsure"] >= 1 / 3
    assert calibrate(TooSure(), scans.take(np.arange(20)))["temperature"] == 1.0


@pytest.mark.parametrize(
    ("classes", "shown", "told"),
    [
        ((*"012345678", "none"), range(10), True),
        ((*"012345678", "none"), range(9), False),  # no image of none
        ((*"012345678", "none"), range(9, 10), False),  # none but that
        (("none", *"123456789"), range(10), False),  # a class like any other, by its place
    ],
)
def test_where_none_begins_is_learnt_from_images_of_both_kinds(
    classes: tuple[str, ...], shown: range, told: bool, scans: Digits
) -> None:
    class Known:
        card: dict = {}  # noqa: RUF012

        def __init__(self) -> None:
            self.classes = classes

        def predict_logits(self, images: np.ndarray) -> np.ndarray:
            return np.random.default_rng(0).normal(size=(len(images), 10)).astype(np.float32)

    labels = np.array([shown[place % len(shown)] for place in range(600)])
    found = calibrate(Known(), Digits(scans.images[:600].copy(), labels, classes))
    assert ("not_a_digit" in found["thresholds"]) == told
    assert 1 / 3 <= found["thresholds"]["unsure"] <= 0.9


def test_a_test_label_that_was_never_learnt_is_a_sentence(few: Digits, tmp_path: Path) -> None:
    for prefix, labels in (("train", few.labels), ("t10k", few.labels + 2)):
        images, answers = write_idx(few.images), write_idx(labels.astype(np.uint8))
        (tmp_path / f"{prefix}-images-idx3-ubyte").write_bytes(images)
        (tmp_path / f"{prefix}-labels-idx1-ubyte").write_bytes(answers)
    with pytest.raises(DataError, match="row 9: the label '10' is not one of 0, 1"):
        train("mlp-adam", data=str(tmp_path), out=tmp_path / "run", changes=QUICK)
