"""Stored labels to classes: one-hot rows, words, numbers from 1, gaps and faults."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.data.labels import (
    MAX_CLASSES,
    LabelRule,
    Meaning,
    as_numbers,
    clean_labels,
    could_shift,
    make_rule,
)
from inkling.errors import DataError
from inkling.types import DIGIT_NAMES


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.integers(1, 50))
def test_labels_become_the_numbers_of_their_classes(labels: list[int], first: int) -> None:
    rule = LabelRule(tuple("abcdef"), tuple("012345"))
    assert rule.apply(np.array(labels), "x").tolist() == labels
    words = LabelRule(tuple("abcdef"), tuple("abcdef"))
    text = np.array(["abcdef"[k] for k in labels])
    assert words.apply(text, "x").tolist() == labels
    assert words.apply(text.astype("S"), "x").tolist() == labels
    assert rule.apply(np.zeros(0, np.int64), "x").shape == (0,)
    with pytest.raises(DataError, match=rf"x, row {len(labels) + first}: the label '9' is not one"):
        rule.apply(np.array([*labels, 9, 9]), "x", first)


def test_an_unknown_label_names_some_that_are_known() -> None:
    for count, ending in ((12, "k11"), (13, "k11, ...")):
        names = tuple(f"k{k}" for k in range(count))
        with pytest.raises(DataError) as caught:
            LabelRule(names, names).apply(np.array(["other"]), "x")
        assert str(caught.value).endswith(ending)


@pytest.mark.parametrize(
    ("stored", "clean"),
    [
        (np.array([3, 1, 4]), [3, 1, 4]),
        (np.array([[3], [1]]), [3, 1]),
        (np.array([[3, 1, 4]]), [3, 1, 4]),
        (np.array([3.0, 1.0]), [3, 1]),
        (np.array([True, False]), [1, 0]),
        (np.array([" a", "b "]), ["a", "b"]),
        (np.array([b"a", b"bc"]), ["a", "bc"]),
        (np.array(["a", b"b", 3], object), ["a", "b", "3"]),
        (np.eye(4)[[2, 0, 3]], [2, 0, 3]),
        (np.eye(4)[[2, 0, 3]] * 2 - 1, [2, 0, 3]),  # -1 and 1
        (np.eye(4, dtype=bool)[[1, 1]], [1, 1]),
    ],
)
def test_labels_are_cleaned(stored: np.ndarray, clean: list) -> None:
    assert clean_labels(stored, "x").tolist() == clean


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        (np.array([0.0, 1.5, 2.5]), "x, row 12: the label 1.5 is not a whole number"),
        (np.array([np.nan, 1.0]), "x, row 11: the label nan is not a whole number"),
        (np.zeros((2, 2, 2)), "labels have the shape (2, 2, 2)"),
        (np.array([1 + 2j]), "labels must be numbers or text"),
        (np.array([[0, 1], [0, 0]]), "x, row 2: labels of shape (2, 2) are not one-hot"),
        (np.array([[0, 1], [1, 1]]), "x, row 2: labels of shape (2, 2) are not one-hot"),
        (np.array([[1, 2, 3], [3, 1, 2]]), "x: labels of shape (2, 3) are not one-hot"),
        (np.array([["a", "b"], ["b", "a"]]), "are not one-hot"),
        (np.zeros((0, 10)), "are not one-hot"),
    ],
)
def test_what_is_no_label_is_an_error(stored: np.ndarray, words: str) -> None:
    with pytest.raises(DataError) as caught:
        clean_labels(stored, "x", 11)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("labels", "numbers", "shift"),
    [
        (np.array([1, 10, 3]), [1, 10, 3], True),
        (np.array([0, 10]), [0, 10], False),
        (np.array([1, 9]), [1, 9], False),
        (np.array([1, 11]), [1, 11], False),
        (np.array(["1", "10"]), [1, 10], True),
        (np.array(["1", "a"]), None, False),
        (np.array(["-1"]), None, False),
        (np.array([], np.int64), [], False),
        (np.array([], "U1"), None, False),
    ],
)
def test_which_labels_are_numbers_and_may_be_shifted(
    labels: np.ndarray, numbers: list[int] | None, shift: bool
) -> None:
    found = as_numbers(labels)
    assert (None if found is None else found.tolist()) == numbers
    assert could_shift(found) is shift


def rule(labels: list, **how: object) -> LabelRule:
    meaning: Meaning = how.get("meaning", "as-is")  # type: ignore[assignment]
    return make_rule(
        np.array(labels), "x", meaning, how.get("classes"), how.get("first", 0), 11,  # type: ignore[arg-type]
        explicit=bool(how.get("explicit")),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("meaning", "of_ten", "of_one"), [("ten-is-zero", 0, 1), ("from-one", 9, 0)]
)
def test_labels_from_one_to_ten_are_digits(meaning: Meaning, of_ten: int, of_one: int) -> None:
    made = rule([1, 10], meaning=meaning)
    assert made.classes == DIGIT_NAMES
    assert made.meaning == meaning
    assert made.apply(np.array([10, 1, 5]), "x").tolist() == [of_ten, of_one, 5 - (of_one == 0)]


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ([0, 9], DIGIT_NAMES),
        ([3], DIGIT_NAMES),
        ([1, 9], DIGIT_NAMES),
        ([*range(11)], tuple(map(str, range(11)))),
        ([*range(1, 11)], tuple(map(str, range(1, 11)))),  # letters: there is no class 0
        ([*range(1, 27)], tuple(map(str, range(1, 27)))),
        (["b", "a", "b"], ("a", "b")),
        (["3", "1"], DIGIT_NAMES),
    ],
)
def test_classes_are_the_labels(labels: list, classes: tuple[str, ...]) -> None:
    made = rule(labels)
    assert made.classes == classes
    found = made.apply(np.array(labels), "x")
    assert [made.classes[k] for k in found] == [str(label) for label in labels]


def test_listed_classes_name_the_numbers_from_the_first() -> None:
    made = rule([1, 3], classes=("A", "B", "C"), first=1)
    assert (made.classes, made.names) == (("A", "B", "C"), ("1", "2", "3"))
    words = rule(["B", "A"], classes=("A", "B"))
    assert words.apply(np.array(["B", "A"]), "x").tolist() == [1, 0]


def test_numbers_that_are_no_classes_are_errors() -> None:
    with pytest.raises(DataError, match="x, row 12: the label -1 is not a class number"):
        rule([0, -1])
    with pytest.raises(DataError, match=f"x, row 12: the label {MAX_CLASSES} is not a class"):
        rule([0, MAX_CLASSES])
    assert len(rule([0, MAX_CLASSES - 1], explicit=True).classes) == MAX_CLASSES
    with pytest.raises(
        DataError, match="x, row 13: the label 12 may be an error: no image has the label 10"
    ):
        rule([0, 11, 12])
    assert len(rule([0, 12], explicit=True).classes) == 13
    many = [f"w{k}" for k in range(MAX_CLASSES)]
    assert len(rule(many).classes) == MAX_CLASSES
    with pytest.raises(DataError, match="1,001 different labels"):
        rule([*many, "other"])


def test_rows_are_counted_from_one() -> None:
    with pytest.raises(DataError, match="x, row 2: the label '9'"):
        LabelRule(("a",), ("0",)).apply(np.array([0, 9]), "x")
    with pytest.raises(DataError, match=r"x, row 1: the label 0\.5"):
        clean_labels(np.array([0.5, 1]), "x")
    with pytest.raises(DataError, match="x, row 1: the label -1"):
        make_rule(np.array([-1]), "x", "as-is", None, 0)
