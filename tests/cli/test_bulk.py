"""`inkling read --out`: what is printed, and with which exit code."""

import json
from pathlib import Path

import pytest
import typer
from openpyxl import load_workbook
from PIL import Image
from typer.testing import CliRunner, Result

from inkling.cli.bulk import describe
from inkling.cli.read import read
from inkling.reading.pipeline import Reader
from inkling.scale.bulk import Progress
from inkling.types import Digits, Reading
from tests.scale.conftest import as_png

app = typer.Typer()
app.command()(read)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path, scans: Digits) -> Path:
    root = tmp_path / "in"
    root.mkdir()
    for number in range(3):
        (root / f"{number}.png").write_bytes(as_png(scans.images[number]))
    return root


def test_a_summary_for_people_and_for_programs(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.csv"
    result = run(folder, "--out", out)
    assert result.exit_code == 0
    assert f"{out}: 3 images (" in result.stdout
    printed = json.loads(run(folder, "--out", out, "--json").stdout)
    assert {key: printed[key] for key in ("out", "images", "failed", "resumed")} == {
        "out": str(out),
        "images": 3,
        "failed": 0,
        "resumed": 3,
    }


def test_failed_images_are_counted_and_end_the_command_only_if_all_fail(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "9.png").write_bytes(b"no image")
    result = run(folder, "--out", tmp_path / "o.jsonl")
    assert result.exit_code == 0
    assert "4 images, 1 of them could not be read" in result.stdout
    result = run(folder / "9.png", "--out", tmp_path / "p.jsonl")
    assert result.exit_code == 1
    assert "no image could be read" in result.output


def test_options_that_do_not_go_together(folder: Path, tmp_path: Path) -> None:
    assert run(folder, "--workers", 2).exit_code == 2
    assert run(folder, "--column", "image").exit_code == 2
    assert run(folder, "--out", tmp_path / "o.csv", "--explain", "x.png").exit_code == 2
    assert run(folder, "--out", tmp_path / "o.csv", "--workers", 0).exit_code == 2


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (
            Progress(1_500, 2, 812.4, 0.25, 4_000),
            "1,500 images, 2 failed, 25%, 812 images/s, 1 h 06 min left",
        ),
        (Progress(10, 0, 3.2, None, None), "10 images, 0 failed, 3 images/s"),
        (Progress(10, 0, 3.2, 0.5, 75.2), "10 images, 0 failed, 50%, 3 images/s, 1 min 15 s left"),
    ],
)
def test_the_progress_line(progress: Progress, line: str) -> None:
    assert describe(progress) == line


def test_a_spreadsheet_of_every_page(tmp_path: Path, scans: Digits) -> None:
    images = [Image.fromarray(image) for image in scans.images[:3]]
    images[0].save(tmp_path / "scan.tif", save_all=True, append_images=images[1:])
    out = tmp_path / "o.xlsx"
    assert run(tmp_path / "scan.tif", "--pages", "--out", out).exit_code == 0
    rows = list(load_workbook(out)["answers"].iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows] == [f"{tmp_path / 'scan.tif'} page {n}" for n in (1, 2, 3)]
    single = [one.text for one in Reader.load().read(scans.images[:3]) if isinstance(one, Reading)]
    assert [row[2] or "" for row in rows] == single
    again = run(tmp_path / "scan.tif", "--pages", "--out", out, "--json")
    assert json.loads(again.stdout)["resumed"] == 3


def test_skipped_formats_are_named_once(folder: Path, tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf", "c.svg"):
        (folder / name).write_bytes(b"x")
    result = run(folder, "--out", tmp_path / "o.csv")
    assert result.exit_code == 0
    assert len(result.stderr.splitlines()) == 2
    assert f"skipped 2 PDF files in {folder}: save their pages as PNG" in result.stderr


@pytest.mark.parametrize("option", ["--explain", "--save-crops"])
def test_what_does_not_go_with_a_file_of_answers(folder: Path, tmp_path: Path, option: str) -> None:
    result = run(folder, "--out", tmp_path / "o.csv", option, tmp_path / "x.png")
    assert result.exit_code == 2
    assert not (tmp_path / "o.csv").exists()
