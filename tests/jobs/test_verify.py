"""Every altered byte of a run or a model is found, by `verify` and where it is loaded."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from inkling.errors import InklingError, ModelError, RunError
from inkling.evaluation.classifier import load_classifier
from inkling.exporters.onnx import export_run_onnx
from inkling.jobs.report import make_report
from inkling.jobs.train import train
from inkling.jobs.verify import verify
from inkling.reading import model_hash
from inkling.reading.model_hash import check_bundled, with_hash
from inkling.reading.pipeline import Reader
from inkling.reading.recognise.network import BUNDLED, load_network
from inkling.training.manifest import MANIFEST_NAME
from inkling.training.run_folder import RunFolder
from tests.commands import inkling


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("verify") / "run"
    changes = ["training.epochs=1", "training.batch_size=256"]
    train("mlp-adam", data="digits", out=out, changes=changes, figures=False)
    return out


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "run"))


def flip(path: Path, at: float = 0.5) -> None:
    """Changes one bit, at this fraction of the file."""
    content = bytearray(path.read_bytes())
    content[int(at * (len(content) - 1))] ^= 1
    path.write_bytes(content)


def failed(target: Path) -> dict[str, str]:
    return {check.file: check.state for check in verify(target).files if check.failed}


def test_a_new_run_is_whole(run: Path) -> None:
    result = verify(run)
    assert result.ok
    names = {check.file for check in result.files}
    assert {"recipe.toml", "metrics.jsonl", "model.safetensors", "card.json"} <= names
    assert names == {p.relative_to(run).as_posix() for p in run.rglob("*") if p.is_file()} - {
        MANIFEST_NAME
    }
    assert len(result.bundled) >= 4
    command = ["sha256sum", "--check", "--quiet", MANIFEST_NAME]
    assert subprocess.run(command, cwd=run, check=False).returncode == 0


def test_a_flipped_bit_in_any_file_is_found(run: Path) -> None:
    for path in sorted(path for path in run.rglob("*") if path.is_file()):
        whole = path.read_bytes()
        for at in (0.0, 0.37, 1.0):
            flip(path, at)
            assert not verify(run).ok, f"{path} at {at}"
            path.write_bytes(whole)
    assert verify(run).ok


@pytest.mark.parametrize("name", ["recipe.toml", "card.json", "model.safetensors"])
def test_an_altered_run_is_not_loaded(run: Path, name: str) -> None:
    load_classifier(run)
    flip(run / name, 0.9)
    with pytest.raises(InklingError, match=name.replace(".", r"\.")):
        load_classifier(run)


def test_altered_weights_of_an_older_run_are_not_loaded(run: Path) -> None:
    (run / MANIFEST_NAME).unlink()
    load_classifier(run)
    flip(run / "model.safetensors", 0.9)
    with pytest.raises(RunError, match="altered"):
        load_classifier(run)
    assert failed(run) == {"model.safetensors": "altered"}


def test_missing_and_added_files_are_named(run: Path) -> None:
    (run / "metrics.jsonl").unlink()
    (run / "notes.txt").write_text("mine")
    assert failed(run) == {"metrics.jsonl": "missing", "notes.txt": "not listed"}


def test_a_new_report_is_listed_and_an_altered_file_stays_altered(run: Path) -> None:
    make_report(run)
    flip(run / "report.html")
    assert failed(run) == {"report.html": "altered"}
    make_report(run)
    assert verify(run).ok
    flip(run / "metrics.jsonl", 0.3)
    try:
        make_report(run)
    except InklingError:
        return
    assert failed(run) == {"metrics.jsonl": "altered"}


def test_an_exported_model_has_its_hash(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    export_run_onnx(RunFolder(run), path)
    assert verify(path).files[0].state == "ok"
    whole = path.read_bytes()
    assert with_hash(whole) == whole
    for at in (0.1, 0.5, 0.9):
        flip(path, at)
        with pytest.raises(ModelError, match="altered"):
            load_network(path)
        assert failed(path) == {str(path): "altered"}
        path.write_bytes(whole)


def test_the_hash_changes_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(with_hash(BUNDLED.read_bytes()))
    pixels = np.random.default_rng(0).integers(0, 256, (8, 28, 28), np.uint8)
    expected = load_network().probabilities(pixels)
    assert np.array_equal(load_network(path).probabilities(pixels), expected)


def test_a_damaged_bundled_model_is_found_when_the_reader_is_created(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = load_network()
    weights = Path(shutil.copytree(BUNDLED.parent, tmp_path / "weights"))
    monkeypatch.setattr(model_hash, "WEIGHTS", weights)
    for path in sorted(weights.glob("*.onnx")):
        check_bundled.cache_clear()
        Reader(network)
        whole = path.read_bytes()
        flip(path)
        check_bundled.cache_clear()
        with pytest.raises(ModelError, match=path.name):
            Reader(network)
        path.write_bytes(whole[:-8])  # cut off: the hash is no longer at the end
        check_bundled.cache_clear()
        with pytest.raises(ModelError, match=path.name):
            Reader(network)
        path.write_bytes(whole)
    check_bundled.cache_clear()


def test_the_command_says_so_and_ends_with_1(run: Path) -> None:
    good = inkling("verify", run, "--json")
    assert json.loads(good.stdout)["ok"] is True
    flip(run / "metrics.jsonl")
    bad = inkling("verify", run, "--json", code=1)
    states = {entry["file"]: entry["state"] for entry in json.loads(bad.stdout)["files"]}
    assert states["metrics.jsonl"] == "altered"
    lines = inkling("verify", run, code=1)
    assert "altered  metrics.jsonl" in lines.stdout


@pytest.mark.parametrize("target", ["absent", "."])
def test_what_is_neither_run_nor_model_is_one_sentence(tmp_path: Path, target: str) -> None:
    with pytest.raises(RunError):
        verify(tmp_path / target)
