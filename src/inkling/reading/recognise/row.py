"""Reads one line of text with two networks: one sees single crops, the other the whole line.

If both give the same digits, that is the answer. Otherwise the line is read as a lattice, and the
path with the best combined score is the answer.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from inkling.reading.decisions import DEFAULT, Decisions
from inkling.reading.detect.parts import Part
from inkling.reading.preprocessed import Preprocessed
from inkling.reading.recognise.crops import Crop, crops_of_parts
from inkling.reading.recognise.ctc_windows import piece_bounds, score_windows
from inkling.reading.recognise.lattice import Lattice, best_path, build_lattice
from inkling.reading.recognise.line_network import (
    MARKS,
    ctc_greedy_decode,
    read_strip,
    read_strip_again,
)
from inkling.reading.recognise.network import Network
from inkling.reading.recognise.strip import Strip, cut_strip
from inkling.reading.recognise.verdict import WIDE

# Chosen on 350 rendered rows and 525 of our own, of which 350 touch. The two weights were chosen
# again for a better line network, also on cheques. Changes by half affect at most 1 in 100 rows.
LEAST = 0.001  # lower limit of the crop network's probabilities
WHOLE = 1.7  # weight of the line network's log-probability, relative to the crop network's
# Weights of both networks' log-probabilities in the probability of a digit, fitted by maximum
# likelihood on 2,666 digits of rendered, redrawn and cheque rows. They are below 1, since the
# networks err together: of the digits above 0.95, 21 of 2,520 are wrong, with the weights of the
# score 44 of 2,616.
CROP_WEIGHT, LINE_WEIGHT = 0.76, 0.5
UNHEARD = -4.0  # lower limit of the line network's log-probability: it overturns no sure crop
RUN = 0.22  # cost of each run, in units of log-probability like all following costs
CUT = 0.33  # cost of a cut through ink
CUT_INK = 0.035  # additional cost per line height of ink under the cut
GAP = 2.8  # cost of joining strokes over a gap as wide as the line is high
STRAY = ((0.35, 0.42), (0.5, 0.02), (np.inf, 1.9))  # up to a height: cost of skipping a piece
SURELY_NONE = 0.9  # upper limit of the probability that a piece of a line is no digit
NARROW = 0.75  # width over height; narrower parts are not cut

Read = tuple[Crop, NDArray[np.float32]]  # a crop and its probabilities (11,)


def read_row(
    preprocessed: Preprocessed, strokes: Sequence[Part], line: list[Read], network: Network
) -> list[Read]:
    """Reads one line: returns its crops if both networks agree, or reads it as a lattice.

    `strokes` is the ink of the line before it was joined to parts.
    """
    crops, probs = [crop for crop, _ in line], [probs for _, probs in line]
    if _is_narrow(crops) or not network.card.reads_digits:  # the line network reads only digits
        return line
    plain = is_plain(crops, probs, network.card.decisions)
    if plain and len(line) == 1:
        return line
    strip = cut_strip(preprocessed.writing, preprocessed.segments.labels, strokes)
    if plain and ctc_greedy_decode(read_strip(strip)) == tuple(
        int(each[:10].argmax()) for each in probs
    ):
        return line
    return _read_lattice(preprocessed, strokes, line, network, strip)


def is_plain(
    crops: Sequence[Crop], probs: Iterable[NDArray[np.float32]], decisions: Decisions = DEFAULT
) -> bool:
    """Whether there is ink and each crop is surely one digit.

    A lower probability is enough for a lone crop that is too narrow for two digits.
    """
    enough = decisions.likely if _is_narrow(crops) else decisions.confident
    return bool(crops) and all(
        float(each[:-1].max()) >= enough and crop.box.w <= WIDE * crop.box.h
        for crop, each in zip(crops, probs, strict=True)
    )


def _is_narrow(crops: Sequence[Crop]) -> bool:
    """Whether there is only one crop, and it is too narrow for two digits."""
    return len(crops) == 1 and crops[0].box.w <= NARROW * crops[0].box.h


def _read_lattice(
    preprocessed: Preprocessed,
    strokes: Sequence[Part],
    line: list[Read],
    network: Network,
    strip: Strip,
) -> list[Read]:
    """Reads a line as a lattice. Returns it unchanged if one part would become unlikely halves."""
    lattice, labels = build_lattice(preprocessed.writing, preprocessed.segments.labels, strokes)
    if len(lattice.runs) < 2:
        return line
    parts = [run.part for run in lattice.runs]
    crops = crops_of_parts(preprocessed.writing, labels, parts, [line[0][0].row] * len(parts))
    # Test-time augmentation of all doubtful runs reads 1.7 % more of 400 cheque amounts than
    # augmentation of the runs of the best path only.
    probs = network.judge(np.stack([crop.pixels for crop in crops]))
    frames = read_strip_again(strip)
    bounds = piece_bounds(strip, labels, lattice.pieces, len(frames))
    starts = bounds[[run.start for run in lattice.runs]]
    stops = bounds[[run.stop for run in lattice.runs]]
    words = np.maximum(score_windows(frames, starts, stops)[:, :MARKS], UNHEARD)
    both = np.log(np.maximum(probs.astype(np.float64), LEAST)) + WHOLE * words
    path = best_path(lattice, _scores(lattice, both, probs, words))
    if len(line) == 1 and len(path) > 1 and line[0][0].box.w <= WIDE * line[0][0].box.h:
        worth = min(float(probs[index, :10].max()) for index in path)
        if worth < max(network.card.decisions.split, float(line[0][1][:10].max())):
            return line
    # The line network does not know the user's handwriting. It helps only where ink was cut:
    # touching digits lose 12 % of the rows without it.
    alone = [network.card.finetuned and not run.cut for run in lattice.runs]
    return [(crops[k], probs[k] if alone[k] else _combine(probs[k], words[k])) for k in path]


def _combine(probs: NDArray[np.float32], words: NDArray[np.float64]) -> NDArray[np.float32]:
    """Probabilities (11,) of a run: `none` by the crop network, the digits by both networks.

    The line network, with log-probabilities `words` (11,), was trained on few shapes that are no
    digit. `none` is limited for crops that were cut out of other ink.
    """
    none = min(float(probs[10]), SURELY_NONE)
    logits = CROP_WEIGHT * np.log(np.maximum(probs[:10], LEAST)) + LINE_WEIGHT * words[:10]
    digits = np.exp(logits - logits.max())
    return np.append(digits / digits.sum() * (1 - none), none).astype(np.float32)


def _scores(
    lattice: Lattice,
    both: NDArray[np.float64],
    probs: NDArray[np.float32],
    words: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The score of each run in units of log-probability.

    A run is a digit, or a dot, a dash or a stray stroke, which is less likely the taller it is.
    Cuts, gaps and each run have a cost; without the latter, ink would be split into many ones.
    `both` (runs, 11) are the combined scores of the networks, `words` (runs, 11) those of the line
    network, which also scores that a run holds no digit.
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
