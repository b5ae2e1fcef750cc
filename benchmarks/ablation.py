"""Switches off the rules, passes and networks of the reader one at a time.

    python benchmarks/ablation.py [--count 20] [--seed 21] [--only NAME]... [--json FILE]

For each, and for all sets together and alone: how many more answers are right, how many more are
wrong and sure, and how many more are refused than with the whole reader. The sets are sheets of
`benchmarks/pages.py`, MNIST's last 5,000 training digits as they are, cropped and framed, and of
`$INKLING_DATA/dev` the held-out fifth of the cheques, people's own digits and letters. A rule is
worth its lines if the reader without it is worse by more than the noise, about 2 sqrt(changed).
"""

import argparse
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading import preprocessed, results, thumbnail_path, trace
from inkling.reading.detect import components, layout, segments, text_map
from inkling.reading.pipeline import Reader
from inkling.reading.recognise import marks, network, row, strip
from inkling.reading.recognise.marks import Marks
from scores import Score, score_all
from sheets.kinds import KINDS, make_sheet
from variants import VARIANTS, load_digits

Image = NDArray[np.uint8]
LETTERS = 300


@dataclass(frozen=True)
class Ablation:
    """One attribute of a module of the reader and the value that switches its rule off."""

    name: str
    module: Any
    attribute: str
    value: Any


def _none(*_: Any) -> None:
    return None


def _no(*_: Any) -> bool:
    return False


def _yes(*_: Any) -> bool:
    return True


def _first(given: Any, *_: Any) -> Any:
    return given


def _empty_mask(given: Any, *_: Any) -> Any:
    return np.zeros(given.shape, np.uint8)


ABLATIONS = (
    Ablation("upright strokes beside a row", components, "upright_strokes", _empty_mask),
    Ablation("whole strokes", components, "_whole_strokes", lambda _, likely: likely & 0),
    Ablation("check of the polarity", text_map, "_is_lighter", _no),
    Ablation("first map where the enlarged one is pale", text_map, "_is_unsure", _no),
    Ablation("enlarged map of the text", text_map, "CLOSER", 0.0),
    Ablation("finer map of pages", text_map, "_smallness", lambda _: 1.0),
    Ablation("map of small text in a large photo", text_map, "_small_part", _none),
    Ablation("loose rulings", segments, "_is_loose_rule", _no),
    Ablation("ink along the edge", segments, "_along_edge", _no),
    Ablation("circles around digits", segments, "without_rings", _first),
    Ablation("lines along curves", layout, "continue_curves", _first),
    Ablation("levelling of curved lines", strip, "_uncurve", _first),
    Ablation("marks", preprocessed, "find_marks", lambda *_: Marks()),
    Ablation("slashes by the line network", marks, "POSSIBLE", 2.0),
    Ablation("line network and lattice", trace, "answer_image", None),
    Ablation("test-time augmentation", network, "average_over_shifts", lambda _, probs, *__: probs),
    Ablation("cost of a run", row, "RUN", 0.0),
    Ablation("cost of a cut", row, "CUT", 0.0),
    Ablation("cost of ink under a cut", row, "CUT_INK", 0.0),
    Ablation("cost of a gap", row, "GAP", 0.0),
    Ablation("ink score", results, "_is_written", _yes),
    Ablation("least contrast", results, "VISIBLE", 0.0),
    Ablation("no digit among digits", results, "_among_digits", _first),
    Ablation("unread ink that may be a digit", results, "_may_skip_digit", _no),
    Ablation("rotations", trace, "may_be_rotated", _no),
    Ablation("fast path of drawings", trace, "preprocess_fast", lambda *_, **__: None),
    Ablation("fast path of thumbnails", thumbnail_path, "thumbnail_of", _none),
)


@contextmanager
def without(ablation: Ablation) -> Iterator[None]:
    """Switches one rule off."""
    module, attribute, value = ablation.module, ablation.attribute, ablation.value
    if value is None:  # the line network is called inside `answer_image`
        module, attribute = results, "read_row"
        value = lambda _, __, line, ___: line  # noqa: E731
    kept = getattr(module, attribute)
    setattr(module, attribute, value)
    try:
        yield
    finally:
        setattr(module, attribute, kept)


def load_sets(count: int, seed: int) -> dict[str, tuple[list[Any], list[str]]]:
    """The images of each set and their texts; "" where there is nothing to read."""
    digits = load_digits("held-out", None)
    sets: dict[str, tuple[list[Any], list[str]]] = {}
    for kind in KINDS:
        sheets = [make_sheet(kind, digits, seed, number) for number in range(count)]
        sets[kind] = [s.image for s in sheets], ["".join(s.layout.lines) for s in sheets]
    some = digits.take(np.arange(0, len(digits), max(1, len(digits) // (20 * count))))
    texts = [str(label) for label in some.labels]
    sets["MNIST"] = list(some.images), texts
    for name in ("tight", "in-a-frame", "stretched-28"):
        sets[f"MNIST, {name}"] = [VARIANTS[name](image) for image in some.images], texts
    dev = Path(os.environ["INKLING_DATA"]) / "dev"
    cheques = sorted((dev / "cheques").glob("*.png"))[4::5]
    sets["cheques"] = list(cheques), [path.name.split("__")[0] for path in cheques]
    own = sorted((dev / "own-digits").glob("*.png"))
    sets["own digits"] = list(own), [path.name[0] for path in own]
    letters = np.load(dev / "letters-notmnist.npz")["X"][:LETTERS]
    sets["letters"] = [_enlarge(letter) for letter in letters], [""] * len(letters)
    return sets


def _enlarge(letter: Image) -> Image:
    """A letter as a drawing, which is no thumbnail."""
    large = cv2.resize(letter, (140, 140), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.copyMakeBorder(large, 40, 40, 40, 40, cv2.BORDER_CONSTANT), np.uint8)


def read_sets(
    reader: Reader, sets: dict[str, tuple[list[Any], list[str]]]
) -> dict[str, Sequence[Score]]:
    """The scores of each set."""
    return {name: score_all(reader.read(images), texts) for name, (images, texts) in sets.items()}


def differences(
    whole: dict[str, Sequence[Score]], less: dict[str, Sequence[Score]]
) -> dict[str, list[int]]:
    """For each set that changed: how many more are right, wrong and sure, and refused."""
    out: dict[str, list[int]] = {"all": [0, 0, 0]}
    measures: tuple[Callable[[Score], bool], ...] = (
        lambda score: score.right, lambda score: score.sure_wrong, lambda score: score.refused,
    )  # fmt: skip
    for name, scores in less.items():
        change = [sum(map(how, scores)) - sum(map(how, whole[name])) for how in measures]
        out["all"] = [total + one for total, one in zip(out["all"], change, strict=True)]
        if any(change):
            out[name] = change
    return out


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [ablation.name for ablation in ABLATIONS]
    parser.add_argument("--count", type=int, default=20, help="sheets of each kind")
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--only", action="append", choices=names, help="may be repeated")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    reader, sets = Reader.load(), load_sets(options.count, options.seed)
    whole = read_sets(reader, sets)
    print("whole", json.dumps({k: [sum(s.right for s in v), len(v)] for k, v in whole.items()}))
    out = {}
    for ablation in ABLATIONS:
        if options.only is None or ablation.name in options.only:
            with without(ablation):
                out[ablation.name] = differences(whole, read_sets(reader, sets))
            print(f"without {ablation.name}:", json.dumps(out[ablation.name]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
