"""A model file and its card: the order of classes, the scale of pixels, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from inkling.errors import ModelError
from inkling.reading.recognise.network import BATCH, BUNDLED, NONE, Card, load_network
from inkling.types import DIGIT_NAMES
from tests.reading.drawings import drawn_seven, drawn_zero
from tests.reading.test_reader import tiny_model

DIGITS = list(DIGIT_NAMES)


@pytest.mark.parametrize(
    ("classes", "labels", "digits"),
    [
        (DIGITS, DIGIT_NAMES, True),
        ([*DIGITS, NONE], DIGIT_NAMES, True),
        ([NONE, *DIGITS[::-1]], DIGIT_NAMES, True),
        (["b", NONE, "a"], ("b", "a"), False),
        (DIGITS[:9], tuple(DIGITS[:9]), False),
        ([*DIGITS, "x"], (*DIGIT_NAMES, "x"), False),
    ],
)
def test_labels_are_the_classes_without_none(
    classes: list[str], labels: tuple[str, ...], digits: bool
) -> None:
    card = Card(classes=tuple(classes))
    assert card.labels == labels
    assert card.reads_digits is digits


@pytest.mark.parametrize("classes", [["b", NONE, "a"], DIGITS[::-1], [*DIGITS, NONE]])
def test_probabilities_are_a_softmax_over_the_temperature(
    classes: list[str], tmp_path: Path
) -> None:
    """Beside the graph computed by hand; `none` comes last wherever the graph has it."""
    card = {"mean": 0.2, "std": 0.4, "temperature": 2.5}
    network = load_network(tiny_model(tmp_path / "m.onnx", classes, card))
    pixels = np.random.default_rng(1).integers(0, 256, (BATCH + 3, 28, 28)).astype(np.uint8)
    weights = np.random.default_rng(0).normal(0, 0.05, (784, len(classes))).astype(np.float32)
    logits = ((pixels.reshape(-1, 784) / 255 - 0.2) / 0.4) @ weights / 2.5
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = exp / exp.sum(axis=1, keepdims=True)
    found = network.probabilities(pixels)
    labels = [name for name in classes if name != NONE]
    if set(labels) == set(DIGITS):
        labels = DIGITS
    assert found.shape == (BATCH + 3, len(labels) + 1)
    for column, name in enumerate(labels):
        np.testing.assert_allclose(found[:, column], expected[:, classes.index(name)], atol=1e-4)
    none = expected[:, classes.index(NONE)] if NONE in classes else 0
    np.testing.assert_allclose(found[:, -1], none, atol=1e-4)
    assert network.knows_none is (NONE in classes)
    assert network.probabilities(pixels[:0]).shape == (0, len(labels) + 1)


def test_the_bundled_model_is_known_as_such(tmp_path: Path) -> None:
    assert load_network().bundled
    assert load_network(str(BUNDLED)).bundled
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(tiny_model(tmp_path / "m.onnx", DIGITS).read_bytes())
    assert not load_network(copy).bundled


def test_a_doubtful_crop_is_judged_again() -> None:
    network = load_network()
    fraction = np.linspace(0, 1, 20)[:, None, None]
    zero, seven = 255 - drawn_zero(28, 3), 255 - drawn_seven(28, 28, 3)
    mixed = np.maximum(zero * (1 - fraction), seven * fraction).astype(np.uint8)
    once, twice = network.probabilities(mixed), network.judge(mixed)
    doubtful = once.max(axis=1) < 0.9
    assert 0 < doubtful.sum() < 20
    np.testing.assert_array_equal((once != twice).any(axis=1), doubtful)


def build(path: Path, **changes: object) -> Path:
    """A linear model as `tiny_model` makes it, with some of its parts changed."""
    onnx = pytest.importorskip("onnx")
    model = onnx.load(tiny_model(path, DIGITS))
    dims = model.graph.input[0].type.tensor_type.shape.dim
    for place, value in changes.get("input_shape", {}).items():  # type: ignore[attr-defined]
        dims[place].Clear()
        dims[place].dim_value = value
    if "input_type" in changes:
        model.graph.input[0].type.tensor_type.elem_type = changes["input_type"]
    if "card" in changes:
        del model.metadata_props[:]
        if changes["card"] is not None:
            onnx.helper.set_model_props(model, {"card": changes["card"]})
    if "classes" in changes:
        text = model.metadata_props[0].value.replace('"9"', '"9", "x"')
        model.metadata_props[0].value = text
    onnx.save(model, path)
    return path


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"input_shape": {0: 4}}, "batch size of 4"),
        ({"card": None}, "has no card"),
        ({"card": "[]"}, "is invalid"),
        ({"card": "{}"}, "is invalid"),
        ({"card": "no json"}, "is invalid"),
        ({"card": '{"mean": 0, "std": 0, "classes": ["a", "b"]}'}, "not positive"),
        (
            {"card": '{"mean": 0, "std": 1, "classes": ["a", "b"], "temperature": 0}'},
            "not positive",
        ),
        ({"card": '{"mean": 0, "std": 1, "classes": ["a", "none"]}'}, "at least two classes"),
        ({"card": '{"mean": 0, "std": 1, "classes": ["a", "a"]}'}, "at least two classes"),
        ({"card": '{"mean": 0, "std": 1, "classes": ["a", "b", ""]}'}, "at least two classes"),
        ({"card": '{"mean": 0, "std": 1, "classes": ["a", "b"]}'}, "10 outputs, but 2 classes"),
        ({"classes": True}, "10 outputs, but 11 classes"),
    ],
)
def test_a_model_that_cannot_serve_is_refused(
    changes: dict[str, object], words: str, tmp_path: Path
) -> None:
    path = build(tmp_path / "m.onnx", **changes)
    with pytest.raises(ModelError) as caught:
        load_network(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def graph(
    path: Path,
    dims: list[int | str],
    *,
    kind: str = "FLOAT",
    inputs: int = 1,
    rank: int = 2,
) -> Path:
    """A model of zeros for ten classes whose input and output have any form."""
    onnx = pytest.importorskip("onnx")
    helper, types = onnx.helper, onnx.TensorProto
    size = int(np.prod([side for side in dims if isinstance(side, int)]))
    nodes = [
        helper.make_node("Cast", ["images"], ["floats"], to=types.FLOAT),
        helper.make_node("Reshape", ["floats", "shape"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["logits"]),
    ]
    shape = [-1, *[1] * (rank - 2), size]
    numbers = [
        helper.make_tensor("w", types.FLOAT, [size, 10], np.zeros(size * 10, np.float32)),
        helper.make_tensor("shape", types.INT64, [rank], shape),
    ]
    given = [helper.make_tensor_value_info("images", getattr(types, kind), dims)]
    given += [helper.make_tensor_value_info(f"x{k}", types.FLOAT, dims) for k in range(inputs - 1)]
    out = helper.make_tensor_value_info("logits", types.FLOAT, ["n", *[1] * (rank - 2), 10])
    made = helper.make_graph(nodes, "zeros", given, [out], numbers)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    classes = str(DIGITS).replace("'", '"')
    card = f'{{"mean": 0.1, "std": 0.3, "classes": {classes}}}'
    helper.set_model_props(model, {"card": card})
    onnx.save(model, path)
    return path


@pytest.mark.parametrize(
    ("dims", "changes", "words"),
    [
        (["n", 1, 28, 28], {}, None),
        (["n", 3, 28, 28], {}, "28 x 28"),
        (["n", 1, 28, 32], {}, "28 x 28"),
        (["n", 784], {}, "28 x 28"),
        (["n", 28, 28], {}, "28 x 28"),
        (["n", 1, 28, 28], {"inputs": 2}, "28 x 28"),
        ([2, 1, 28, 28], {}, "batch size of 2"),
        (["n", 1, 28, 28], {"kind": "UINT8"}, "float32"),
        (["n", 1, 28, 28], {"rank": 3}, "float32"),
    ],
)
def test_the_form_of_a_graph_is_checked(
    dims: list[int | str], changes: dict, words: str | None, tmp_path: Path
) -> None:
    path = graph(tmp_path / "m.onnx", dims, **changes)
    if words is None:
        assert load_network(path).probabilities(np.zeros((1, 28, 28), np.uint8)).shape == (1, 11)
        return
    with pytest.raises(ModelError) as caught:
        load_network(path)
    assert words in str(caught.value)


def test_numbers_of_a_card_are_optional_but_for_the_scale(tmp_path: Path) -> None:
    text = '{"mean": 0.5, "std": 0.25, "classes": ' + str(DIGITS).replace("'", '"') + "}"
    card = load_network(build(tmp_path / "m.onnx", card=text)).card
    assert (card.mean, card.std, card.temperature, dict(card.thresholds)) == (0.5, 0.25, 1.0, {})


def test_a_card_without_entries_is_that_of_mnist() -> None:
    card = Card()
    assert (card.mean, card.std, card.temperature) == (0.1307, 0.3081, 1.0)
    assert (card.classes, dict(card.thresholds)) == (DIGIT_NAMES, {})


def test_paths_that_lead_to_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is a folder"):
        load_network(tmp_path)
    with pytest.raises(ModelError, match="there is no model file"):
        load_network(tmp_path / "gone.onnx")
    (tmp_path / "text.onnx").write_text("text")
    with pytest.raises(ModelError, match="not a valid ONNX model"):
        load_network(tmp_path / "text.onnx")


def test_an_altered_file_is_found_by_its_hash(tmp_path: Path) -> None:
    content = bytearray(BUNDLED.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "altered.onnx").write_bytes(content)
    with pytest.raises(ModelError, match="was altered"):
        load_network(tmp_path / "altered.onnx")
