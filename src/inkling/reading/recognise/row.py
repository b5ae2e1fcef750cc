"""One line of text: its crops as they stand, or its ink read again, cut and joined otherwise.

Two networks are asked: one sees a crop at a time, the other the whole line uncut. Where both say
the same, that is the answer; else the path through a lattice of runs on which they agree best.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from inkling.reading.detect.parts import Part
from inkling.reading.preprocessed import Preprocessed
from inkling.reading.recognise.crops import Crop, crops_of_parts
from inkling.reading.recognise.ctc_windows import piece_bounds, score_windows
from inkling.reading.recognise.lattice import Lattice, best_path, build_lattice
from inkling.reading.recognise.line_network import ctc_greedy_decode, read_strip, read_strip_again
from inkling.reading.recognise.network import Network
from inkling.reading.recognise.strip import Strip, cut_strip
from inkling.reading.recognise.verdict import CONFIDENT, LIKELY, WIDE

# Chosen on 350 composed rows and 525 of the lab's own, of which 350 touch; the two weights again
# with a better line network, cheques in sight. Half as much more or less changes 1 in 100 at most.
LEAST = 0.001  # chance; less does not speak more clearly against a run
WHOLE = 1.7  # weight of what the line's network says of a run, beside what its crop says
UNHEARD = -4.0  # logarithm of chance; with it the line's network alone overturns no sure crop
RUN = 0.22  # what each run costs, as a logarithm of chance
CUT = 0.33  # what a cut through ink costs
CUT_INK = 0.035  # and for each height of the line that it cuts through
GAP = 2.8  # what joining strokes costs, for a gap as wide as the line is high
STRAY = ((0.35, 0.42), (0.5, 0.02), (np.inf, 1.9))  # of the line's height: cost of leaving it out
SURELY_NONE = 0.9  # probability that a piece of a line is no digit, at most
NARROW = 0.75  # width over height; no part narrower than this is cut
SPLIT = 0.3  # what each half must be worth, if one part of a picture is to be two digits

Read = tuple[Crop, NDArray[np.float32]]  # a crop and its probabilities (11,)


def read_row(
    look: Preprocessed, strokes: Sequence[Part], line: list[Read], network: Network
) -> list[Read]:
    """One line's crops as they are, where nothing speaks against them, or read as a lattice.

    `strokes` are the line's ink before it was joined to the parts of the crops.
    """
    crops, probs = [crop for crop, _ in line], [probs for _, probs in line]
    if _is_narrow(crops) or not network.card.reads_digits:  # the other network knows digits alone
        return line
    plain = is_plain(crops, probs)
    if plain and len(line) == 1:
        return line
    strip = cut_strip(look.writing, look.segments.labels, strokes)
    if plain and ctc_greedy_decode(read_strip(strip)) == tuple(
        int(each[:10].argmax()) for each in probs
    ):
        return line
    return _read_lattice(look, strokes, line, network, strip)


def is_plain(crops: Sequence[Crop], probs: Iterable[NDArray[np.float32]]) -> bool:
    """Whether there is ink and every part is surely one digit as it stands.

    What stands alone and is too narrow to be two may be less sure.
    """
    enough = LIKELY if _is_narrow(crops) else CONFIDENT
    return bool(crops) and all(
        float(each[:-1].max()) >= enough and crop.box.w <= WIDE * crop.box.h
        for crop, each in zip(crops, probs, strict=True)
    )


def _is_narrow(crops: Sequence[Crop]) -> bool:
    """Whether there is one part alone, too narrow to be two digits, however doubtful."""
    return len(crops) == 1 and crops[0].box.w <= NARROW * crops[0].box.h


def _read_lattice(
    look: Preprocessed,
    strokes: Sequence[Part],
    line: list[Read],
    network: Network,
    strip: Strip,
) -> list[Read]:
    """A line read again with cuts and joins; as it was, where they explain it no better."""
    lattice, labels = build_lattice(look.writing, look.segments.labels, strokes)
    if len(lattice.runs) < 2:
        return line
    parts = [run.part for run in lattice.runs]
    crops = crops_of_parts(look.writing, labels, parts, [line[0][0].row] * len(parts))
    # Doubtful runs are judged twice before the path is chosen: of 400 cheque amounts that reads 1.7
    # in a hundred more than a second opinion on the chosen runs alone.
    probs = network.judge(np.stack([crop.pixels for crop in crops]))
    frames = read_strip_again(strip)
    bounds = piece_bounds(strip, labels, lattice.pieces, len(frames))
    starts = bounds[[run.start for run in lattice.runs]]
    stops = bounds[[run.stop for run in lattice.runs]]
    words = np.maximum(score_windows(frames, starts, stops), UNHEARD)
    both = np.log(np.maximum(probs.astype(np.float64), LEAST)) + WHOLE * words
    path = best_path(lattice, _scores(lattice, both, probs, words))
    if len(line) == 1 and len(path) > 1 and line[0][0].box.w <= WIDE * line[0][0].box.h:
        worth = min(float(probs[index, :10].max()) for index in path)
        if worth < max(SPLIT, float(line[0][1][:10].max())):
            return line
    return [(crops[index], _shared(both[index], probs[index])) for index in path]


def _shared(both: NDArray[np.float64], probs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities (11,) of a run: which digit, as both networks say; whether any, as its crop.

    The line's network takes every shape for a digit; it has seen little else. But a crop that
    was cut out of other ink is never quite surely none.
    """
    none = min(float(probs[10]), SURELY_NONE)
    digits = np.exp(both[:10] - both[:10].max())
    return np.append(digits / digits.sum() * (1 - none), none).astype(np.float32)


def _scores(
    lattice: Lattice,
    both: NDArray[np.float64],
    probs: NDArray[np.float32],
    words: NDArray[np.float64],
) -> NDArray[np.float64]:
    """How well each run explains its ink, as a logarithm of chance.

    As a digit, or as a dot, a dash or a stray stroke, the less likely the taller it is. Cuts
    through ink and gaps between joined strokes cost; so does every run, or ink would fall apart
    into ones. `both` (runs, 11) is what the two networks say together, `words` (runs, 11) the
    line's alone: what it hears no digit in is the sooner left out.
    """
    scores = both[:, :10].max(axis=1)
    for index, run in enumerate(lattice.runs):
        if run.stop - run.start == 1:
            tall = run.part.h / max(lattice.height, 1)
            stray = next(cost for limit, cost in STRAY if tall < limit)
            unread = math.log(max(float(probs[index, 10]), 0.05))
            unheard = WHOLE * float(words[index, 10])
            scores[index] = max(scores[index], 0.2 * unread - stray + unheard)
        scores[index] -= RUN + CUT * (run.cut > 0) + CUT_INK * run.cut + GAP * run.gap
    return scores
