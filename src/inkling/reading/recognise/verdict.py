"""Converts the probabilities of a crop to a prediction: class, verdict, alternatives, doubts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.thumbnails import Thumbnails
from inkling.reading.recognise.crops import Crop
from inkling.reading.recognise.network import NONE, Card
from inkling.types import Alternative, Box, Prediction, Reading, Verdict, digit_of

WIDE = 1.15  # width over height; a wider shape may be two digits at any probability
WIDEST = 1.6  # width over height; a wider thumbnail may be two digits to a model without "none"
WORTH_NAMING = 0.02  # least probability of an alternative
THIN, THICK = 0.9, 5.0  # pixels of 28; the doubts mention thinner and thicker strokes


def predict(crop: Crop, probs: NDArray[np.float32], card: Card) -> Prediction:
    """The prediction for one crop from its probabilities (labels + 1,); the last one is none."""
    each: list[float] = probs.tolist()
    order = sorted(range(len(card.labels)), key=each.__getitem__, reverse=True)
    best = order[0]
    verdict = _verdict(each, best, card)
    others = _others(probs, each[best], card)
    doubts = _doubts(crop, each, order, verdict, card)
    label = card.labels[best]
    return Prediction(digit_of(label), each[best], crop.box, others, verdict, doubts, label)


def _verdict(probs: list[float], best: int, card: Card) -> Verdict:
    if probs[-1] >= card.not_a_digit:
        return "not-a-digit"
    if probs[best] < card.unsure:
        return "unsure"
    return "digits"


def _doubts(
    crop: Crop, probs: list[float], order: list[int], verdict: Verdict, card: Card
) -> tuple[str, ...]:
    if verdict == "digits" and probs[order[0]] >= 0.9 and crop.stroke_width >= THIN:
        return ()
    doubts = []
    if len(order) > 1 and probs[order[1]] >= 0.1:
        first, second = (card.labels[k] for k in sorted(order[:2]))
        doubts.append(f"looks like {first} or {second}")
    if probs[-1] >= 0.1:
        doubts.append("the shape may be no digit" if card.reads_digits else "may be no symbol")
    if crop.stroke_width < THIN:
        doubts.append("stroke very thin")
    elif crop.stroke_width > THICK:
        doubts.append("stroke very thick")
    if crop.contrast < 0.15:
        doubts.append("ink very faint")
    return tuple(doubts)


def read_plain(
    thumbs: Thumbnails,
    probs: NDArray[np.float32],
    indices: Sequence[int],
    names: Sequence[str],
    card: Card,
) -> list[tuple[int, Reading]]:
    """The readings of plain thumbnails that surely hold one digit, each with its index.

    It builds the readings directly, because thousands of thumbnails per second pass here.
    """
    best = probs[:, :-1].argmax(axis=1)
    best_prob = probs[np.arange(len(best)), best]
    single = _is_single(thumbs, best_prob, probs[:, -1], card)
    # The dark side of a shaded photo looks like ink that reaches the sides.
    confident = card.decisions.confident
    single &= ~thumbs.tight | thumbs.flat | (best_prob >= confident)
    passed = np.flatnonzero(thumbs.plain & single).tolist()
    sure, boxes = best_prob.tolist(), thumbs.boxes.tolist()
    labels = [card.labels[k] for k in best.tolist()]
    digits = [digit_of(label) for label in labels]
    out = []
    for k in passed:
        name = names[indices[k]]
        if sure[k] < confident:
            box = predict(crop_of_thumb(thumbs, k), probs[k], card)
            out.append((indices[k], _reading_of_one(name, box)))
            continue
        others = _others(probs[k], sure[k], card)
        box = Prediction(digits[k], sure[k], Box(*boxes[k]), others, label=labels[k])
        out.append((indices[k], Reading(name, "digits", labels[k], (box,), ((0,),))))
    return out


def _is_single(
    thumbs: Thumbnails, best_prob: NDArray[np.float32], none: NDArray[np.float32], card: Card
) -> NDArray[np.bool_]:
    """Whether each thumbnail (N,) holds one digit. A tight crop holds one digit or none, unless it
    is wide.

    The slow path does not help a thumbnail that is surely a digit but not surely which: of 369 such
    training digits of MNIST it reads 351, the fast path 367. A model with the class `none` mostly
    returns it for two digits: of 12,000 pairs of MNIST digits in a thumbnail, 93 count as one
    digit, half of them as unsure.
    """
    shape = thumbs.boxes[:, 2] / np.maximum(thumbs.boxes[:, 3], 1)
    chosen = card.decisions
    sure = best_prob >= np.where(shape <= WIDE, chosen.likely, chosen.confident)
    if NONE not in card.classes:
        return sure & (shape <= WIDEST)
    some = none < np.where(shape <= WIDE, card.not_a_digit, chosen.wide_single)
    some |= thumbs.tight & (shape <= WIDE)
    return some | sure


def crop_of_thumb(thumbs: Thumbnails, index: int) -> Crop:
    """The crop of one thumbnail of a stack."""
    return Crop(
        Box(*thumbs.boxes[index].tolist()), thumbs.pixels[index],
        float(thumbs.stroke_width[index]), float(thumbs.contrast[index]), 0, 0.0,
    )  # fmt: skip


def _others(probs: NDArray[np.float32], best: float, card: Card) -> tuple[Alternative, ...]:
    """Up to three more classes, if their probability is at least `WORTH_NAMING`."""
    if best > 1 - WORTH_NAMING:
        return ()
    order = [k for k in np.argsort(-probs[:-1]).tolist()[1:4] if probs[k] >= WORTH_NAMING]
    names = [card.labels[k] for k in order]
    return tuple(
        Alternative(digit_of(name), float(probs[k]), name)
        for k, name in zip(order, names, strict=True)
    )


def _reading_of_one(name: str, box: Prediction) -> Reading:
    text = "" if box.verdict == "not-a-digit" else box.label
    return Reading(name, box.verdict, text, (box,), ((0,),))
