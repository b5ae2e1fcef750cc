"""The page's text: complete, self-contained, and made with whatever there is."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from inkling.errors import RunError
from inkling.jobs.report import make_report
from inkling.jobs.train import train
from inkling.training.ensemble import as_ensemble
from inkling.training.recipe_text import load_recipe
from inkling.training.run_folder import RunFolder

SECTIONS = [
    "verdict",
    "curves",
    "confusion",
    "classes",
    "mistakes",
    "calibration",
    "first-layer",
    "augmentation",
    "data",
    "recipe",
    "origin",
]


class Page(HTMLParser):
    """What a test asks of a page."""

    VOID = frozenset(("meta", "link", "img", "input", "br"))

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.images = 0
        self.words: list[str] = []
        self.source = path.read_text("utf-8")
        self.feed(self.source)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(given["id"] or "")
        self.addresses += [given[key] or "" for key in ("src", "href") if key in given]
        if tag == "img":
            self.images += 1
            assert given.get("alt"), "an image without words"
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def report(run: Path) -> tuple[Page, tuple[str, ...]]:
    path, missing = make_report(run)
    page = Page(path)
    assert [each for each in SECTIONS if each not in page.ids] == []
    return page, missing


def test_training_writes_the_report_and_a_copied_folder_makes_the_same(run: Path) -> None:
    first = (run / "report.html").read_text()
    (run / "report.html").unlink()
    page, missing = report(run)
    assert missing == ()
    assert page.source.replace("copied", "run") == first.replace("copied", "run")


def test_nothing_is_asked_of_the_network(run: Path) -> None:
    page, _ = report(run)
    assert len(set(page.ids)) == len(page.ids)
    for address in page.addresses:
        assert address.startswith(("data:", "#")), address[:60]
        assert not address.startswith("#") or address[1:] in page.ids
    style = page.source.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    assert "default-src 'none'" in page.source
    assert (run / "report.html").stat().st_size < 3e6


def test_the_figures_are_those_of_the_run(run: Path) -> None:
    page, _ = report(run)
    card = json.loads((run / "card.json").read_text())
    measures = json.loads((run / "evaluation.json").read_text())
    assert f"{card['test']['accuracy']:.2%} right" in page.text
    assert f"of {card['test']['n']} test images" in page.text
    assert card["weights_sha256"] in page.text
    assert f"The run keeps the weights of epoch {card['best_epoch']}" in page.text
    cells = re.findall(r"<b>([\d,]+)</b><i>", page.source)
    assert sorted(map(int, cells)) == sorted(
        count for row in measures["confusion"] for count in row if count
    )
    wrong = round((1 - card["test"]["accuracy"]) * card["test"]["n"])
    assert page.source.count('<figure class="card">') == wrong


def test_the_gallery_is_sorted_by_confidence(run: Path) -> None:
    page, _ = report(run)
    shown = re.findall(r'<span class="quiet">([\d.]+)% · #(\d+)</span>', page.source)
    confidences = [float(confidence) for confidence, _ in shown]
    assert len(confidences) > 3
    assert confidences == sorted(confidences, reverse=True)


def test_the_recipe_can_be_repeated_from_what_the_page_says(run: Path) -> None:
    page, _ = report(run)
    assert "inkling train copied/recipe.toml" in page.text  # it was changed, so not by name
    assert "rotation degrees 10" in page.text
    images = Page(run / "report.html").images
    assert images > 6 * 9  # augmented samples are among them


@pytest.mark.parametrize(
    ("name", "sentence", "there"),
    [
        ("metrics.jsonl", "No epoch was finished", "Calibration"),
        ("evaluation.json", "evaluation.json is missing", "Weights of the first layer Each"),
        ("test_predictions.npz", "test_predictions.npz is missing", "most frequent confusion"),
        ("model.safetensors", "cannot read", "most frequent confusion"),
        ("card.json", "is not finished", "Training is measured on each batch"),
    ],
)
def test_what_is_missing_is_said_and_the_rest_is_shown(
    name: str, sentence: str, there: str, run: Path
) -> None:
    (run / name).unlink()
    page, missing = report(run)
    assert any(sentence in each for each in missing)
    assert sentence in page.text
    assert there in page.text


@pytest.mark.parametrize(
    "name",
    ["metrics.jsonl", "evaluation.json", "test_predictions.npz", "model.safetensors", "card.json"],
)
@pytest.mark.parametrize("content", ["", "[]", '{"format": 1}', '{"format": 99}', "\0\1"])
def test_a_damaged_file_never_stops_the_report(name: str, content: str, run: Path) -> None:
    (run / name).write_text(content)
    _, missing = report(run)
    assert missing


def test_a_recipe_of_another_version_is_shown_as_it_was_written(run: Path) -> None:
    path = run / "recipe.toml"
    path.write_text(path.read_text() + '\n[quantum]\nbits = "<many>"\n')
    (run / "SHA256SUMS").unlink()  # as in a run of a version that wrote no hashes
    page, missing = report(run)
    assert "unknown key quantum" in missing[0]
    assert 'bits = "<many>"' in page.text
    card = json.loads((run / "card.json").read_text())
    assert f"{card['test']['accuracy']:.2%} right" in page.text


def test_a_run_that_was_stopped_says_how_to_go_on(run: Path) -> None:
    (run / "card.json").unlink()
    lines = (run / "metrics.jsonl").read_text().splitlines()
    (run / "metrics.jsonl").write_text("\n".join(lines[:2]) + "\n")
    page, missing = report(run)
    assert "2 of 4 epochs are done" in page.text
    assert f"inkling train --resume {run}" in missing[0]
    assert "Not yet measured" in page.text


def test_a_run_without_validation_and_with_a_class_without_example(few, tmp_path: Path) -> None:
    seen = few.labels != 8
    np.savez(
        tmp_path / "few.npz",
        x_train=few.images[:320],
        y_train=few.labels[:320],
        x_test=few.images[320:][seen[320:]],
        y_test=few.labels[320:][seen[320:]],
    )
    changes = ["widths=[16]", "epochs=1", "validation=0"]
    train("mlp-adam", data=str(tmp_path / "few.npz"), out=tmp_path / "run", changes=changes)
    page, _ = report(tmp_path / "run")
    assert "The test set has no image of 8" in page.text
    assert "no test image" in page.text
    assert '<li class="validation">' not in page.source


@pytest.mark.parametrize("members", [1, 2])
def test_the_first_filters_of_a_sprint_are_shown(
    members: int, few_npz: Path, tmp_path: Path
) -> None:
    recipe = load_recipe("cnn-sprint-99", ["channels=[8, 4]", "batch_size=32", "epochs=1"])
    train(as_ensemble(recipe, members), data=str(few_npz), out=tmp_path / "run")
    page, missing = report(tmp_path / "run")
    assert missing == ()
    assert "one filter of the first convolution, 6 × 6 pixels" in page.text
    assert page.source.count('<img class="filter"') == 8


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a run folder"):
        make_report(tmp_path)
    with pytest.raises(RunError, match="does not exist"):
        make_report(tmp_path / "nowhere")
    assert not list(tmp_path.iterdir())


def test_names_are_escaped(made: Path, tmp_path: Path) -> None:
    path = tmp_path / "<img src=x>"
    shutil.copytree(made, path)
    card = RunFolder(path).read_card()
    card["data"] = "<script>alert(1)</script>"
    RunFolder(path).write_card(card)
    page, _ = report(path)
    assert page.source.count("<script>") == 1
    assert "<script>alert(1)</script>" in page.text
