"""`inkling read`: lines for people, JSON for programs, exit codes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner, Result

from inkling.cli.answers import describe
from inkling.cli.read import read
from inkling.types import Box, Prediction, Reading
from tests.reading.drawings import drawn_seven, drawn_zero

app = typer.Typer()
app.command()(read)


def run(*arguments: str | Path, given: bytes | None = None) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=given)


@pytest.fixture
def seven(tmp_path: Path) -> Path:
    path = tmp_path / "seven.png"
    Image.fromarray(drawn_seven()).save(path)
    return path


def test_a_person_gets_one_line(seven: Path) -> None:
    result = run(seven)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{seven}: 7")
    assert result.stdout.count("\n") == 1


def test_a_program_gets_the_contract(seven: Path) -> None:
    result = run(seven, "--json")
    (entry,) = json.loads(result.stdout)
    assert (entry["image"], entry["verdict"], entry["text"]) == (str(seven), "digits", "7")
    (digit,) = entry["digits"]
    assert digit["digit"] == 7
    assert 0.5 < digit["confidence"] <= 1
    assert len(digit["box"]) == 4
    assert isinstance(digit["alternatives"], list)


def test_bad_images_do_not_stop_the_others(seven: Path, tmp_path: Path) -> None:
    for name, content in (("empty.png", b""), ("text.png", b"hello"), ("cut.jpg", b"\xff\xd8\xff")):
        (tmp_path / name).write_bytes(content)
    missing = tmp_path / "missing.png"
    given = [tmp_path / "empty.png", seven, tmp_path / "text.png", missing, tmp_path / "cut.jpg"]
    result = run(*given, "--json")
    assert result.exit_code == 1
    entries = json.loads(result.stdout)
    assert [entry["image"] for entry in entries] == [str(path) for path in given]
    assert ["error" in entry for entry in entries] == [True, False, True, True, True]
    assert "Traceback" not in result.output


def test_a_folder_and_standard_input(seven: Path) -> None:
    assert json.loads(run(seven.parent, "--json").stdout)[0]["text"] == "7"
    result = run("-", "--json", given=seven.read_bytes())
    assert [(e["image"], e["text"]) for e in json.loads(result.stdout)] == [("-", "7")]


def test_explain_writes_a_strip(seven: Path, tmp_path: Path) -> None:
    strip = tmp_path / "strip.png"
    assert run(seven, "--explain", strip).exit_code == 0
    with Image.open(strip) as image:
        assert image.width > 500


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "tif"])
def test_explain_replaces_its_own_strip_and_never_a_photo(
    seven: Path, tmp_path: Path, kind: str
) -> None:
    strip = tmp_path / f"strip.{kind}"
    for _ in range(2):
        assert run(seven, "--explain", strip).exit_code == 0
    before = seven.read_bytes()
    refused = run("--explain", seven, seven)  # as `--explain *.png` comes out of a shell
    assert refused.exit_code == 1
    assert "was not made by inkling" in refused.output
    assert seven.read_bytes() == before


def test_a_strip_without_a_format_is_refused_before_anything_is_read(
    seven: Path, tmp_path: Path
) -> None:
    result = run(seven, "--explain", tmp_path / "strip.xyz")
    assert result.exit_code == 1
    assert "Use the suffix .png" in result.output
    assert "sure" not in result.output


def test_answers_are_printed_even_where_the_strip_cannot_be_written(
    seven: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    result = run(seven, "--explain", tmp_path / "file" / "strip.png")
    assert result.exit_code == 1
    assert "7  " in result.output
    assert "cannot write" in result.output
    assert run(seven, "--explain", tmp_path / "new" / "strip.png").exit_code == 0


def test_expect_one(tmp_path: Path) -> None:
    path = tmp_path / "pair.png"
    Image.fromarray(np.hstack([drawn_seven(100, 100), drawn_zero()])).save(path)
    (entry,) = json.loads(run(path, "--json", "--expect-one").stdout)
    assert len(entry["text"]) == 1


def test_further_pages_are_named_or_read(tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    seven, zero = Image.fromarray(drawn_seven(100, 100)), Image.fromarray(drawn_zero())
    seven.save(path, save_all=True, append_images=[zero])
    result = run(path, "--json")
    assert [entry["text"] for entry in json.loads(result.stdout)] == ["7"]
    assert "scan.tif has 2 pages" in result.stderr
    result = run(path, "--pages", "--json")
    found = [(entry["image"], entry["text"]) for entry in json.loads(result.stdout)]
    assert found == [(f"{path} page 1", "7"), (f"{path} page 2", "0")]
    assert result.stderr == ""


def test_a_folder_without_readable_images_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text("<svg/>")
    result = run(tmp_path, "--json")
    assert result.exit_code == 1
    assert "error" in json.loads(result.stdout)[0]
    assert result.stderr.count("SVG") == 1


def test_crops_are_saved_for_sorting(seven: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"x")
    result = run(seven, tmp_path / "broken.png", "--save-crops", tmp_path / "crops")
    assert result.exit_code == 1  # the broken image; the other one is saved
    assert "saved 1 crop to" in result.stderr
    assert len(list((tmp_path / "crops" / "7").glob("*_seven_0.png"))) == 1
    again = run(seven, "--save-crops", tmp_path / "crops")
    assert again.exit_code == 1
    assert "not empty" in again.stderr


@pytest.mark.parametrize("option", [("--pages",), ("--save-crops", "crops")])
def test_options_that_do_not_go_with_tables(seven: Path, option: tuple[str, ...]) -> None:
    result = run(seven, "--table", *option)
    assert result.exit_code == 2
    assert "cannot be combined with --table" in result.output


def box(digit: int, **more: Any) -> Prediction:
    return Prediction(digit, 0.9, Box(0, 0, 5, 5), **more)


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (Reading("a", "digits", "7", (box(7),)), "7  90.0% sure"),
        (Reading("a", "unsure", "7", (box(7, verdict="unsure"),)), "7?  unsure, 90.0%"),
        (Reading("a", "digits", "7", (box(7, doubts=("cut off",)),)), "7  90.0% sure (cut off)"),
        (Reading("a", "blank", ""), "blank"),
        (
            Reading("a", "digits", "12\n3", tuple(map(box, (1, 2, 3)))),
            "2 lines, 90.0% sure\n    12\n    3",
        ),
    ],
)
def test_sentences(reading: Reading, words: str) -> None:
    assert describe(reading) == words


def test_a_missing_model_is_one_sentence(seven: Path, tmp_path: Path) -> None:
    result = run(seven, "--model", tmp_path / "none.onnx")
    assert result.exit_code == 1
    assert "there is no model file" in result.output
    result = run(seven, "--model", tmp_path)
    assert result.exit_code == 1
    assert "inkling export" in result.output


def test_no_image_is_wrong_usage() -> None:
    assert run().exit_code == 2
