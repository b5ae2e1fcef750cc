"""A checkpoint becomes a run that every other command takes."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from inkling.errors import RunError
from inkling.exporters.onnx import export_run_onnx
from inkling.jobs.adopt import AdoptResult, adopt
from inkling.jobs.evaluate import evaluate
from inkling.jobs.report import make_report
from inkling.training.run_folder import RunFolder, sha256_of
from inkling.types import Digits
from tests.adopt.networks import Mlp, own_answers, train_network


@pytest.fixture(scope="module")
def checkpoint(scans: Digits, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, nn.Module]:
    net = train_network(Mlp(), scans, 0.1307, 0.3081)
    path = tmp_path_factory.mktemp("files") / "My Model.pt"
    torch.save({"epoch": 1, "state_dict": net.state_dict()}, path)
    return path, net


@pytest.fixture(scope="module")
def adopted(
    checkpoint: tuple[Path, nn.Module], tmp_path_factory: pytest.TempPathFactory
) -> AdoptResult:
    out = tmp_path_factory.mktemp("runs") / "mine"
    return adopt(checkpoint[0], out=out, data="digits", normalise="0.1307,0.3081")


def test_the_result_has_the_documented_keys(
    adopted: AdoptResult, checkpoint: tuple[Path, nn.Module]
) -> None:
    entry = json.loads(json.dumps(adopted.as_json()))
    assert set(entry) >= {
        "run", "source", "form", "architecture", "normalisation", "classes", "margin",
        "training_accuracy",
    }  # fmt: skip
    assert entry["architecture"].startswith("linear 784-32, linear 32-10")
    assert entry["form"] == "torch zip"
    card = RunFolder(adopted.run).read_card()
    assert card["adopted"]["sha256"] == sha256_of(checkpoint[0])
    assert card["adopted"]["file"] == "My Model.pt"
    assert RunFolder(adopted.run).read_recipe().name == "adopted-my-model"


def test_evaluate_and_report_work_on_it(
    adopted: AdoptResult, checkpoint: tuple[Path, nn.Module], scans: Digits
) -> None:
    found = evaluate(adopted.run)
    answers = own_answers(checkpoint[1], scans, 0.1307, 0.3081).numpy()
    everything = evaluate(adopted.run, data="digits")
    assert everything.accuracy == found.accuracy
    assert abs(found.accuracy - np.mean(answers == scans.labels)) < 0.03
    page, missing = make_report(adopted.run)
    assert missing == ("No epoch was finished. There are no curves.",)
    assert "Adopted from My Model.pt" in page.read_text("utf-8")


def test_the_exported_model_reads_images(adopted: AdoptResult, tmp_path: Path) -> None:
    from inkling.reading.recognise.network import load_network

    path = tmp_path / "adopted.onnx"
    export_run_onnx(RunFolder(adopted.run), path)
    assert load_network(path).card.classes == adopted.classes
    assert evaluate(path, data="digits").accuracy == evaluate(adopted.run).accuracy


def test_a_taken_folder_is_not_changed(
    adopted: AdoptResult, checkpoint: tuple[Path, nn.Module]
) -> None:
    before = sorted(path.name for path in adopted.run.iterdir())
    with pytest.raises(RunError, match="It is unchanged"):
        adopt(checkpoint[0], out=adopted.run, data="digits")
    assert sorted(path.name for path in adopted.run.iterdir()) == before
