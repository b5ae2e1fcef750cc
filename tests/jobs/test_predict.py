"""Predictions for data without labels, from every form to the file that is written."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling.errors import DataError, ModelError, RunError
from inkling.jobs.evaluate import load_any
from inkling.jobs.predict import predict
from inkling.jobs.train import train
from inkling.types import Digits
from tests.data.forms import save_csv, table


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("predict") / "run"
    changes = ["training.epochs=2", "training.validation=200"]
    return train("mlp-adam", data="digits", out=folder, changes=changes, figures=False).run


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_kaggle_gets_what_it_accepts(run: Path, few: Digits, tmp_path: Path) -> None:
    header = [f"pixel{n}" for n in range(784)]
    save_csv(tmp_path / "test.csv", few.images.reshape(-1, 784), header)
    out = tmp_path / "submission.csv"
    result = predict(run, str(tmp_path / "test.csv"), out, kaggle=True)
    lines = out.read_text().splitlines()
    assert lines[0] == "ImageId,Label"
    assert [line.split(",")[0] for line in lines[1:]] == [str(n) for n in range(1, 401)]
    expected = load_any(run).predict_logits(few.images).argmax(axis=1)
    assert [int(line.split(",")[1]) for line in lines[1:]] == expected.tolist()
    assert (expected == few.labels).mean() > 0.8
    assert result.n == sum(result.counts.values()) == 400


def test_every_form_gets_the_same_answers(run: Path, few: Digits, tmp_path: Path) -> None:
    few = few.take(np.arange(60))
    np.save(tmp_path / "few.npy", few.images)
    np.savez(tmp_path / "few.npz", images=few.images)
    save_csv(tmp_path / "bare.csv", few.images.reshape(-1, 784))
    save_csv(tmp_path / "labelled.csv", table(few))
    (tmp_path / "images").mkdir()
    for number, image in enumerate(few.images):
        Image.fromarray(image).save(tmp_path / "images" / f"{number:03d}.png")
    answers = {}
    for name in ("few.npy", "few.npz", "bare.csv", "labelled.csv", "images"):
        out = tmp_path / f"{name}.answers"
        predict(run, str(tmp_path / name), out)
        answers[name] = [(row["label"], row["confidence"]) for row in rows(out)]
    assert all(each == answers["few.npy"] for each in answers.values())
    assert rows(tmp_path / "images.answers")[7]["id"] == "007.png"
    assert [row["id"] for row in rows(tmp_path / "bare.csv.answers")] == [str(n) for n in range(60)]


def test_probabilities_are_calibrated_and_sum_to_one(
    run: Path, few: Digits, tmp_path: Path
) -> None:
    np.save(tmp_path / "few.npy", few.images)
    predict(run, str(tmp_path / "few.npy"), tmp_path / "a.csv", probabilities=True)
    written = rows(tmp_path / "a.csv")
    probs = np.array([[float(row[f"p_{d}"]) for d in range(10)] for row in written])
    assert np.abs(probs.sum(axis=1) - 1).max() < 1e-5
    assert probs.argmax(axis=1).tolist() == [int(row["label"]) for row in written]
    logits = load_any(run).predict_logits(few.images).astype(np.float64)
    scaled = np.exp(logits / load_any(run).card["temperature"])
    assert np.abs(probs - scaled / scaled.sum(axis=1, keepdims=True)).max() < 1e-5


def test_the_part_without_labels_is_predicted(run: Path, few: Digits, tmp_path: Path) -> None:
    header = ["label", *(f"pixel{n}" for n in range(784))]
    save_csv(tmp_path / "train.csv", table(few), header)
    save_csv(tmp_path / "test.csv", few.images[:30].reshape(-1, 784), header[1:])
    save_csv(tmp_path / "sample_submission.csv", [[1, 0], [2, 0]], ["ImageId", "Label"])
    result = predict(run, str(tmp_path), tmp_path / "out.csv")
    assert (result.n, result.part) == (30, "the part without labels")


def test_progress_and_portions(run: Path, few: Digits, tmp_path: Path) -> None:
    many = np.resize(few.images, (4_500, 28, 28)).reshape(-1, 784)
    save_csv(tmp_path / "many.csv", many)
    seen: list[int] = []
    predict(
        run, str(tmp_path / "many.csv"), tmp_path / "a.csv", progress=lambda n, _: seen.append(n)
    )
    assert seen == [2_000, 4_000, 4_500]


def test_nothing_is_left_half_written(run: Path, few: Digits, tmp_path: Path) -> None:
    lines = [",".join(map(str, row)) for row in np.resize(few.images, (2_500, 784)).tolist()]
    lines[2_300] = "1,2,3"
    (tmp_path / "bad.csv").write_text("\n".join(lines) + "\n")
    with pytest.raises(DataError, match="row 2301: 3 columns, not 784"):
        predict(run, str(tmp_path / "bad.csv"), tmp_path / "a.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]


def test_a_file_that_exists_is_not_changed(run: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("mine")
    with pytest.raises(RunError, match="It is unchanged"):
        predict(run, "digits", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "mine"


def test_kaggle_takes_digits_alone(few: Digits, tmp_path: Path) -> None:
    letters = np.array(list("ab"))[few.labels % 2]
    np.savez(tmp_path / "letters.npz", X=few.images, y=letters)
    changes = ["training.epochs=1", "training.validation=0"]
    run = train(
        "mlp-adam", data=str(tmp_path / "letters.npz"), out=tmp_path / "run", changes=changes,
        figures=False,
    ).run  # fmt: skip
    with pytest.raises(ModelError, match="has the class 'a'"):
        predict(run, "digits", tmp_path / "a.csv", kaggle=True)
    predict(run, str(tmp_path / "letters.npz"), tmp_path / "a.csv")
    assert {row["label"] for row in rows(tmp_path / "a.csv")} <= {"a", "b"}
