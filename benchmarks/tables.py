"""Measures how many ruled grids are found, and how many of their cells are read correctly.

    python benchmarks/tables.py [--kind NAME]... [--count 20] [--seed 5] [--save FOLDER]
    python benchmarks/tables.py --sudoku [--every N] | --none [--count N] | --large

Without another option: grids drawn by `benchmarks/sheets/grids.py`, without the project's renderer,
half of their cells empty, the others with MNIST's last 5,000 training digits, which no bundled
network learned from. For each kind:

found        images whose largest table has the right rows and columns
cells        of those, the fraction of places that are right; blank ones too
inked_blank  inked cells that are called blank; `blank_inked` the other way round

`--sudoku` measures the photos of `$INKLING_DATA/dev/sudoku` likewise, and whole puzzles without a
wrong cell. `--none` counts images without a grid in which a table is reported. `--large` takes the
time and the memory of a photo of 12 megapixels.
"""

import argparse
import csv
import json
import os
import resource
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.tables.read_tables import read_tables
from inkling.reading.tables.table_types import Table
from inkling.types import Digits
from sheets.grids import PLANS, Plan, draw_grid
from sheets.kinds import KINDS, make_sheet
from variants import load_digits

WITHOUT = ("photo", "letter", "own", "texture", "lines", "squared", "sheet")


@dataclass(frozen=True)
class Measured:
    """One image: whether its grid was found, its places, and how many of them are wrong how."""

    found: bool
    places: int = 0
    wrong: int = 0
    inked_blank: int = 0
    blank_inked: int = 0


def measure(tables: Sequence[Table], wanted: list[list[str]]) -> Measured:
    """Compares the largest table with what it should be."""
    if not tables or (tables[0].rows, tables[0].columns) != (len(wanted), len(wanted[0])):
        return Measured(False)
    pairs = [
        (said, right)
        for row, rights in zip(tables[0].texts(), wanted, strict=True)
        for said, right in zip(row, rights, strict=True)
    ]
    blank = {(cell.row, cell.column) for cell in tables[0].cells if cell.verdict == "blank"}
    inked = {(i, j) for i, row in enumerate(wanted) for j, text in enumerate(row) if text}
    return Measured(
        True,
        len(pairs),
        sum(said != right for said, right in pairs),
        len(inked & blank),
        sum(bool(said) and not right for said, right in pairs),
    )


def summarise(results: Sequence[Measured]) -> dict[str, Any]:
    """The fractions of one kind."""
    found = [one for one in results if one.found]
    places = sum(one.places for one in found)
    return {
        "n": len(results),
        "found": round(len(found) / max(len(results), 1), 4),
        "cells": round(1 - sum(one.wrong for one in found) / max(places, 1), 4),
        "whole": sum(one.wrong == 0 for one in found),
        "inked_blank": sum(one.inked_blank for one in found),
        "blank_inked": sum(one.blank_inked for one in found),
    }


def measure_kind(kind: str, count: int, seed: int, digits: Digits, save: Path | None) -> Any:
    """Draws and reads `count` grids of a kind."""
    results = []
    for number in range(count):
        rng = np.random.default_rng([seed, number, list(PLANS).index(kind)])
        sheet = draw_grid(PLANS[kind](rng), digits, rng)
        results.append(measure(read_tables(sheet.image), sheet.texts))
        if save is not None:
            size = f"{len(sheet.plan.rows)}x{len(sheet.plan.columns)}"
            mark = f"{results[-1].wrong}-wrong" if results[-1].found else "missed"
            cv2.imwrite(str(save / f"{kind}-{number}-{size}-{mark}.png"), sheet.image)
    return summarise(results)


def measure_sudoku(every: int) -> dict[str, Any]:
    """The photos of the development data, printed and mixed."""
    folder = Path(os.environ["INKLING_DATA"]) / "dev" / "sudoku"
    out = {}
    for kind in ("print", "mixed"):
        results = []
        for path in sorted(folder.glob(f"{kind}_*.jpg"))[::every]:
            with path.with_suffix(".csv").open() as file:
                wanted = [
                    ["" if v.strip() == "0" else v.strip() for v in r] for r in csv.reader(file)
                ]
            results.append(measure(read_tables(path), wanted))
        out[kind] = summarise(results)
    return out


def without_grid(kind: str, count: int, digits: Digits) -> Iterator[NDArray[np.uint8]]:
    """Images in which there is no table."""
    rng = np.random.default_rng([7, WITHOUT.index(kind)])
    dev = Path(os.environ["INKLING_DATA"]) / "dev"
    if kind == "letter":
        yield from np.load(dev / "letters-notmnist.npz")["X"][:count]
    elif kind == "own":
        for path in sorted((dev / "own-digits").glob("*.png"))[:count]:
            yield np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)
    else:
        for _ in range(count):
            yield _one_without(kind, digits, rng)


def _one_without(kind: str, digits: Digits, rng: np.random.Generator) -> NDArray[np.uint8]:
    if kind == "sheet":
        plain = [name for name in KINDS if name not in ("comb", "boxes")]
        return make_sheet(str(rng.choice(plain)), digits, 5, int(rng.integers(1_000))).image
    height, width = 600, 800
    image = np.full((height, width), rng.uniform(180, 240), np.float32)
    if kind == "photo":
        digit = cv2.resize(digits.images[rng.integers(len(digits))], (300, 300))
        image[150:450, 250:550] -= 0.7 * digit
    elif kind == "texture":
        coarse = rng.normal(0, 1, (height // 3, width // 3)).astype(np.float32)
        image += 25 * np.asarray(cv2.resize(coarse, (width, height)), np.float32)
    else:
        step = int(rng.integers(14, 40))
        image[step::step] -= 60
        if kind == "squared":
            image[:, step::step] -= 60
            digit = cv2.resize(digits.images[rng.integers(len(digits))], (4 * step, 4 * step))
            image[2 * step : 6 * step, 3 * step : 7 * step] -= 0.7 * digit
    noisy = cv2.GaussianBlur(image, (0, 0), 0.8) + rng.normal(0, 4, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def measure_large(digits: Digits) -> dict[str, float]:
    """Seconds and megabytes (peak of the process) for a 9 x 9 grid on 4,000 x 3,000 pixels."""
    rng = np.random.default_rng(1)
    plan = Plan((60,) * 9, (60,) * 9, (2, 4), lean=(12.0, 8.0), turn=4.0)
    grid = draw_grid(plan, digits, rng).image
    image = np.full((3000, 4000), 210, np.uint8)
    sized = cv2.resize(grid, None, fx=3.4, fy=3.4, interpolation=cv2.INTER_CUBIC)[:2900, :3900]
    image[50 : 50 + sized.shape[0], 60 : 60 + sized.shape[1]] = sized
    _, content = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_GRAY2BGR))
    read_tables(grid)  # the models are loaded once
    times = []
    for _ in range(5):
        started = time.perf_counter()
        tables = read_tables(content.tobytes())
        times.append(time.perf_counter() - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = (tables[0].rows, tables[0].columns) if tables else None
    return {"seconds": round(min(times), 3), "peak_mb": round(peak), "size": size}  # type: ignore[dict-item]


def main() -> None:
    """Prints one JSON object for each measurement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--kind", action="append", choices=list(PLANS))
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--save", type=Path)
    parser.add_argument("--sudoku", action="store_true")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--none", action="store_true")
    parser.add_argument("--large", action="store_true")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    digits = load_digits("held-out", None)
    if args.save is not None:
        args.save.mkdir(parents=True, exist_ok=True)
    if args.sudoku:
        print(json.dumps(measure_sudoku(args.every)))
    elif args.none:
        for kind in WITHOUT:
            counts = [len(read_tables(image)) for image in without_grid(kind, args.count, digits)]
            print(
                json.dumps({kind: {"n": len(counts), "with_table": sum(map(bool, counts))}}),
                flush=True,
            )
    elif args.large:
        print(json.dumps(measure_large(digits)))
    else:
        for kind in args.kind or PLANS:
            print(
                json.dumps({kind: measure_kind(kind, args.count, args.seed, digits, args.save)}),
                flush=True,
            )


if __name__ == "__main__":
    main()
