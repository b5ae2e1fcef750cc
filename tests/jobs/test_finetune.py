"""The whole of `inkling finetune`: on real scans of another writer, and what it refuses."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling.errors import DataError, ModelError, RunError
from inkling.jobs.finetune import Comparison, finetune
from inkling.reading.pipeline import Reader
from inkling.reading.recognise.network import load_network
from inkling.training.finetune import FinetuneSettings
from inkling.types import Digits
from tests.commands import inkling
from tests.reading.test_reader import tiny_model

SHORT = FinetuneSettings(steps=40, own_batch=32, replay_batch=96)
pytestmark = pytest.mark.usefixtures("without_mnist")  # the embedded scans are enough, and quick


def write_folder(folder: Path, digits: Digits, shift: int = 0) -> Path:
    """One subfolder per class; with `shift` every label is wrong by that much."""
    for number, (image, label) in enumerate(zip(digits.images, digits.labels, strict=True)):
        place = folder / str((label + shift) % 10)
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - image).save(place / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def turned(scans: Digits) -> Digits:
    """A writer whose digits lean so far that many are misread."""
    picked = np.concatenate([np.flatnonzero(scans.labels == k)[:8] for k in range(10)])
    images = [
        np.asarray(Image.fromarray(image).rotate(35, Image.Resampling.BICUBIC))
        for image in scans.images[picked]
    ]
    return Digits(np.stack(images), scans.labels[picked])


def test_a_writer_is_learnt_and_the_model_reads(turned: Digits, tmp_path: Path) -> None:
    out = tmp_path / "my.onnx"
    data = write_folder(tmp_path / "own", turned)
    notes: list[str] = []
    result = finetune(data=str(data), out=out, settings=SHORT, notify=notes.append)
    own, synthetic = result.comparisons["corrections"], result.comparisons["synthetic"]
    assert own.n == 16
    assert own.after >= own.before
    assert synthetic.n == 2_000
    assert synthetic.after > synthetic.before - 0.0051  # the limit itself is allowed
    card = load_network(out).card
    assert card.temperature == result.temperature
    assert card.finetuned
    assert not load_network().card.finetuned
    assert set(card.thresholds) == {"unsure", "not_a_digit"}
    rights = [
        np.mean([r.text == str(k) for r, k in zip(each.read(turned.images), turned.labels)])  # type: ignore[union-attr]  # noqa: B905
        for each in (Reader.load(), Reader.load(out))
    ]
    assert rights[1] > rights[0]
    assert json.loads(json.dumps(result.as_json()))["comparisons"]["corrections"]["n"] == 16
    with pytest.raises(RunError, match="It is unchanged"):
        finetune(data=str(data), out=out)


def test_wrong_labels_are_refused_and_nothing_is_left(scans: Digits, tmp_path: Path) -> None:
    data = write_folder(tmp_path / "own", scans.take(np.arange(60)))
    held = write_folder(tmp_path / "both" / "test", scans.take(np.arange(60, 100)))
    write_folder(tmp_path / "both" / "train", scans.take(np.arange(60)), shift=1)
    del data
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ModelError, match=r"worse, so .*my\.onnx was not written.*corrections"):
        finetune(
            data=str(held.parent),
            out=tmp_path / "my.onnx",
            settings=FinetuneSettings(
                steps=20, own_batch=32, replay_batch=32, keep=0.0, learning_rate=3e-3
            ),
        )
    assert sorted(tmp_path.iterdir()) == before


def test_few_and_foreign_images_are_refused(scans: Digits, tmp_path: Path) -> None:
    few = write_folder(tmp_path / "few", scans.take(np.arange(6)))
    with pytest.raises(DataError, match=r"few has 6 labelled images.*at least 10"):
        finetune(data=str(few), out=tmp_path / "a.onnx")
    letters = write_folder(tmp_path / "letters", scans.take(np.arange(40)))
    (letters / "7").rename(letters / "x")
    with pytest.raises(DataError, match="'x' is not a class of the model"):
        finetune(data=str(letters), out=tmp_path / "b.onnx")
    with pytest.raises(DataError, match="finetune needs"):
        finetune(out=tmp_path / "c.onnx")
    assert not list(tmp_path.glob("*.onnx"))


def test_a_model_of_letters_is_adapted(scans: Digits, tmp_path: Path) -> None:
    names = list("abcdefghij")
    model = tiny_model(tmp_path / "letters.onnx", names)
    own = write_folder(tmp_path / "own", scans.take(np.arange(200)))
    for number, name in enumerate(names):
        (own / str(number)).rename(own / name)
    notes: list[str] = []
    out = tmp_path / "my.onnx"
    settings = FinetuneSettings(steps=120, learning_rate=5e-3)
    result = finetune(data=str(own), model=model, out=out, settings=settings, notify=notes.append)
    assert set(result.comparisons) == {"corrections"}
    assert result.comparisons["corrections"].after > 0.6
    assert any("not digits" in note for note in notes)
    assert load_network(out).card.classes == tuple(names)


def test_a_small_fall_is_none() -> None:
    def fallen(lost: int, gained: int, n: int = 10_000) -> Comparison:
        return Comparison(0.9, 0.9 - (lost - gained) / n, n, lost, gained)

    assert not fallen(5, 9).is_worse(0.0)
    assert fallen(1, 0).is_worse(0.0)
    assert not fallen(30, 20).is_worse(0.001)
    assert fallen(31, 20).is_worse(0.001)  # more than 0.1 point


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    inkling("finetune", code=2, cwd=tmp_path)
    (tmp_path / "corrections.jsonl").write_text('{"file": "crops/1.png", "correct": "7"}\n')
    done = inkling("finetune", "--corrections", ".", code=1, cwd=tmp_path)
    assert "line 1: the image crops/1.png is missing" in done.stderr
    assert not (tmp_path / "my.onnx").exists()
