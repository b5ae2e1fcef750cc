"""Marks are found before strokes are joined to digits; the rest of their line stays as it is."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from inkling.reading.detect.segments import Segments, segment
from inkling.reading.preprocess.drawing import make_drawing_map
from inkling.reading.recognise import marks as marks_module
from inkling.reading.recognise.mark_network import CLASSES, KINDS, classify_marks
from inkling.reading.recognise.marks import (
    LEAST,
    SLASH,
    LineMark,
    _groups,
    _joined,
    _slash_probs,
    _sure_specks,
    _sure_strokes,
    find_marks,
    mark_probs,
    without_marks,
)
from tests.reading.drawings import write_text
from tests.reading.maps import make_box


def written(text: str, *extra: tuple[int, int, int, int]) -> tuple:
    """The text map and the segments of a drawn text with rectangles x, y, w, h beside it."""
    image = write_text(text)
    for x, y, w, h in extra:
        image[y : y + h, x : x + w] = 30
    writing = make_drawing_map(image, 1.0)
    assert writing is not None
    return writing, segment(writing)


def probs_of(kind: str | None, prob: float) -> np.ndarray:
    each = np.zeros(len(CLASSES), np.float32)
    each[0] = 1 - prob
    each[CLASSES.index(kind or "digit")] = prob
    return each


@pytest.mark.parametrize(
    ("kind", "prob", "named"),
    [
        ("point", 0.81, ["point"]), ("comma", 0.81, ["comma"]), ("minus", 0.81, ["minus"]),
        ("colon", 0.81, ["colon"]), ("slash", 0.99, []), ("percent", 0.99, []),
        ("point", 0.79, []), (None, 0.99, []),
    ],
)  # fmt: skip
def test_a_speck_must_surely_be_a_mark(kind: str | None, prob: float, named: list[str]) -> None:
    speck = make_box(118, 84, 6, 6)
    found = _sure_specks([speck], probs_of(kind, prob)[None])
    assert [(each, part is speck) for each, part, _ in found] == [(each, True) for each in named]
    assert [found_prob for _, _, found_prob in found] == pytest.approx([prob] * len(named))


@pytest.mark.parametrize("kind", LEAST)
def test_a_stroke_must_surely_be_a_mark(kind: str) -> None:
    digit, mark = make_box(10, 10, 20, 40), make_box(40, 10, 20, 40)
    for prob, found in ((LEAST[kind] + 0.01, [(kind, mark)]), (LEAST[kind] - 0.01, [])):  # type: ignore[index]
        probs = np.stack([probs_of(None, 0.99), probs_of(kind, prob)])
        assert [each[:2] for each in _sure_strokes([digit, mark], probs)] == found
        # A line of nothing but marks keeps its strokes.
        assert _sure_strokes([mark], probs[1:]) == []


@pytest.mark.parametrize(("point", "comma"), [(0.5, 0.35), (0.35, 0.5), (0.4, 0.35)])
def test_a_point_or_a_comma_counts_as_either(point: float, comma: float) -> None:
    probs = probs_of("point", point)
    probs[1 + KINDS.index("comma")] = comma
    probs[0] = 1 - point - comma
    found = _sure_specks([make_box(118, 84, 6, 6)], probs[None])
    sure = point + comma >= 0.8
    assert [kind for kind, _, _ in found] == ["point" if point > comma else "comma"] * sure


@pytest.mark.parametrize(
    ("second", "kinds", "joined"),
    [
        (make_box(102, 50, 6, 6), ("point", "point"), ["colon"]),
        (make_box(106, 50, 6, 6), ("point", "point"), ["point", "point"]),  # beside it
        (make_box(105, 50, 6, 6), ("point", "point"), ["colon"]),
        (make_box(102, 50, 6, 6), ("point", "comma"), ["point", "comma"]),
        (make_box(102, 50, 6, 6), ("comma", "comma"), ["comma", "comma"]),
        (make_box(108, 50, 6, 6), ("percent", "percent"), ["percent"]),
        (make_box(109, 50, 6, 6), ("percent", "percent"), ["percent", "percent"]),
    ],
)
def test_pieces_of_one_mark_are_joined(second, kinds: tuple[str, str], joined: list[str]) -> None:
    first = make_box(100, 84, 6, 6)
    found = _joined([(kinds[1], second, 0.7), (kinds[0], first, 0.9)])  # type: ignore[list-item]
    assert [kind for kind, _, _ in found] == joined
    assert min(prob for _, _, prob in found) == 0.7
    if len(joined) == 1:
        assert (found[0][1].y, found[0][1].h) == (50, 40)


def test_a_minus_is_taken_out_of_its_line() -> None:
    writing, segments = written("4 7", (98, 62, 44, 8))
    marks = find_marks(writing, segments)
    assert [(mark.kind, mark.row) for mark in marks.sure] == [("minus", 0)]
    assert marks.sure[0].part.x == pytest.approx(98, abs=2)
    assert marks.possible == marks.slashes == ()
    left = without_marks(segments, marks.sure)
    assert len(left.strokes[0]) == len(segments.strokes[0]) - 1
    assert len(left.parts) == len(left.rows) == 2
    gone = set(marks.sure[0].part.labels)
    assert not any(gone.intersection(part.labels) for part in (*left.parts, *left.strokes[0]))


def test_a_minus_close_to_a_digit_is_no_part_of_it() -> None:
    _, segments = written("4 7", (98, 62, 44, 8))
    stroke = next(part for part in segments.strokes[0] if 90 < part.x < 110)
    beside = min(segments.strokes[0], key=lambda part: abs(part.right - stroke.x))
    near = replace(stroke, x=beside.right + 1)
    line = tuple(near if part is stroke else part for part in segments.strokes[0])
    joined = without_marks(
        Segments(segments.labels, segments.parts, segments.rows, (line,), ((),)),
        [LineMark("minus", near, 0)],
    )
    assert [part.x for part in joined.parts] == [p.x for p in line if p is not near]


def test_without_marks_the_segments_stay_as_they_are() -> None:
    _, segments = written("47")
    assert without_marks(segments, []) is segments


def test_a_line_of_nothing_but_marks_keeps_them_as_parts() -> None:
    image = np.full((120, 300), 245, np.uint8)
    image[56:63, 40:90] = image[56:63, 140:190] = image[56:63, 220:270] = 30
    writing = make_drawing_map(image, 1.0)
    assert writing is not None
    segments = segment(writing)
    marks = find_marks(writing, segments)
    assert marks.sure == ()
    assert len(without_marks(segments, marks.sure).parts) == 3


@pytest.mark.parametrize(
    ("kind", "prob", "sure", "possible", "slashes"),
    [
        ("slash", 0.56, 1, 0, 0),
        ("slash", 0.54, 0, 1, 1),
        ("slash", 0.41, 0, 0, 1),
        ("slash", 0.03, 0, 0, 1),
        ("slash", 0.01, 0, 0, 0),
        ("comma", 0.79, 0, 1, 0),
        ("other", 0.96, 1, 0, 0),
        ("other", 0.94, 0, 1, 0),
        ("ruling", 0.99, 0, 0, 0),  # may be a 1
        (None, 0.99, 0, 0, 0),
    ],
)
def test_how_sure_a_mark_must_be(
    kind: str | None,
    prob: float,
    sure: int,
    possible: int,
    slashes: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    writing, segments = written("47")

    def answer(*_: object) -> np.ndarray:  # the network's answer is what this test is not about
        return np.stack([probs_of(None, 0.99), probs_of(kind, prob)])

    monkeypatch.setattr(marks_module, "mark_probs", answer)
    marks = find_marks(writing, segments)
    assert (len(marks.sure), len(marks.possible), len(marks.slashes)) == (sure, possible, slashes)
    assert all(slash == (segments.strokes[0][1], pytest.approx(prob)) for slash in marks.slashes)


def test_a_straight_1_is_a_digit() -> None:
    writing, segments = written("47 85", (158, 34, 8, 70))
    parts = sorted(segments.strokes[0], key=lambda part: part.x)
    probs = classify_marks(writing, segments.labels, parts)
    assert probs.argmax(axis=1).tolist() == [CLASSES.index("digit")] * 5


def slashed(lean: float) -> tuple:
    """The text map and the segments of 47, a stroke and 85; `lean` is in pixels."""
    image = write_text("47 85")
    x = 162
    cv2.line(image, (round(x + lean / 2), 25), (round(x - lean / 2), 100), 30, 6, cv2.LINE_AA)
    writing = make_drawing_map(image, 1.0)
    assert writing is not None
    return writing, segment(writing)


@pytest.mark.parametrize(("lean", "sure"), [(50, True), (0, False)])
def test_a_slash_is_what_both_networks_call_one(lean: float, sure: bool) -> None:
    writing, segments = slashed(lean)
    parts = segments.strokes[0]
    stroke = min(range(len(parts)), key=lambda k: abs(parts[k].x + parts[k].w / 2 - 162))
    probs = mark_probs(writing, segments.labels, parts)
    alone = classify_marks(writing, segments.labels, parts)
    line = _slash_probs(writing, segments.labels, parts)
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-5)
    assert bool(probs[stroke, SLASH] > 0.8) is sure
    if sure:
        np.testing.assert_allclose(probs[:, SLASH], alone[:, SLASH] * line, rtol=1e-5)
        assert line[stroke] > 0.8
        assert np.delete(line, stroke).max() < 0.2
    np.testing.assert_array_equal(probs[:, 1:SLASH], alone[:, 1:SLASH])


def test_small_parts_above_each_other_share_a_window() -> None:
    digits = [make_box(10, 10, 20, 40), make_box(80, 10, 20, 40)]
    colon = [make_box(50, 15, 6, 6), make_box(51, 40, 6, 6)]
    bar, foot = make_box(120, 10, 30, 6), make_box(150, 30, 4, 8)
    assert _groups([*digits, *colon, bar, foot]) == [[0], [2, 3], [1], [4], [5]]
    assert _groups([make_box(10, 10, 20, 40), make_box(12, 10, 20, 40)]) == [[0], [1]]


def test_a_lone_stroke_is_compared_with_nothing() -> None:
    writing, segments = written("7")
    assert len(segments.strokes[0]) == 1
    marks = find_marks(writing, segments)
    assert (marks.sure, marks.possible, marks.slashes) == ((), (), ())
