"""The whole reader: right answers, verdicts, order, errors, other models."""

import io
import json
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from inkling.errors import ImageError, ModelError
from inkling.reading.pipeline import Reader, read
from inkling.reading.preprocess.thumbnails import Thumbnails
from inkling.reading.recognise.crops import Crop
from inkling.reading.recognise.network import BUNDLED, Card, load_network
from inkling.reading.recognise.row import is_plain
from inkling.reading.recognise.verdict import read_plain
from inkling.reading.trace import Trace
from inkling.synthesis.render import Pen, Placement, draw_glyph
from inkling.synthesis.strokes import write_digit
from inkling.types import DIGIT_NAMES, Box, Reading
from tests.reading.drawings import (
    cut_from_form,
    drawn_seven,
    drawn_zero,
    lit_from_side,
    mnist_test,
    on_desk,
    on_paper,
    on_ruled_paper,
    under_shadow,
)


def one(reader: Reader, image: np.ndarray, **how: bool) -> Reading:
    answer = reader.read([image], **how)[0]
    assert isinstance(answer, Reading)
    return answer


def test_a_folder_of_photos_is_not_held_in_memory_at_once(reader: Reader) -> None:
    pixels = np.full((2000, 2000), 250, np.uint8)
    pixels[900:1100, 990:1010] = 20
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    tracemalloc.start()
    try:
        readings = reader.read([file.getvalue()] * 48)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [isinstance(one, Reading) and one.text for one in readings] == ["1"] * 48
    assert peak < 300_000_000  # 407 million bytes where all are opened first


@pytest.mark.parametrize(("draw", "text"), [(drawn_seven, "7"), (drawn_zero, "0")])
def test_a_drawn_digit_is_read_and_boxed(reader: Reader, draw, text: str) -> None:
    image = draw()
    reading = one(reader, image)
    assert (reading.verdict, reading.text) == ("digits", text)
    rows = np.flatnonzero((image < 128).any(axis=1))
    box = reading.digits[0].box
    assert abs(box.y - rows[0]) <= 2
    assert abs(box.h - len(rows)) <= 3


def test_a_row_is_read_from_the_left_and_lines_from_the_top(reader: Reader) -> None:
    seven, zero = drawn_seven(100, 100), drawn_zero()
    page = np.vstack([np.hstack([seven, zero, zero]), np.hstack([zero, seven, seven])])
    assert one(reader, page).text == "700\n077"


@pytest.mark.parametrize(
    "paper",
    [
        np.full((60, 50), 255, np.uint8),
        np.zeros((60, 50), np.uint8),
        np.full((28, 28), 128, np.uint8),
        np.zeros((1, 1), np.uint8),
        lit_from_side(np.full((120, 160), 230, np.uint8)),
        on_ruled_paper(np.full((120, 160), 230, np.uint8)),
        np.random.default_rng(3).normal(225, 4, (90, 90)).clip(0, 255).astype(np.uint8),
        cut_from_form((90, 80), "tr"),
        cut_from_form((60, 110), "lr"),
        cut_from_form((90, 80), "ltrb"),
    ],
    ids=["white", "black", "grey", "1x1", "shade", "ruled", "grain", "corner", "sides", "cell"],
)
def test_nothing_written_is_blank(reader: Reader, paper: np.ndarray) -> None:
    reading = one(reader, paper)
    assert (reading.verdict, reading.text, reading.digits) == ("blank", "", ())


def test_many_at_once_are_what_each_is_alone(reader: Reader) -> None:
    images = [drawn_seven(), drawn_zero(28, 3), drawn_seven(28, 28, 2), drawn_zero(200)]
    together = reader.read(images)
    for image, reading in zip(images, together, strict=True):
        assert isinstance(reading, Reading)
        assert one(reader, image).text == reading.text


def test_a_stack_of_thumbnails_is_what_its_images_are(reader: Reader) -> None:
    stack = np.stack([drawn_zero(28, 3), drawn_seven(28, 28, 3), 255 - drawn_zero(28, 3)])
    assert [r.text for r in reader.read(stack) if isinstance(r, Reading)] == ["0", "7", "0"]


def test_a_bad_image_takes_its_own_place(reader: Reader, tmp_path: Path) -> None:
    good = tmp_path / "good.png"
    Image.fromarray(drawn_seven()).save(good)
    answers = reader.read([tmp_path / "no.png", good, b"", ImageError("mine"), str(good)])
    assert [type(answer) for answer in answers] == [
        ImageError, Reading, ImageError, ImageError, Reading,
    ]  # fmt: skip
    assert isinstance(answers[4], Reading)
    assert answers[4].image == str(good)


def test_the_facade_raises_for_one_image(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="there is no file"):
        read(tmp_path / "no.png")
    assert read(drawn_seven()).text == "7"


def test_expecting_one_gives_one(reader: Reader) -> None:
    pair = np.hstack([drawn_seven(100, 100), drawn_zero()])
    assert one(reader, pair).text == "70"
    assert len(one(reader, pair, expect_one=True).text) == 1


def test_a_trace_ends_where_the_reading_does(reader: Reader) -> None:
    images = [drawn_seven(), drawn_zero(28, 3), b"junk"]
    for reading, trace in zip(reader.read(images), reader.trace(images), strict=True):
        if isinstance(trace, ImageError):
            assert isinstance(reading, ImageError)
            continue
        assert isinstance(reading, Reading)
        assert (trace.reading.text, trace.reading.verdict) == (reading.text, reading.verdict)
        assert [b.box for b in trace.reading.digits] == [b.box for b in reading.digits]
        assert len(trace.answer.crops) == len(trace.reading.digits)
        for box, probs in zip(trace.reading.digits, trace.answer.probs, strict=True):
            assert probs[box.digit] == pytest.approx(box.confidence, abs=1e-4)


@pytest.mark.mnist
def test_what_a_trace_shows_of_thumbnails_is_what_was_answered(
    reader: Reader, mnist_folder: Path
) -> None:
    images = mnist_test(mnist_folder)[0][1800:2000]  # one of them is read otherwise by the long way
    for reading, trace in zip(reader.read(images), reader.trace(images), strict=True):
        assert isinstance(trace, Trace)
        assert isinstance(reading, Reading)
        assert trace.reading.text == reading.text
        for box, probs in zip(trace.reading.digits, trace.answer.probs, strict=True):
            assert probs[box.digit] == pytest.approx(box.confidence, abs=1e-4)


def tiny_model(path: Path, classes: list[str], card: dict | None = None, side: int = 28) -> Path:
    """A linear model with fixed random weights, in the form that `load_network` asks for."""
    onnx = pytest.importorskip("onnx", reason="the base extra runs models, it does not build them")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    rng = np.random.default_rng(0)
    weights = rng.normal(0, 0.05, (side * side, len(classes))).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["images"], ["flat"]),
            helper.make_node("MatMul", ["flat", "w"], ["logits"]),
        ],
        "tiny",
        [helper.make_tensor_value_info("images", kind, ["n", 1, side, side])],
        [helper.make_tensor_value_info("logits", kind, ["n", len(classes)])],
        [helper.make_tensor("w", kind, weights.shape, weights.ravel())],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    entries = {"format": 1, "side": side, "mean": 0.13, "std": 0.31, "classes": classes}
    if card is not None:
        entries |= card
    helper.set_model_props(model, {"card": json.dumps(entries)})
    onnx.save(model, path)
    return path


def test_a_model_of_ten_classes_serves_too(tmp_path: Path) -> None:
    path = tiny_model(tmp_path / "ten.onnx", list("9876543210"))
    network = load_network(path)
    probs = network.probabilities(np.zeros((5, 28, 28), np.uint8))
    assert probs.shape == (5, 11)
    assert (probs[:, 10] == 0).all()
    np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-5)
    assert one(Reader(network), drawn_seven()).digits


@pytest.mark.parametrize(
    ("name", "classes", "card", "side"),
    [
        ("one", ["a"], None, 28),
        ("twice", ["a", "b", "a"], None, 28),
        ("empty", ["a", "b", ""], None, 28),
        ("std", list("0123456789"), {"std": 0}, 28),
        ("words", list("0123456789"), {"mean": "dark"}, 28),
        ("large", list("0123456789"), None, 32),
    ],
)
def test_foreign_models_are_refused(
    tmp_path: Path, name: str, classes: list[str], card: dict | None, side: int
) -> None:
    path = tiny_model(tmp_path / f"{name}.onnx", classes, card, side)
    with pytest.raises(ModelError):
        load_network(path)


def test_a_stack_of_any_sizes_keeps_its_order(reader: Reader) -> None:
    draw = [drawn_zero(28, 3), drawn_seven(28, 28, 3), drawn_zero(40, 5), drawn_seven(24, 20, 2)]
    order = np.random.default_rng(3).integers(0, len(draw), 400)
    two = Reader(reader.network, workers=2)
    texts = [r.text for r in two.read([draw[i] for i in order]) if isinstance(r, Reading)]
    assert texts == [["0", "7", "0", "7"][i] for i in order]


def thumbs_of(width: int, pixels: np.ndarray) -> Thumbnails:
    return Thumbnails(
        np.ones(1, bool), np.zeros(1, bool), np.ones(1, bool), np.ones(1, bool), pixels,
        np.array([[4, 4, width, 20]]),
        np.full(1, 2.0, np.float32), np.ones(1, np.float32), (28, 28),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("width", "chance", "none", "knows", "stays"),
    [
        (14, 0.65, 0.3, True, True),  # some digit
        (14, 0.35, 0.6, True, True),  # in doubt, but not refused
        (14, 0.1, 0.85, True, False),
        (30, 0.95, 0.02, True, True),
        (38, 0.95, 0.02, True, True),
        (30, 0.6, 0.2, True, True),  # wide, and surely not none: one digit
        (30, 0.5, 0.4, True, False),
        (14, 0.65, 0.0, False, True),
        (14, 0.5, 0.0, False, False),
        (30, 0.95, 0.0, False, True),
        (30, 0.8, 0.0, False, False),
        (38, 0.99, 0.0, False, False),  # a model of ten classes may take two for one
    ],
)
def test_which_thumbnails_stay_on_the_fast_path(
    width: int, chance: float, none: float, knows: bool, stays: bool
) -> None:
    probs = np.full((1, 11), (1 - chance - none) / 9, np.float32)
    probs[0, 3], probs[0, 10] = chance, none
    card = Card(
        classes=(*DIGIT_NAMES, "none") if knows else DIGIT_NAMES,
        thresholds={"not_a_digit": 0.7, "unsure": 0.75},
    )
    read = read_plain(
        thumbs_of(width, np.zeros((1, 28, 28), np.uint8)), probs, [5], ["?"] * 6, card
    )
    assert [index for index, _ in read] == ([5] if stays else [])
    assert all(reading.text == "3" for _, reading in read)


def test_two_digits_in_a_thumbnail_are_two_to_any_model(tmp_path: Path) -> None:
    path = tiny_model(tmp_path / "ten.onnx", list("0123456789"))
    pair = np.concatenate([drawn_zero(20, 2), drawn_seven(20, 20, 2)], axis=1)
    (trace,) = Reader(load_network(path)).trace([pair])
    assert isinstance(trace, Trace)
    assert len(trace.preprocessed.segments.parts) == 2
    assert len(trace.reading.digits) == 2


def test_files_that_are_no_models_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no model"):
        load_network(tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(ModelError, match="not a valid ONNX model"):
        load_network(tmp_path / "text.onnx")


def test_the_bundled_model_is_small() -> None:
    assert BUNDLED.stat().st_size <= 1_500_000


@pytest.mark.mnist
def test_mnist_is_read_through_the_whole_reader(reader: Reader, mnist_folder: Path) -> None:
    images, labels = mnist_test(mnist_folder)
    answers = reader.read(images[:3000])
    right = [
        isinstance(a, Reading) and a.text == str(label)
        for a, label in zip(answers, labels, strict=False)
    ]
    assert np.mean(right) >= 0.99


@pytest.mark.mnist
@pytest.mark.parametrize("count", [120, pytest.param(500, marks=pytest.mark.slow)])
def test_letters_are_not_answered_as_surely_as_digits(
    reader: Reader, mnist_folder: Path, count: int
) -> None:
    file = mnist_folder.parent / "dev" / "letters-notmnist.npz"
    if not file.is_file():
        pytest.skip("needs dev/letters-notmnist.npz in INKLING_DATA")
    with np.load(file) as data:
        answers = reader.read(data["X"][:count])
    said = [isinstance(a, Reading) and a.verdict == "digits" for a in answers]
    assert np.mean(said) < 0.35


@pytest.mark.mnist
def test_digits_on_paper_are_read(reader: Reader, mnist_folder: Path) -> None:
    images, labels = mnist_test(mnist_folder)
    rng = np.random.default_rng(4)
    images = [on_paper(image, rng) for image in images[:100]]
    answers = reader.read(images)
    right = [
        isinstance(a, Reading) and a.text == str(n) for a, n in zip(answers, labels, strict=False)
    ]
    assert np.mean(right) >= 0.96


@pytest.mark.parametrize("gap", [8, 16])
@pytest.mark.parametrize("aside", [0, 14, 22])
def test_the_bar_of_a_5_may_stand_apart(reader: Reader, gap: int, aside: int) -> None:
    paper = np.full((240, 220), 238, np.uint8)
    cv2.line(paper, (92, 88), (80, 125), 40, 9, cv2.LINE_AA)
    cv2.ellipse(paper, (86, 158), (38, 36), 0, -80, 140, 40, 9, cv2.LINE_AA)
    left, top = 92 + aside, 84 - gap
    cv2.line(paper, (left, top), (left + 62, top - 6), 40, 9, cv2.LINE_AA)
    (trace,) = reader.trace([paper])
    assert isinstance(trace, Trace)
    assert (trace.reading.text, len(trace.preprocessed.segments.parts)) == ("5", 1)


@pytest.mark.mnist
@pytest.mark.parametrize("count", [20, pytest.param(60, marks=pytest.mark.slow)])
def test_digits_are_read_under_a_shadow(reader: Reader, mnist_folder: Path, count: int) -> None:
    images, labels = (part[200 : 200 + count] for part in mnist_test(mnist_folder))
    rng = np.random.default_rng(8)
    photos = [under_shadow(on_desk(image, rng), rng) for image in images]
    traces = [trace for trace in reader.trace(photos) if isinstance(trace, Trace)]
    right = [t.reading.text == str(label) for t, label in zip(traces, labels, strict=True)]
    assert np.mean(right) >= 0.95  # before shadows were given their outline back, 0.9
    assert np.mean([not t.preprocessed.writing.light.light_ink for t in traces]) >= 0.96


def test_a_page_of_small_digits_is_read_row_by_row(reader: Reader) -> None:
    """Nine rows of fourteen: too small for the first look at the whole."""
    rng = np.random.default_rng(5)
    ink = np.zeros((900, 1200), np.float32)
    written: dict[tuple[int, int], int] = {}
    for down, across in np.ndindex(9, 14):
        digit = written[down, across] = int(rng.integers(10))
        place = Placement(80 + 78 * across, 70 + 92 * down, 42)
        draw_glyph(ink, write_digit(digit, rng), place, Pen(0.08), rng)
    shade = 228 * np.linspace(1, 0.75, 1200)[None] * (1 - ink) + 40 * ink
    page = np.clip(shade + rng.normal(0, 3, ink.shape), 0, 255).astype(np.uint8)
    (answer,) = reader.read([page])
    assert isinstance(answer, Reading)
    assert abs(len(answer.text.replace("\n", "")) - 126) <= 2
    middles = [(d.box.y + d.box.h / 2, d.box.x + d.box.w / 2, d.digit) for d in answer.digits]
    read = [((round((y - 70) / 92), round((x - 80) / 78)), digit) for y, x, digit in middles]
    assert [place for place, _ in read] == sorted(place for place, _ in read)
    assert sum(written[place] == digit for place, digit in read) >= 0.95 * 126


@pytest.mark.parametrize(
    ("width", "count", "chance", "plain"),
    [
        (12, 1, 0.7, True),
        (12, 1, 0.5, False),
        (18, 1, 0.7, False),
        (18, 1, 0.95, True),
        (12, 2, 0.7, False),
        (12, 2, 0.95, True),
        (30, 1, 0.99, False),
        (12, 0, 0.99, False),
    ],
)
def test_what_is_narrow_and_alone_may_be_less_sure(
    width: int, count: int, chance: float, plain: bool
) -> None:
    crop = Crop(Box(0, 0, width, 20), np.zeros((28, 28), np.uint8), 2.0, 1.0, 0, 1.0)
    probs = np.full(11, (1 - chance) / 10, np.float32)
    probs[3] = chance
    assert is_plain([crop] * count, [probs] * count) is plain


def test_one_image_needs_no_list(reader: Reader, tmp_path: Path) -> None:
    seven = drawn_seven()
    colour = np.repeat(seven[..., None], 3, axis=2)
    path = tmp_path / "seven.png"
    Image.fromarray(seven).save(path)
    for source in (seven, colour, path, str(path), path.read_bytes(), Image.fromarray(seven)):
        (answer,) = reader.read(source)
        assert isinstance(answer, Reading)
        assert answer.text == "7"


def test_stacks_may_have_channels(reader: Reader) -> None:
    stack = np.stack([drawn_seven(100, 100), drawn_zero()])
    for given in (stack, stack[:, None], np.repeat(stack[..., None], 3, axis=3), stack / 255):
        texts = [one.text for one in reader.read(given) if isinstance(one, Reading)]
        assert texts == ["7", "0"]
