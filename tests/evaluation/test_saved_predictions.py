from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inkling.data.splits import split_digits
from inkling.data.statistics import first_of_each_class, pixel_statistics
from inkling.errors import RunError
from inkling.evaluation.image_selection import LIMIT, select_images, surest_mistakes
from inkling.evaluation.metrics import measure, softmax
from inkling.evaluation.test_predictions import (
    collect_predictions,
    describe_splits,
    read_measures,
    read_predictions,
    write_predictions,
)
from inkling.types import Digits

LOGITS = np.random.default_rng(0).normal(size=(80, 10)) * 2


@pytest.fixture
def written(few: Digits, tmp_path: Path) -> Path:
    splits, test = split_digits(few.take(np.arange(320)), 40, 0), few.take(np.arange(320, 400))
    evaluation = measure(LOGITS, test.labels, test.classes)
    predictions = collect_predictions(splits, test, softmax(LOGITS))
    write_predictions(tmp_path, evaluation, describe_splits(splits, test), predictions)
    return tmp_path


def test_what_is_written_is_read_back(written: Path, few: Digits) -> None:
    measures = read_measures(written)
    predictions = read_predictions(written, few.classes)
    test = few.take(np.arange(320, 400))
    assert np.array_equal(predictions.answers, LOGITS.argmax(axis=1))
    assert np.array_equal(predictions.labels, test.labels)
    assert np.array_equal(predictions.digits.images, test.images[predictions.indices])
    assert np.allclose(predictions.probabilities, softmax(LOGITS)[predictions.indices])
    assert measures["accuracy"] == np.mean(predictions.answers == predictions.labels)
    assert sum(measures["data"]["counts"]["validation"]) == 40
    assert predictions.samples.counts().max() == 10


@pytest.mark.parametrize("name", ["evaluation.json", "test_predictions.npz"])
@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"PK\x03\x04 nonsense", None])
def test_damage_is_a_sentence(name: str, content: bytes | None, written: Path) -> None:
    path = written / name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    read = {
        "evaluation.json": read_measures,
        "test_predictions.npz": lambda folder: read_predictions(folder, tuple("0123456789")),
    }[name]
    with pytest.raises(RunError, match=f"{name} is (missing|damaged)"):
        read(written)


def test_arrays_that_do_not_fit_are_refused(written: Path) -> None:
    with pytest.raises(RunError, match="damaged or of another version"):
        read_predictions(written, ("a", "b"))
    np.savez(written / "test_predictions.npz", images=np.array([{}], dtype=object))
    with pytest.raises(RunError, match="damaged"):
        read_predictions(written, tuple("0123456789"))


@given(
    st.integers(2, 6).flatmap(
        lambda classes: st.integers(1, 300).flatmap(
            lambda n: st.tuples(
                arrays(np.int64, n, elements=st.integers(0, classes - 1)),
                arrays(np.float64, (n, classes), elements=st.floats(0.01, 1)),
            )
        )
    )
)
def test_every_cell_is_represented(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    labels, weights = drawn
    probabilities = weights / weights.sum(axis=1, keepdims=True)
    answers = probabilities.argmax(axis=1)
    chosen = select_images(labels, probabilities)
    assert len(set(chosen.tolist())) == len(chosen) <= LIMIT
    cells = set(zip(labels.tolist(), answers.tolist(), strict=True))
    kept = set(zip(labels[chosen].tolist(), answers[chosen].tolist(), strict=True))
    assert kept == cells
    wrong = surest_mistakes(labels, probabilities)
    assert set(wrong.tolist()) == set(np.nonzero(answers != labels)[0].tolist())
    assert (np.diff(probabilities.max(axis=1)[wrong]) <= 0).all()


def test_a_network_that_knows_nothing_keeps_no_more_than_the_limit() -> None:
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(40), 20_000)
    chosen = select_images(rng.integers(0, 40, 20_000), probabilities)
    assert len(chosen) == LIMIT


def test_pixels_are_measured_as_numpy_does(few: Digits) -> None:
    pixels = few.images / 255
    assert pixel_statistics(few) == pytest.approx((pixels.mean(), pixels.std()))
    assert pixel_statistics(few.take(np.arange(0))) == (0, 0)


def test_the_first_of_each_class(few: Digits) -> None:
    first = first_of_each_class(few, 3)
    assert first.counts().tolist() == [3] * 10
    place = np.nonzero(few.labels == 7)[0][2]
    assert np.array_equal(first.images[first.labels == 7][2], few.images[place])
