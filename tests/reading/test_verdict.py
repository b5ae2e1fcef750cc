"""From probabilities to an answer: verdicts, alternatives and doubts at their thresholds."""

import numpy as np
import pytest

from inkling.reading.preprocess.thumbnails import Thumbnails
from inkling.reading.recognise.crops import Crop
from inkling.reading.recognise.network import NONE, Card
from inkling.reading.recognise.verdict import crop_of_thumb, predict, read_plain
from inkling.types import DIGIT_NAMES, Box

WITH_NONE = Card(classes=(*DIGIT_NAMES, NONE))
LETTERS = Card(classes=("a", "b", NONE))


def probs_of(best: float, none: float = 0.0, second: float = 0.0, **others: float) -> np.ndarray:
    """Probabilities of eleven: 3 has `best`, 5 has `second`, last comes `none`."""
    probs = np.zeros(11, np.float32)
    probs[3], probs[5], probs[10] = best, second, none
    for name, prob in others.items():
        probs[int(name[1:])] = prob
    return probs


def crop(width: float = 2.0, contrast: float = 0.8) -> Crop:
    return Crop(Box(1, 2, 3, 4), np.zeros((28, 28), np.uint8), width, contrast, 0, 1.0)


@pytest.mark.parametrize(
    ("probs", "thresholds", "verdict"),
    [
        (probs_of(0.9), {}, "digits"),
        (probs_of(0.5), {}, "digits"),
        (probs_of(0.49), {}, "unsure"),
        (probs_of(0.5, none=0.5), {}, "not-a-digit"),
        (probs_of(0.5, none=0.49), {}, "digits"),
        (probs_of(0.7), {"unsure": 0.75}, "unsure"),
        (probs_of(0.75), {"unsure": 0.75}, "digits"),
        (probs_of(0.7, none=0.25), {"not_a_digit": 0.25}, "not-a-digit"),
        (probs_of(0.3, none=0.7), {"not_a_digit": 0.8, "unsure": 0.1}, "digits"),
    ],
)
def test_a_verdict_follows_the_thresholds(
    probs: np.ndarray, thresholds: dict[str, float], verdict: str
) -> None:
    card = Card(classes=(*DIGIT_NAMES, NONE), thresholds=thresholds)
    found = predict(crop(), probs, card)
    assert found.verdict == verdict
    assert (found.digit, found.label, found.box) == (3, "3", Box(1, 2, 3, 4))
    assert found.confidence == pytest.approx(float(probs[3]))


@pytest.mark.parametrize(
    ("probs", "width", "contrast", "doubts"),
    [
        (probs_of(0.9, none=0.1), 0.9, 0.1, ()),  # sure, and no thinner than is common
        (probs_of(0.89), 2.0, 0.8, ()),
        (probs_of(0.7, second=0.1), 2.0, 0.8, ("looks like 3 or 5",)),
        (probs_of(0.7, second=0.09), 2.0, 0.8, ()),
        (probs_of(0.4, k1=0.5), 2.0, 0.8, ("looks like 1 or 3",)),
        (probs_of(0.7, none=0.1), 2.0, 0.8, ("the shape may be no digit",)),
        (probs_of(0.7, none=0.09), 2.0, 0.8, ()),
        (probs_of(0.95), 0.89, 0.8, ("stroke very thin",)),
        (probs_of(0.7), 0.89, 0.8, ("stroke very thin",)),
        (probs_of(0.7), 5.0, 0.8, ()),
        (probs_of(0.7), 5.1, 0.8, ("stroke very thick",)),
        (probs_of(0.95), 5.1, 0.8, ()),
        (probs_of(0.7), 2.0, 0.15, ()),
        (probs_of(0.7), 2.0, 0.14, ("ink very faint",)),
        (
            probs_of(0.4, none=0.3, second=0.3), 0.5, 0.1,
            (
                "looks like 3 or 5", "the shape may be no digit",
                "stroke very thin", "ink very faint",
            ),
        ),
        (probs_of(0.1, none=0.9), 2.0, 0.8, ("the shape may be no digit",)),
    ],
)  # fmt: skip
def test_doubts_are_said(
    probs: np.ndarray, width: float, contrast: float, doubts: tuple[str, ...]
) -> None:
    probs = np.where(probs > 0, probs + np.float32(1e-6), 0).astype(np.float32)
    probs[probs == np.float32(0.09) + np.float32(1e-6)] = 0.09
    assert predict(crop(width, contrast), probs, WITH_NONE).doubts == doubts


def test_a_model_of_letters_says_so() -> None:
    found = predict(crop(), np.array([0.2, 0.3, 0.5], np.float32), LETTERS)
    assert (found.label, found.digit, found.verdict) == ("b", None, "not-a-digit")
    assert found.doubts == ("looks like a or b", "may be no symbol")
    assert [(other.label, other.digit) for other in found.alternatives] == [("a", None)]


@pytest.mark.parametrize(
    ("probs", "named"),
    [
        (probs_of(0.5, k1=0.2, k2=0.15, k7=0.1, k8=0.05), [1, 2, 7]),  # three at most
        (probs_of(0.9, k1=0.021, k2=0.019), [1]),
        (probs_of(0.981, k1=0.0205), []),  # sure: nothing is worth naming
        (probs_of(0.979, k1=0.0205), [1]),
        (probs_of(0.2, none=0.7, k1=0.1), [1]),  # none is no alternative
    ],
)
def test_alternatives_are_the_next_likely_classes(probs: np.ndarray, named: list[int]) -> None:
    found = predict(crop(), probs, WITH_NONE).alternatives
    assert [other.digit for other in found] == named
    assert [other.confidence for other in found] == pytest.approx([float(probs[k]) for k in named])


def thumbs(
    width: int = 10,
    height: int = 20,
    *,
    plain: bool = True,
    tight: bool = False,
    flat: bool = True,
) -> Thumbnails:
    return Thumbnails(
        np.array([plain]), np.array([tight]), np.array([flat]), np.array([False]),
        np.full((1, 28, 28), 7, np.uint8),
        np.array([[1, 2, width, height]]), np.array([2.5], np.float32),
        np.array([0.75], np.float32), (28, 28),
    )  # fmt: skip


NO_NONE = Card()
REFUSES = Card(classes=(*DIGIT_NAMES, NONE), thresholds={"not_a_digit": 0.8, "unsure": 0.3})


@pytest.mark.parametrize(
    ("given", "probs", "card", "read"),
    [
        (thumbs(), probs_of(0.95), WITH_NONE, True),
        (thumbs(plain=False), probs_of(0.95), WITH_NONE, False),
        (thumbs(), probs_of(0.2), WITH_NONE, True),  # some digit, though not plainly which
        (thumbs(), probs_of(0.3, none=0.49), WITH_NONE, True),
        (thumbs(), probs_of(0.3, none=0.5), WITH_NONE, False),
        (thumbs(), probs_of(0.61, none=0.5), WITH_NONE, True),
        (thumbs(), probs_of(0.3, none=0.79), REFUSES, True),
        (thumbs(), probs_of(0.3, none=0.81), REFUSES, False),
        (thumbs(23, 20), probs_of(0.3, none=0.49), WITH_NONE, True),  # 1.15 of its height
        (thumbs(24, 20), probs_of(0.3, none=0.49), WITH_NONE, False),
        (thumbs(24, 20), probs_of(0.3, none=0.29), WITH_NONE, True),
        (thumbs(24, 20), probs_of(0.3, none=0.31), WITH_NONE, False),
        (thumbs(24, 20), probs_of(0.91, none=0.31), WITH_NONE, True),
        (thumbs(24, 20), probs_of(0.89, none=0.31), WITH_NONE, False),
        (thumbs(), probs_of(0.61), NO_NONE, True),
        (thumbs(), probs_of(0.59), NO_NONE, False),
        (thumbs(24, 20), probs_of(0.89), NO_NONE, False),
        (thumbs(24, 20), probs_of(0.91), NO_NONE, True),
        (thumbs(32, 20), probs_of(0.99), NO_NONE, True),  # 1.6 of its height
        (thumbs(33, 20), probs_of(0.99), NO_NONE, False),
        (thumbs(tight=True), probs_of(0.3, none=0.7), WITH_NONE, True),  # no digit
        (thumbs(tight=True, flat=False), probs_of(0.3, none=0.7), WITH_NONE, False),
        (thumbs(tight=True, flat=False), probs_of(0.89), WITH_NONE, False),
        (thumbs(tight=True, flat=False), probs_of(0.91), WITH_NONE, True),
        (thumbs(flat=False), probs_of(0.89), WITH_NONE, True),
        (thumbs(24, 20, tight=True), probs_of(0.3, none=0.7), WITH_NONE, False),
        (thumbs(tight=True), probs_of(0.59), NO_NONE, False),
        (thumbs(5, 0), probs_of(0.95), WITH_NONE, True),
    ],
)
def test_which_thumbnails_are_read_at_once(
    given: Thumbnails, probs: np.ndarray, card: Card, read: bool
) -> None:
    found = read_plain(given, probs[None], [4], ["", "", "", "", "fifth"], card)
    assert bool(found) is read
    for index, reading in found:
        assert (index, reading.image, reading.lines) == (4, "fifth", ((0,),))
        alone = predict(crop_of_thumb(given, 0), probs, card)
        assert reading.verdict == alone.verdict
        assert reading.text == ("3" if alone.verdict != "not-a-digit" else "")
        (digit,) = reading.digits
        assert (digit.digit, digit.box) == (3, Box(*given.boxes[0].tolist()))
        assert digit.confidence == pytest.approx(alone.confidence)
        assert digit.alternatives == alone.alternatives


def test_a_probability_of_exactly_the_threshold_is_enough() -> None:
    probs = probs_of(0.6, none=0.5)
    probs[3] = 0.6
    assert read_plain(thumbs(), probs[None], [0], ["x"], WITH_NONE)
    probs[3] = np.float32(0.6) - np.float32(1e-4)
    assert not read_plain(thumbs(), probs[None], [0], ["x"], WITH_NONE)


def test_a_thumbnail_as_a_crop() -> None:
    found = crop_of_thumb(thumbs(), 0)
    assert (found.box, found.stroke_width, found.contrast) == (Box(1, 2, 10, 20), 2.5, 0.75)
    assert (found.row, found.area) == (0, 0)
    assert (found.pixels == 7).all()
