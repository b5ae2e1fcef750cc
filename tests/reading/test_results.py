"""From crops to an answer: what is written, what is a mark, what makes an answer unsure."""

import math
from dataclasses import replace

import numpy as np
import pytest

from inkling.errors import ImageError
from inkling.reading.pipeline import Reader
from inkling.reading.preprocess.photo import Photo
from inkling.reading.preprocessed import Preprocessed, preprocess_fast
from inkling.reading.recognise.crops import Crop
from inkling.reading.recognise.network import Card, load_network
from inkling.reading.results import (
    MarkFound,
    _among_digits,
    _doubt_slash,
    _is_written,
    _lies_in_one,
    _part_unwritten,
    _summarise,
    _verdict,
    answer_image,
)
from inkling.types import Box, MarkKind, Prediction, Verdict
from tests.reading.drawings import write_text


def crop(
    x: int = 0, y: int = 0, w: int = 20, h: int = 40, *, row: int = 0, area: int = 100,
    ink_score: float = 1.0, contrast: float = 0.5,
) -> Crop:  # fmt: skip
    pixels = np.zeros((28, 28), np.uint8)
    return Crop(Box(x, y, w, h), pixels, 2.0, contrast, row, ink_score, area)


def probs_of(digit: float, none: float, best: int = 3) -> np.ndarray:
    probs = np.zeros(11, np.float32)
    probs[best], probs[10] = digit, none
    return probs


def prediction(
    crop: Crop, label: int = 3, verdict: Verdict = "digits", sure: float = 0.9
) -> Prediction:
    return Prediction(label, sure, crop.box, (), verdict)


@pytest.mark.parametrize(
    ("ink_score", "digit", "none", "written"),
    [
        (0.1, 0.5, 0.5, True),
        (0.0, 0.5, 0.5, False),
        (0.61, 0.0, 1.0, True),  # a sure none takes 0.6 at most
        (0.59, 0.0, 1.0, False),
        (-2.99, 1.0, 0.0, True),  # a sure digit gives 3 at most
        (-3.0, 1.0, 0.0, False),
        (-0.6 * math.log(4) + 0.01, 0.8, 0.2, True),
        (-0.6 * math.log(4) - 0.01, 0.8, 0.2, False),
    ],
)
def test_ink_is_written_where_it_looks_so_or_is_a_digit(
    ink_score: float, digit: float, none: float, written: bool
) -> None:
    assert _is_written(crop(ink_score=ink_score), probs_of(digit, none)) is written


@pytest.mark.parametrize(
    ("changes", "digit", "kept", "unread"),
    [
        ({"ink_score": -3.9}, 0.9, True, False),
        ({"ink_score": -4.0}, 0.9, False, False),
        ({"ink_score": -3.9}, 0.89, False, False),
        ({"ink_score": -3.9, "h": 25}, 0.9, True, False),  # more than 0.6 of the others' 40
        ({"ink_score": -3.9, "h": 24}, 0.9, False, False),
        ({"ink_score": -3.9, "h": 63}, 0.9, True, False),
        ({"ink_score": -3.9, "h": 64}, 0.9, False, False),  # 1.6 of it
        ({"ink_score": -1.4, "contrast": 0.31}, 0.2, True, False),  # 0.6 of the others' 0.5
        ({"ink_score": -1.5, "contrast": 0.31}, 0.2, False, False),
        ({"ink_score": -1.4, "contrast": 0.31, "h": 64}, 0.2, False, True),
        ({"ink_score": -1.4, "contrast": 0.29}, 0.2, False, True),
        ({"ink_score": -1.5, "contrast": 0.29}, 0.2, False, False),
        ({"ink_score": -1.4, "contrast": 0.29, "h": 25}, 0.2, False, True),
        ({"ink_score": -1.4, "h": 24}, 0.2, False, False),
        ({"ink_score": -1.4, "h": 200}, 0.2, False, True),  # however tall
        ({"contrast": 0.018}, 0.9, True, False),
        ({"contrast": 0.017}, 0.9, False, False),
    ],
)
def test_beside_digits_less_is_asked_of_what_is_as_tall(
    changes: dict, digit: float, kept: bool, unread: bool
) -> None:
    other = crop(100, **changes)
    digits = [(crop(0), probs_of(0.9, 0.05)), (crop(30), probs_of(0.9, 0.05))]
    probs = probs_of(digit + 1e-6 if digit == 0.9 else digit, 0.5 if digit < 0.5 else 0.0)
    if kept and digit == 0.9 and changes.get("ink_score", 0) < 0:
        probs[10] = 0.05  # the network alone does not make it written
    read, left = _part_unwritten([*digits, (other, probs)])
    assert any(each is other for each, _ in read) is kept
    assert any(each is other for each in left) is unread


def test_a_none_does_not_say_how_tall_digits_are() -> None:
    none = (crop(0, h=200), probs_of(0.1, 0.9))
    digits = [(crop(30), probs_of(0.9, 0.1)), (crop(60), probs_of(0.9, 0.1))]
    faint = (crop(90, ink_score=-3.9), probs_of(0.95, 0.0))
    read, _ = _part_unwritten([none, *digits, faint])
    assert any(each is faint[0] for each, _ in read)


def line(*heights: tuple[int, Verdict, float]) -> list[Prediction]:
    return [
        prediction(crop(30 * k, h=height), k, verdict, sure)
        for k, (height, verdict, sure) in enumerate(heights)
    ]


DIGIT: tuple[int, Verdict, float] = (40, "digits", 0.9)


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        ((25, "not-a-digit", 0.05), "unsure"),
        ((24, "not-a-digit", 0.05), "not-a-digit"),  # no taller than 0.6 of the digits
        ((25, "not-a-digit", 0.04), "not-a-digit"),
        ((90, "not-a-digit", 0.3), "unsure"),
        ((40, "unsure", 0.3), "unsure"),
    ],
)
def test_in_a_line_of_digits_what_is_as_tall_may_be_one(
    other: tuple[int, Verdict, float], verdict: str
) -> None:
    boxes = line(DIGIT, DIGIT, other)
    found = _among_digits(boxes, [])
    assert [box.verdict for box in found] == ["digits", "digits", verdict]


def test_so_many_digits_make_a_line_of_digits() -> None:
    none: tuple[int, Verdict, float] = (40, "not-a-digit", 0.3)
    assert [b.verdict for b in _among_digits(line(DIGIT, none), [])] == ["digits", "not-a-digit"]
    half = _among_digits(line(DIGIT, DIGIT, none, none), [])
    assert [b.verdict for b in half] == ["digits", "digits", "unsure", "unsure"]
    fewer = _among_digits(line(DIGIT, DIGIT, none, none, none), [])
    assert [b.verdict for b in fewer][2:] == ["not-a-digit"] * 3


def test_a_sign_in_a_line_of_digits_stays_no_digit() -> None:
    boxes = line(DIGIT, DIGIT, (40, "not-a-digit", 0.3))
    sign = boxes[2].box
    beside = replace(sign, x=sign.x + sign.w)
    assert [box.verdict for box in _among_digits(boxes, [sign])][2] == "not-a-digit"
    assert [box.verdict for box in _among_digits(boxes, [beside])][2] == "unsure"


@pytest.mark.parametrize(
    ("slash", "verdict", "doubts"),
    [
        (0.0, "digits", ()),
        (0.05, "digits", ()),
        (0.11, "digits", ("may be a slash",)),
        (0.35, "digits", ("may be a slash",)),
        (0.45, "unsure", ("may be a slash",)),
    ],
)
def test_a_one_that_may_be_a_slash_is_as_sure_as_both_networks(
    slash: float, verdict: Verdict, doubts: tuple[str, ...]
) -> None:
    card = load_network().card
    one = replace(prediction(crop(), 1), confidence=0.98, doubts=("looks like 1 or 7",))
    doubted = _doubt_slash(one, slash, card)
    assert doubted.confidence == pytest.approx(0.98 * (1 - slash))
    assert (doubted.verdict, doubted.doubts) == (verdict, ("looks like 1 or 7", *doubts))
    # What was unsure stays unsure; what is no digit is no slash either.
    assert _doubt_slash(replace(one, verdict="unsure"), slash, card).verdict == "unsure"
    none = replace(one, verdict="not-a-digit")
    assert _doubt_slash(none, slash, card) == none


@pytest.mark.parametrize(
    ("box", "inside"),
    [
        (Box(110, 110, 10, 10), True),
        (Box(195, 110, 10, 10), True),  # half of it
        (Box(196, 110, 10, 10), False),
        (Box(110, 195, 10, 10), True),
        (Box(110, 196, 10, 10), False),
        (Box(95, 110, 10, 10), True),
        (Box(94, 110, 10, 10), False),
        (Box(110, 94, 10, 10), False),
        (Box(300, 300, 10, 10), False),
        (Box(300, 110, 10, 10), False),  # beside it: a negative overlap is none
        (Box(50, 50, 10, 10), False),
        (Box(50, 50, 200, 200), False),  # around it
    ],
)
def test_a_box_lies_in_another_by_half_or_more(box: Box, inside: bool) -> None:
    assert _lies_in_one(box, [Box(100, 100, 100, 100)]) is inside
    assert _lies_in_one(box, [Box(0, 0, 1, 1), Box(100, 100, 100, 100)]) is inside
    assert not _lies_in_one(box, [])


@pytest.mark.parametrize(
    ("verdicts", "others", "verdict"),
    [
        ([], [], "blank"),
        ([], [50], "blank"),
        (["not-a-digit"], [], "not-a-digit"),
        (["digits", "digits"], [], "digits"),
        (["digits", "unsure"], [], "unsure"),
        (["digits", "digits"], [50], "digits"),  # a fifth of the ink is unread
        (["digits", "digits"], [51], "unsure"),
        (["digits", "digits"], [25, 26], "unsure"),
    ],
)
def test_unread_ink_makes_an_answer_unsure(
    verdicts: list[Verdict], others: list[int], verdict: str
) -> None:
    boxes = [prediction(crop(), 1, each) for each in verdicts]
    digits = [crop(area=100) for each in verdicts if each != "not-a-digit"]
    marks = [MarkFound("other", Box(0, 0, 9, 9), 0, area) for area in others]
    assert _verdict(boxes, bool(digits), digits, marks) == verdict


@pytest.mark.parametrize(
    ("kind", "height", "row", "prob", "verdict"),
    [
        ("other", 25, 0, 1.0, "unsure"),  # may be a digit of the line
        ("other", 24, 0, 1.0, "digits"),
        ("other", 60, 1, 1.0, "digits"),  # in a line without digits
        ("slash", 60, 0, 0.81, "digits"),
        ("slash", 60, 0, 0.79, "unsure"),  # may be a 1
        ("minus", 60, 0, 0.79, "digits"),
    ],
)
def test_a_mark_that_may_be_a_digit_makes_an_answer_unsure(
    kind: MarkKind, height: int, row: int, prob: float, verdict: str
) -> None:
    digits = [crop(area=100) for _ in range(8)]  # 40 pixels tall
    boxes = [prediction(each, 1) for each in digits]
    marks = [MarkFound(kind, Box(200, 0, 9, height), row, 10, prob)]
    assert _verdict(boxes, True, digits, marks) == verdict


def summary(
    verdicts: list[Verdict],
    marks: list[MarkFound] | None = None,
    possible: list[MarkFound] | None = None,
):
    rows = [0, 0, 1, 1, 1][: len(verdicts)]
    chosen = [
        (crop(30 * k, 60 * rows[k], row=rows[k]), probs_of(0.9, k / 100))
        for k in range(len(verdicts))
    ]
    boxes = [prediction(each, k, verdicts[k]) for k, (each, _) in enumerate(chosen)]
    return _summarise("name", chosen, boxes, marks or [], possible or [], Card())


def test_digits_are_grouped_by_lines_and_what_is_none_is_an_other() -> None:
    answer = summary(["digits", "not-a-digit", "unsure", "digits"])
    reading = answer.reading
    assert (reading.image, reading.verdict, reading.text) == ("name", "unsure", "0\n23")
    assert [digit.digit for digit in reading.digits] == [0, 2, 3]
    assert reading.lines == ((0,), (1, 2))
    assert [(mark.kind, mark.box.x) for mark in reading.others] == [("other", 30)]
    assert [each.box.x for each in answer.crops] == [0, 60, 90]
    np.testing.assert_allclose(answer.probs[:, 10], [0, 0.02, 0.03])


def test_where_no_digit_was_read_what_was_found_stays() -> None:
    answer = summary(["not-a-digit", "not-a-digit"])
    assert (answer.reading.verdict, answer.reading.text) == ("not-a-digit", "")
    assert len(answer.reading.digits) == 2
    assert answer.reading.others == ()
    empty = summary([])
    assert (empty.reading.verdict, empty.reading.lines) == ("blank", ())
    assert empty.probs.shape == (0, 11)


def test_others_are_named_once_and_stand_in_reading_order() -> None:
    possible = [
        MarkFound("percent", Box(30, 0, 20, 40), 0, 50),  # a part that is no digit
        MarkFound("comma", Box(2, 2, 4, 4), 0, 4),  # lies in a digit
    ]
    marks = [
        MarkFound("minus", Box(10, 60, 4, 4), 1, 4),
        MarkFound("point", Box(200, 0, 4, 4), 0, 4),
        MarkFound("slash", Box(45, 0, 8, 40), 0, 9),
    ]
    answer = summary(["digits", "not-a-digit", "digits"], marks, possible)
    found = [(mark.kind, mark.box.x) for mark in answer.reading.others]
    assert found == [("percent", 30), ("slash", 45), ("point", 200), ("minus", 10)]


def looked_at(text: str, *extra: tuple[int, int, int, int]) -> Preprocessed:
    image = write_text(text)
    for x, y, w, h in extra:
        image[y : y + h, x : x + w] = 30
    found = preprocess_fast((Photo(image, image.shape[1], image.shape[0]), "x"))
    assert found is not None
    return found


def test_an_answer_expects_one_digit_or_reads_all(reader: Reader) -> None:
    look = looked_at("47")
    probs = reader.network.judge(np.stack([each.pixels for each in look.crops]))
    both = answer_image(look, probs, reader.network, False)
    assert both.reading.text == "47"
    one = answer_image(look, probs, reader.network, True)
    best = int(probs[:, :10].max(axis=1).argmax())
    assert one.reading.text == "47"[best]
    assert len(one.crops) == len(one.probs) == 1


def test_an_error_is_no_reading(reader: Reader) -> None:
    assert isinstance(reader.read([ImageError("x")])[0], ImageError)
