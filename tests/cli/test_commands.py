"""The commands as a person or a script meets them: real processes, exit codes, JSON."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from tests.commands import inkling

QUICK = ["--set", "widths=[16]", "--set", "epochs=2", "--device", "cpu"]


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run made by the command line, with its JSON beside it."""
    folder = tmp_path_factory.mktemp("cli")
    done = inkling("train", "mlp-adam", "--data", "digits", *QUICK, "--json", cwd=folder)
    (folder / "train.json").write_text(done.stdout)
    (folder / "train.log").write_text(done.stderr)
    return folder / "runs" / "mlp-adam"


def test_train_prints_one_json_object_and_lines_elsewhere(run_folder: Path) -> None:
    folder = run_folder.parent.parent
    result = json.loads((folder / "train.json").read_text())
    assert result["run"] == "runs/mlp-adam"
    assert result["data"] == "digits"
    assert (run_folder / "card.json").exists()
    assert len((folder / "train.log").read_text().splitlines()) == 3  # head, two epochs


def test_evaluate_gives_the_documented_keys(run_folder: Path) -> None:
    result = json.loads(inkling("evaluate", run_folder, "--data", "digits", "--json").stdout)
    assert result.keys() >= {"accuracy", "loss", "n", "confusion", "per_class", "ece"}
    assert np.sum(result["confusion"]) == result["n"]
    text = inkling("evaluate", run_folder, "--data", "digits").stdout
    assert "95 % interval" in text
    assert "precision" in text


def test_the_last_line_of_a_training_does_what_it_says(run_folder: Path) -> None:
    """The run was trained on the digits, so that is what it is measured on, and no MNIST."""
    folder = run_folder.parent.parent
    trained = json.loads((folder / "train.json").read_text())
    again = json.loads(inkling("evaluate", trained["run"], "--json", cwd=folder).stdout)
    assert (again["n"], again["accuracy"]) == (trained["test"]["n"], trained["test"]["accuracy"])


def test_a_pipe_that_knows_no_bars_gets_question_marks(tmp_path: Path) -> None:
    narrow = os.environ | {"PYTHONIOENCODING": "cp1252"}
    assert "???" in inkling("data", "digits", cwd=tmp_path, env=narrow).stdout
    np.savez(
        tmp_path / "own.npz",
        X=np.zeros((10, 28, 28), np.uint8),
        y=np.arange(10) % 2,
        classes=["零", "один"],
    )
    told = inkling("data", "own.npz", "--json", cwd=tmp_path, env=narrow).stdout
    assert json.loads(told)["classes"] == ["零", "один"]


def test_export_and_not_over_a_file(run_folder: Path, tmp_path: Path) -> None:
    inkling("export", run_folder, "--to", "pth", cwd=tmp_path)
    path = tmp_path / "mlp-adam.pth"
    before = path.read_bytes()
    assert (
        "It is unchanged"
        in inkling("export", run_folder, "--to", "pth", cwd=tmp_path, code=1).stderr
    )
    assert path.read_bytes() == before
    inkling("export", run_folder, "--to", "pickle", code=2)


def test_recipes_can_be_listed_copied_and_trained(tmp_path: Path) -> None:
    listed = json.loads(inkling("recipes", "--json").stdout)
    assert listed["mlp-adam"]["training"]["epochs"] == 5
    copied = inkling("recipes", "mlp-adam").stdout
    (tmp_path / "mine.toml").write_text(copied.replace("epochs = 5", "epochs = 1"))
    out = inkling("train", "mine.toml", "--data", "digits", "--out", "mine", "--json", cwd=tmp_path)
    assert json.loads(out.stdout)["recipe"] == "mlp-adam"
    assert len((tmp_path / "mine" / "metrics.jsonl").read_text().splitlines()) == 1


def test_data_is_described_with_a_sheet(tmp_path: Path) -> None:
    result = json.loads(inkling("data", "digits", "--json", cwd=tmp_path).stdout)
    assert result["training"]["n"] + result["test"]["n"] == 1797
    assert (tmp_path / result["sheet"]).exists()


def test_without_mnist_the_embedded_digits_stand_in_with_a_notice(
    without_mnist: None, tmp_path: Path
) -> None:
    done = inkling("train", *QUICK, "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["data"] == "digits"
    assert "embedded digits" in done.stderr
    insisting = inkling("train", "--data", "mnist", *QUICK, cwd=tmp_path, code=1)
    assert "is not available" in insisting.stderr
    assert not (tmp_path / "runs" / "mlp-adam-2").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["train", "mlp-admn"], 1, "did you mean mlp-adam"),
        (["train", "--set", "epochs=x"], 1, "training.epochs"),
        (["train", "--data", "nowhere"], 1, "no dataset called 'nowhere'"),
        (["train", "--device", "tpu"], 2, "'tpu' is not one of"),
        (["train", "--seed", "-1"], 2, "--seed"),
        (["train", "--data", "digits", "--out", "/dev/null/run"], 1, "cannot write"),
        (["evaluate", "nowhere"], 1, "does not exist"),
        (["evaluate", "--own", "mine", "--data", "mnist"], 2, "--own cannot be combined"),
        (["evaluate", "--own", "mine", "--corrected"], 2, "--own cannot be combined"),
        (["train", "qqqq"], 1, "there is no recipe 'qqqq'. The recipes are "),
        (["frobnicate"], 2, "No such command"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    arguments: list[str], code: int, words: str, tmp_path: Path
) -> None:
    done = inkling(*arguments, cwd=tmp_path, code=code)
    assert words in done.stderr
    assert done.stdout == ""
    assert not list(tmp_path.iterdir())


def test_folders_of_images_with_faults(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "own" / "one").mkdir(parents=True)
    Image.new("L", (28, 28)).save(tmp_path / "own" / "one" / "a.png")
    train = ["train", "--data", tmp_path / "own", "--out", tmp_path / "run"]
    assert "only 'one'" in inkling(*train, code=1).stderr
    (tmp_path / "own" / "two").mkdir()
    (tmp_path / "own" / "two" / "broken.png").write_text("no image")
    assert "broken.png" in inkling(*train, code=1).stderr
    assert not (tmp_path / "run").exists()


def with_small_files(*arguments: str | Path, limit: int = 65536) -> str:
    """The error of a command whose files may grow to `limit` bytes."""
    done = inkling(*arguments, code=1, file_bytes=limit)
    return done.stderr.splitlines()[-1]


@pytest.mark.parametrize("form", ["safetensors", "pth", "onnx"])
def test_an_export_to_a_full_disk_is_one_sentence(
    form: str, run_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / f"m.{form}"
    told = with_small_files("export", run_folder, "--to", form, "--out", out, limit=4096)
    assert told.startswith(f"inkling: cannot write {out}")
    assert not list(tmp_path.iterdir())


def test_a_search_on_a_full_disk_is_one_sentence(few_npz: Path, tmp_path: Path) -> None:
    told = with_small_files(
        "tune", "mlp-deep", "--trials", "2", "--data", few_npz, "--out", tmp_path / "t",
        "--set", "epochs=1", "--set", "widths=[16]",
    )  # fmt: skip
    assert told.startswith("inkling: cannot open the study")


def test_a_full_disk_is_said_and_costs_nothing(tmp_path: Path) -> None:
    """The recipe fits, the checkpoint of the first epoch does not."""
    told = with_small_files("train", "--data", "digits", "--out", tmp_path / "run")
    assert "cannot write" in told
    left = sorted(p.name for p in (tmp_path / "run").rglob("*") if p.is_file())
    assert left == ["metrics.jsonl", "recipe.toml"]
    inkling("train", "--resume", tmp_path / "run")  # once there is room, it goes on


def test_the_report_is_made_again_and_runs_are_compared(run_folder: Path, tmp_path: Path) -> None:
    (run_folder / "report.html").unlink()
    made = json.loads(inkling("report", run_folder, "--json").stdout)
    assert made == {
        "runs": [str(run_folder)],
        "page": str(run_folder / "report.html"),
        "missing": [],
    }
    assert (run_folder / "report.html").exists()
    drawn = json.loads(inkling("report", run_folder, "--png", "--json").stdout)["figures"]
    assert [Path(path).name for path in drawn] == [
        "curves.png", "confusion.png", "mistakes.png", "samples.png",
    ]  # fmt: skip
    assert all(Path(path).stat().st_size > 5_000 for path in drawn)
    inkling("report", run_folder, run_folder, cwd=tmp_path)
    assert "2 runs" in (tmp_path / "comparison.html").read_text()
    assert "does not exist" in inkling("report", "nowhere", cwd=tmp_path, code=1).stderr
    inkling("report", run_folder, "--out", "x.html", code=2)


def test_own_images_are_scored_by_their_names(tmp_path: Path, scans) -> None:
    from PIL import Image

    for index in range(6):
        name = f"own/{scans.labels[index]}_{index}-me.png"
        (tmp_path / "own").mkdir(exist_ok=True)
        Image.fromarray(255 - scans.images[index]).resize((112, 112)).save(tmp_path / name)
    done = inkling("evaluate", "--own", "own", "--json", cwd=tmp_path)
    result = json.loads(done.stdout)
    assert result["n"] == 6
    assert (tmp_path / result["gallery"]).read_text().startswith("<!doctype html>")
    inkling("evaluate", "--own", "own", cwd=tmp_path)  # its own page may be made anew
    (tmp_path / "own.html").write_text("<!doctype html><title>My home page</title>")
    refused = inkling("evaluate", "--own", "own", cwd=tmp_path, code=1)
    assert "own.html was not written by inkling" in refused.stderr
    assert "My home page" in (tmp_path / "own.html").read_text()
    inkling("evaluate", cwd=tmp_path, code=2)
    (tmp_path / "none").mkdir()
    assert "no labelled images" in inkling("evaluate", "--own", tmp_path / "none", code=1).stderr
