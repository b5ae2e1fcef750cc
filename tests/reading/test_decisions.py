"""Each decision is validated, reaches the step that uses it, and moves answers as documented."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import inkling
from inkling.errors import ModelError
from inkling.reading.decisions import DEFAULT, Decisions
from inkling.reading.pipeline import Reader
from inkling.reading.recognise.crops import Crop
from inkling.reading.recognise.network import Card
from inkling.reading.recognise.verdict import predict
from inkling.reading.rotation import choose_rotation, may_be_rotated
from inkling.types import Box, Mark, Prediction, Reading
from tests.reading.drawings import drawn_seven, drawn_zero, write_text

NAMES = [field.name for field in fields(Decisions)]
PROBS = st.floats(0, 1, width=32)
CROP = Crop(Box(0, 0, 20, 40), np.zeros((28, 28), np.uint8), 2.0, 1.0, 0, 1.0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan")])
def test_a_value_that_is_no_probability_is_named(name: str, value: float) -> None:
    with pytest.raises(ModelError, match=f"{name} is .*from 0 to 1"):
        Decisions(**{name: value})


def test_every_decision_is_documented() -> None:
    documented = (Decisions.__doc__ or "").split("Attributes")[1]
    assert [name for name in NAMES if f"    {name}\n" not in documented] == []
    assert inkling.Decisions is Decisions


@given(PROBS, PROBS, PROBS, PROBS)
def test_verdicts_follow_the_chosen_thresholds_before_the_fitted_ones(
    best: float, none: float, unsure: float, not_a_digit: float
) -> None:
    probs = np.zeros(11, np.float32)
    probs[4], probs[10] = best, none
    fitted = {"unsure": 0.375, "not_a_digit": 0.625}
    card = Card(thresholds=fitted)
    chosen = replace(card, decisions=Decisions(unsure=unsure, not_a_digit=not_a_digit))
    for each, (low, high) in ((card, (0.375, 0.625)), (chosen, (unsure, not_a_digit))):
        found = predict(CROP, probs, each).verdict
        if probs[10] >= high:
            assert found == "not-a-digit"
        else:
            assert found == ("unsure" if probs[4] < low else "digits")


def test_a_card_without_thresholds_has_one_half() -> None:
    assert (Card().unsure, Card().not_a_digit) == (0.5, 0.5)


def test_the_defaults_change_no_answer(reader: Reader) -> None:
    images = [drawn_seven(), drawn_zero(28, 3), write_text("407")]
    assert Reader(reader.network, decisions=Decisions()).read(images) == reader.read(images)
    assert reader.network.card.decisions == DEFAULT


def texts_of(reader: Reader, image: np.ndarray, **chosen: float) -> Reading:
    (found,) = Reader(reader.network, decisions=Decisions(**chosen)).read([image])
    assert isinstance(found, Reading)
    return found


def test_stricter_decisions_refuse_more_and_never_change_a_digit(reader: Reader) -> None:
    image = write_text("407")
    plain = texts_of(reader, image)
    assert (plain.text, plain.verdict) == ("407", "digits")
    strict = texts_of(reader, image, unsure=1.0)
    assert (strict.text, strict.verdict) == ("407", "unsure")
    refused = texts_of(reader, image, not_a_digit=0.0, in_line=1.0)
    assert (refused.text, refused.verdict) == ("", "not-a-digit")


def test_a_lower_rotation_limit_rotates_less() -> None:
    box = Box(0, 0, 4, 9)
    poor = Reading("x", "unsure", "3", (Prediction(3, 0.8, box),) * 6, (), (Mark("other", box),))
    assert may_be_rotated(poor)
    assert not may_be_rotated(poor, Decisions(rotation_complete=0.6))
    good = replace(poor, digits=(Prediction(3, 0.95, box),) * 6, others=(), lines=((0,),))
    readings = {0: poor, 90: good, 180: poor, 270: poor}
    assert choose_rotation(readings) == 90
    assert choose_rotation(readings, Decisions(rotation_gain=0.4)) == 0
    assert choose_rotation(readings, Decisions(rotation_complete=1.0)) == 0
