import csv
import json
from pathlib import Path

import numpy as np
import pytest

from inkling.data.catalog import find_source
from inkling.errors import DataError, RecipeError, RunError
from inkling.evaluation.corrections import MNIST_UNCONFIRMED, unconfirmed_labels
from inkling.jobs import cross_validate as module
from inkling.jobs.audit import audit
from inkling.jobs.cross_validate import AuditPlan, audit_recipe
from inkling.jobs.evaluate import evaluate, evaluate_corrected
from inkling.jobs.train import train
from inkling.training.recipe_text import load_recipe
from inkling.types import Digits

WRONG = (3, 50, 101, 222, 333)  # places where a wrong label is put
QUICK = load_recipe("mlp-adam", ["widths=[64]", "epochs=8", "batch_size=32", "validation=0"])


@pytest.fixture
def mislabelled(few: Digits, tmp_path: Path) -> Path:
    labels = few.labels.copy()
    labels[list(WRONG)] = (labels[list(WRONG)] + 5) % 10
    path = tmp_path / "mislabelled.npz"
    np.savez(path, images=few.images, labels=labels)
    return path


def test_labels_that_were_put_wrong_are_named_first(mislabelled: Path, tmp_path: Path) -> None:
    plan = AuditPlan(repeats=2, recipe=QUICK)
    result = audit(str(mislabelled), plan=plan, out=tmp_path / "audit", device="cpu")
    first = [row["index"] for row in result.suspects[:15]]
    assert set(WRONG) <= set(first)
    right = np.load(mislabelled)["labels"]
    for row in result.suspects:
        assert row["label"] == str(right[row["index"]])
        if row["index"] in WRONG[:3]:
            assert row["suggestion"] == str((right[row["index"]] - 5) % 10)
    assert result.as_json()["listed"] is None
    assert result.findings.part == "everything"
    with result.table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["rank"]) for row in rows] == list(range(1, 401))
    assert sorted(int(row["index"]) for row in rows) == list(range(400))
    page = result.page.read_text()
    assert page.count('<figure class="card') == 100
    assert f"#{first[0]}<" in page
    json.dumps(result.as_json())


def test_no_network_learns_from_the_label_it_judges(
    few: Digits, few_npz: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every network's training images are looked at, and every answer it is asked for."""
    learnt: list[set[bytes]] = []
    judged: list[bytes] = []
    train_one = module._train

    def look(digits, *rest):
        learnt.append({image.tobytes() for image in digits.images})
        classifier = train_one(digits, *rest)
        answer = classifier.predict_proba

        def watched(images):
            assert not learnt[-1] & {image.tobytes() for image in images}
            judged.extend(image.tobytes() for image in images)
            return answer(images)

        classifier.predict_proba = watched
        return classifier

    monkeypatch.setattr(module, "_train", look)
    once = QUICK.model_copy(update={"training": QUICK.training.model_copy(update={"epochs": 0.2})})
    plan = AuditPlan(repeats=3, recipe=once)
    result = audit(str(few_npz), plan=plan, out=tmp_path / "audit", device="cpu")
    assert len(learnt) == 6  # two folds do, since the training part is learnt from as well
    test = [image.tobytes() for image in few.images[320:]]
    assert sorted(judged) == sorted(test * 3)
    training = {image.tobytes() for image in few.images[:320]}
    assert all(training <= each for each in learnt)
    assert result.findings.folds == 2


@pytest.mark.parametrize("name", ["audit.html", "suspects.csv"])
def test_files_of_another_program_are_not_changed(name: str, few_npz: Path, tmp_path: Path) -> None:
    """And told of before the training: an audit of one's own may be made anew."""
    once = QUICK.model_copy(update={"training": QUICK.training.model_copy(update={"epochs": 0.2})})
    plan = AuditPlan(repeats=1, recipe=once)
    for _ in range(2):
        result = audit(str(few_npz), plan=plan, out=tmp_path / "audit", device="cpu")
    assert len(result.table.read_text().splitlines()) == 81
    (tmp_path / "audit" / name).write_text("my own\nlist\n")
    with pytest.raises(RunError, match=f"{name} was not made by inkling"):
        audit(str(few_npz), plan=plan, out=tmp_path / "audit", device="cpu")
    assert (tmp_path / "audit" / name).read_text() == "my own\nlist\n"
    with pytest.raises(RunError, match="is a file, not a folder"):
        audit(str(few_npz), plan=plan, out=tmp_path / "audit" / name, device="cpu")


def test_a_seed_that_no_network_may_have_is_known_at_once(few_npz: Path, tmp_path: Path) -> None:
    for seed in (10**14, 2**31 - 3):  # the last of six would be beyond
        with pytest.raises(RecipeError, match="must be within"):
            audit(str(few_npz), plan=AuditPlan(seed=seed, recipe=QUICK), out=tmp_path / "audit")


def test_an_audit_is_repeatable(few_npz: Path, tmp_path: Path) -> None:
    pages = []
    for name in ("one", "two"):
        plan = AuditPlan(repeats=1, seed=4, recipe=QUICK)
        pages.append(audit(str(few_npz), plan=plan, out=tmp_path / name, device="cpu").table)
    assert pages[0].read_bytes() == pages[1].read_bytes()


def test_what_cannot_be_audited(few: Digits, tmp_path: Path) -> None:
    path = tmp_path / "lonely.npz"
    alone = np.nonzero(few.labels == 7)[0][:1]
    kept = np.concatenate([np.nonzero(few.labels != 7)[0], alone])
    np.savez(path, images=few.images[kept], labels=few.labels[kept])
    with pytest.raises(DataError, match="a single image of 7"):
        audit(str(path), out=tmp_path / "audit", device="cpu")
    np.savez(path, images=few.images[[0, 0, 1, 1]], labels=few.labels[[0, 0, 1, 1]])
    with pytest.raises(DataError, match="too few for 5 folds"):
        audit(str(path), out=tmp_path / "audit", device="cpu")
    assert not (tmp_path / "audit").exists()


@pytest.mark.mnist
@pytest.mark.usefixtures("mnist_folder")
def test_accuracy_beside_the_official_figure(few_npz: Path, tmp_path: Path) -> None:
    changes = ["widths=[16]", "epochs=1"]
    run = train("mlp-adam", data=str(few_npz), out=tmp_path / "run", changes=changes).run
    official, corrected = evaluate_corrected(run, data="mnist", device="cpu")
    assert official.accuracy == evaluate(run, data="mnist", device="cpu").accuracy
    assert (official.n, corrected.n) == (10_000, 9_985)
    assert corrected.left_out == MNIST_UNCONFIRMED
    difference = official.accuracy * 10_000 - corrected.accuracy * 9_985
    assert 0 <= round(difference) <= 15
    assert difference == pytest.approx(round(difference), abs=1e-6)
    with pytest.raises(DataError, match="only for MNIST's test set"):
        evaluate_corrected(run, data=str(few_npz), device="cpu")


@pytest.mark.mnist
@pytest.mark.usefixtures("mnist_folder")
def test_the_published_list_belongs_to_this_very_file() -> None:
    test = find_source("mnist").load_test()
    assert unconfirmed_labels(test) == MNIST_UNCONFIRMED
    assert unconfirmed_labels(test.take(np.arange(9_999))) == ()


@pytest.mark.slow
@pytest.mark.mnist
@pytest.mark.timeout(3600)
@pytest.mark.usefixtures("mnist_folder")
def test_most_of_the_published_list_is_found_on_mnist(tmp_path: Path) -> None:
    assert audit_recipe().model.kind == "cnn"
    result = audit("mnist", out=tmp_path / "audit")
    assert result.as_json()["listed"]["first_100"] >= 12
