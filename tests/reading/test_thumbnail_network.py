"""The small network for thumbnails: it answers only what it is sure of, and then it is right."""

import hashlib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from inkling.errors import ModelError
from inkling.reading.pipeline import Reader
from inkling.reading.preprocess.thumbnails import inverse_crops, preprocess_thumbnails
from inkling.reading.recognise import thumbnail_network as thumb_network
from inkling.reading.recognise.network import BATCH, BUNDLED, load_network
from inkling.reading.recognise.thumbnail_network import MODEL, SURE, judge_thumbnails
from tests.reading.drawings import drawn_zero, mnist_test


def in_parts(judge, parts: list) -> list:
    """As a reader with one thread has it."""
    return [judge(part) for part in parts]


@pytest.mark.mnist
def test_most_thumbnails_are_answered_by_it_and_rightly(reader: Reader, mnist_folder: Path) -> None:
    images, labels = mnist_test(mnist_folder)
    pixels = preprocess_thumbnails(images[:4000]).pixels
    own, small = reader.network.judge(pixels), load_network(MODEL)
    sure = small.probabilities(pixels)[:, :10].max(axis=1) >= small.card.thresholds[SURE]
    both = judge_thumbnails(pixels, reader.network, in_parts)
    assert 0.85 < sure.mean() < 1
    wrong = [(probs[sure].argmax(axis=1) != labels[:4000][sure]).sum() for probs in (both, own)]
    assert wrong[0] <= wrong[1] + 2
    np.testing.assert_allclose(both[~sure], own[~sure], atol=1e-5)


def test_any_number_of_thumbnails_will_do(reader: Reader) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (BATCH + 3, 28, 28), dtype=np.uint8)
    for count in (0, 1, BATCH, BATCH + 3):
        probs = judge_thumbnails(pixels[:count], reader.network, in_parts)
        assert probs.shape == (count, 11)
        np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-4)
    # Noise is nothing that it answers: these are the reader's own network's words.
    np.testing.assert_allclose(probs, reader.network.judge(pixels), atol=1e-5)


def test_where_all_are_sure_none_is_left(reader: Reader) -> None:
    drawn = np.stack([255 - drawn_zero(28, 3)] * 3)
    pixels = preprocess_thumbnails(drawn).pixels
    probs = judge_thumbnails(pixels, reader.network, in_parts)
    np.testing.assert_allclose(probs, load_network(MODEL).probabilities(pixels), atol=1e-6)
    assert (probs.argmax(axis=1) == 0).all()


def test_another_model_is_asked_alone(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = preprocess_thumbnails(np.stack([255 - drawn_zero(28, 3)] * 3)).pixels
    foreign = replace(reader.network, bundled=False)
    monkeypatch.delattr(thumb_network, "_small")
    probs = judge_thumbnails(pixels, foreign, in_parts)
    np.testing.assert_array_equal(probs, foreign.judge(pixels))


def test_a_damaged_file_is_reported_as_damaged(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "thumbs.onnx"
    broken.write_bytes(MODEL.read_bytes()[:2000])
    thumb_network._small.cache_clear()
    for path in (broken, tmp_path / "gone.onnx", BUNDLED):  # the last has no such threshold
        monkeypatch.setattr(thumb_network, "MODEL", path)
        with pytest.raises(ModelError, match="Install inkling again"):
            judge_thumbnails(np.zeros((1, 28, 28), np.uint8), reader.network, in_parts)


def test_its_hash_is_the_documented_one() -> None:
    page = Path(__file__).parents[2] / "docs" / "reader-model.md"
    assert hashlib.sha256(MODEL.read_bytes()).hexdigest() in page.read_text("utf-8")


def test_of_a_slim_crop_the_surer_side_is_ink(reader: Reader) -> None:
    """A 1 cropped to its ink: more of it is ink than background."""
    slim = np.full((3, 28, 10), 40, np.uint8)
    slim[:, :, 0] = slim[:, :, -1] = 230
    slim[1] = 255 - slim[1]
    slim[2, 4:24, 3:7] = 230  # not tight: its answer stays
    thumbs = preprocess_thumbnails(slim)
    thumbs = replace(thumbs, tight=np.array([True, True, False]))
    probs, inverse = reader.network.judge(thumbs.pixels), reader.network.judge(inverse_crops(slim))
    found, chosen = thumb_network.judge_inverse(slim, thumbs, probs, reader.network)
    for k in range(3):
        other = bool(thumbs.tight[k]) and inverse[k, :-1].max() > probs[k, :-1].max()
        np.testing.assert_array_equal(chosen[k], inverse[k] if other else probs[k])
        expected = inverse_crops(slim)[k] if other else thumbs.pixels[k]
        np.testing.assert_array_equal(found.pixels[k], expected)
    assert (chosen != probs).any()
    np.testing.assert_array_equal(chosen[2], probs[2])


def test_a_doubtful_tight_crop_is_judged_in_both_polarities(reader: Reader) -> None:
    """A 0 whose stroke is wider than its hole, fitted into a square."""
    zero = np.full((27, 27), 255, np.uint8)
    cv2.ellipse(zero, (13, 13), (13, 13), 0, 0, 360, 0, -1)
    cv2.ellipse(zero, (13, 13), (2, 3), 0, 0, 360, 255, -1)
    ring = np.stack([zero, 255 - zero])
    thumbs = preprocess_thumbnails(ring)
    assert thumbs.tight.all()
    probs = np.zeros((2, 11), np.float32)
    probs[:, 3], probs[:, 10] = 0.4, 0.6
    inverse = reader.network.judge(inverse_crops(ring))
    _, chosen = thumb_network.judge_inverse(ring, thumbs, probs, reader.network)
    better = inverse[:, :-1].max(axis=1) > 0.4
    np.testing.assert_array_equal(chosen, np.where(better[:, None], inverse, probs))
    assert better.all()
    assert (chosen.argmax(axis=1) == 0).all()
    sure = np.eye(11, dtype=np.float32)[[3, 3]]
    kept, same = thumb_network.judge_inverse(ring, thumbs, sure, reader.network)
    assert kept is thumbs
    assert same is sure


def test_a_sure_none_of_a_crop_is_no_answer(reader: Reader) -> None:
    """Only classes are compared: `none` of one side does not win over a digit of the other."""
    stack = np.stack([255 - drawn_zero(28, 3)])
    wide = preprocess_thumbnails(stack)
    assert not wide.tight[0]
    probs = np.zeros((1, 11), np.float32)
    assert thumb_network.judge_inverse(stack, wide, probs, reader.network) == (wide, probs)
