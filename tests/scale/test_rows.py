"""Rows as a spreadsheet, and memory while parts are joined; test_bulk reads the other formats."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import load_workbook
from pyarrow import parquet

from inkling.errors import ImageError, RunError
from inkling.scale import spreadsheet
from inkling.scale.rows import FORMATS, Row, make_row
from inkling.types import Box, Prediction, Reading


def reading(name: str, text: str) -> Reading:
    digits = tuple(Prediction(int(letter), 0.75, Box(1, 2, 3, 4)) for letter in text)
    return Reading(name, "digits", text, digits)


def write(rows: list[Row], folder: Path) -> Path:
    """All rows, in parts of two."""
    kind, out = FORMATS[".xlsx"], folder / "answers.xlsx"
    parts = []
    for start in range(0, len(rows), 2):
        parts.append(folder / f"{start}.part")
        parts[-1].write_bytes(kind.encode(rows[start : start + 2]))
    kind.join(parts, out)
    return out


def test_a_spreadsheet_keeps_texts_as_they_are(tmp_path: Path) -> None:
    rows = [
        make_row("=1+1.png", reading("=1+1.png", "007")),
        make_row("bell\a\u2028.png", ImageError("damaged")),
        make_row("b.png", Reading("b.png", "blank", "")),
    ]
    sheet = load_workbook(write(rows, tmp_path))["answers"]
    header, first, second, third = sheet.iter_rows(values_only=True)
    assert header == Row._fields
    assert first[:4] == ("=1+1.png", "digits", "007", 0.75)
    assert sheet["A2"].data_type == "s"
    assert [digit["digit"] for digit in json.loads(str(first[4]))] == [0, 0, 7]
    assert (second[0], second[1], second[5]) == ("bell?\u2028.png", None, "damaged")
    assert third[1] == "blank"


def test_more_than_a_sheet_holds_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RunError, match=r"digits of row 2 has .* characters"):
        write([make_row("long.png", reading("long.png", "1" * 400))], tmp_path)
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 3)
    row = make_row("b.png", Reading("b.png", "blank", ""))
    assert write([row] * 2, tmp_path).exists()
    with pytest.raises(RunError, match="at most 2 rows"):
        write([row] * 3, tmp_path)


JOIN = """
import sys
from pathlib import Path
from inkling.scale.rows import FORMATS
part, count, out = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
FORMATS[".parquet"].join([part] * count, out)
print(next(line for line in Path("/proc/self/status").open() if "VmHWM" in line).split()[1])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
def test_joining_many_parts_takes_no_more_memory_than_a_few(tmp_path: Path) -> None:
    part = tmp_path / "part.parquet"
    rows = [make_row(f"{k:09d}.png", reading(f"{k:09d}.png", f"{k % 100}")) for k in range(2048)]
    part.write_bytes(FORMATS[".parquet"].encode(rows))

    def peak(parts: int) -> float:
        done = subprocess.run(
            [sys.executable, "-c", JOIN, part, str(parts), tmp_path / "out.parquet"],
            env=os.environ | {"ARROW_DEFAULT_MEMORY_POOL": "system"},  # as the command sets it
            capture_output=True,
            check=True,
            text=True,
        )
        assert parquet.read_metadata(tmp_path / "out.parquet").num_rows == 2048 * parts
        return float(done.stdout) / 1000

    many = peak(60)
    assert many < 105  # MB: 81 on x86-64; with `read_table` 128, with pyarrow's own pool 92
    assert many < peak(5) + 10
