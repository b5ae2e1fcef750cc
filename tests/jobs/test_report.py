import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from inkling.errors import RunError
from inkling.evaluation.report.comparison import differences, mcnemar
from inkling.evaluation.report.contents import read_run, read_runs
from inkling.jobs.report import compare_runs, make_report
from inkling.jobs.train import train
from inkling.training.run_folder import RunFolder


@pytest.fixture(scope="module")
def two(few_npz_module: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two runs on the same images: one that has learnt, one that hardly has."""
    folder = tmp_path_factory.mktemp("two")
    for name, epochs in (("well", 6), ("hardly", 1)):
        changes = ["widths=[24]", f"epochs={epochs}", "batch_size=32"]
        train("mlp-adam", data=str(few_npz_module), out=folder / name, changes=changes)
    return folder / "well", folder / "hardly"


@pytest.fixture(scope="module")
def few_npz_module(few, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "few.npz"
    np.savez(
        path,
        x_train=few.images[:300],
        y_train=few.labels[:300],
        x_test=few.images[300:],
        y_test=few.labels[300:],
    )
    return path


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_test_is_scipys(one: int, other: int) -> None:
    wanted = binomtest(one, one + other).pvalue if one + other else 1.0
    assert mcnemar(one, other) == pytest.approx(wanted, rel=1e-9)


def test_runs_are_distinguished_by_the_images_only_one_gets_right(two: tuple[Path, Path]) -> None:
    runs = [read_run(RunFolder(path)) for path in two]
    (found,) = differences(runs)
    assert (found.better, found.other) == ("well", "hardly")
    saved = [run.test_predictions for run in runs if run.test_predictions]
    right = [each.answers == each.labels for each in saved]
    assert found.only_better - found.only_other == right[0].sum() - right[1].sum()
    assert found.p < 0.05
    assert "a significant difference" in found.sentence
    assert differences(runs[:1]) == []
    (same,) = differences([runs[0], read_run(RunFolder(two[0]))])
    assert "equally often" in same.sentence


def test_a_comparison_shows_what_was_set_otherwise(two: tuple[Path, Path], tmp_path: Path) -> None:
    page, missing = compare_runs(two, tmp_path / "comparison.html")
    text = page.read_text()
    assert missing == ()
    assert '<th scope="row">training.epochs</th><td class="left">6.0</td>' in text
    assert "training.batch_size" not in text
    assert "alone is right on" in text
    before = page.read_bytes()
    compare_runs(two, page)  # its own page may be made anew
    assert page.read_bytes() == before


def test_runs_of_one_name_are_distinguished(two: tuple[Path, Path], tmp_path: Path) -> None:
    for place in ("r-a/seed-0", "r-b/seed-0", "r-b/seed-1"):
        shutil.copytree(two[0], tmp_path / place)
    paths = [tmp_path / place for place in ("r-a/seed-0", "r-b/seed-0", "r-b/seed-1")]
    page, _ = compare_runs(paths, tmp_path / "comparison.html")
    names = [run.name for run in read_runs([RunFolder(path) for path in paths])]
    assert names == ["r-a/seed-0", "r-b/seed-0", "seed-1"]
    assert all(name in page.read_text() for name in names)
    same = read_runs([RunFolder(two[0]), RunFolder(two[0])])
    assert [run.name for run in same] == ["well", "well"]


def test_a_page_of_another_program_is_not_changed(two: tuple[Path, Path], tmp_path: Path) -> None:
    page = tmp_path / "thesis.html"
    page.write_text("<html>mine</html>")
    with pytest.raises(RunError, match="was not made by inkling"):
        compare_runs(two, page)
    assert page.read_text() == "<html>mine</html>"


def test_a_run_that_has_not_ended_is_compared_by_its_curves(
    two: tuple[Path, Path], tmp_path: Path
) -> None:
    stopped = Path(shutil.copytree(two[1], tmp_path / "stopped"))
    (stopped / "card.json").unlink()
    page, missing = compare_runs([two[0], stopped], tmp_path / "comparison.html")
    assert missing[0].startswith("stopped: This run is not finished")
    assert "No two of these runs" in page.read_text()
    make_report(stopped)
