"""Networks of several kinds are found from their tensors, and other files refused with reasons."""

from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from inkling.adopt.chain import build_chain
from inkling.adopt.choices import UserChoices, open_choices
from inkling.adopt.geometry import ConvShape, GeometrySearch, LayerGeometry, Pool
from inkling.adopt.infer import Adoption, adopt_checkpoint
from inkling.adopt.layers import find_layers
from inkling.adopt.named_tensors import NamedTensors
from inkling.adopt.scaling import describe_scaling, scaling
from inkling.adopt.scoring import Images
from inkling.errors import ModelError
from inkling.types import DIGIT_NAMES, Digits
from tests.adopt import networks
from tests.adopt.networks import own_answers, train_network


def _adopt(path: Path, images: Images, user_choices: UserChoices | None = None) -> Adoption:
    return adopt_checkpoint(path, images, DIGIT_NAMES, user_choices)


def _save(net: nn.Module, path: Path) -> Path:
    torch.save(net.state_dict(), path)
    return path


@torch.inference_mode()
def _agreement(found: Adoption, own: Tensor, scans: Digits) -> float:
    images = Images.of(scans.images, scans.labels).images
    return float((found.network(images).argmax(1) == own).float().mean())


def test_an_mlp_is_found(mlp: nn.Module, images: Images, scans: Digits, tmp_path: Path) -> None:
    found = _adopt(_save(mlp, tmp_path / "mlp.pt"), images)
    assert _agreement(found, own_answers(mlp, scans), scans) > 0.99
    assert set(found.decision.plan.activations) <= {"relu", "leaky-relu"}
    assert found.classes == DIGIT_NAMES


def test_a_cnn_with_norms_defined_elsewhere_is_found(
    cnn: nn.Module, images: Images, scans: Digits, tmp_path: Path
) -> None:
    found = _adopt(_save(cnn, tmp_path / "cnn.pt"), images)
    assert _agreement(found, own_answers(cnn, scans, 0.5, 0.5), scans) > 0.99
    plan = found.decision.plan
    assert plan.geometry is not None
    assert [(place.stride, place.padding) for place in plan.geometry.places] == [(1, 1), (1, 1)]
    assert all(place.pool == Pool(2, 2) for place in plan.geometry.places)
    assert describe_scaling(plan.input) == "0.5,0.5"


@pytest.mark.parametrize("save", [networks.save_keras_npz, networks.save_arrays,
                                  networks.save_lists])  # fmt: skip
def test_plain_arrays_become_the_same_network(
    save, mlp: nn.Module, images: Images, scans: Digits, tmp_path: Path
) -> None:
    save(mlp.state_dict(), tmp_path / "weights.npz")
    found = _adopt(tmp_path / "weights.npz", images, UserChoices("0..1", "relu"))
    assert _agreement(found, own_answers(mlp, scans), scans) == 1


def test_a_recurrent_network_over_rows_is_found(
    images: Images, scans: Digits, tmp_path: Path
) -> None:
    class Rows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.GRU(28, 32, batch_first=True)
            self.fc = nn.Linear(32, 10)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(self.rnn(x.squeeze(1))[0][:, -1])

    net = train_network(Rows(), scans)
    user_choices = UserChoices("0..1", "relu")
    found = _adopt(_save(net, tmp_path / "rows.pt"), images.first(150), user_choices)
    assert _agreement(found, own_answers(net, scans), scans) > 0.99


def test_the_users_word_stands(mlp: nn.Module, images: Images, tmp_path: Path) -> None:
    path = _save(mlp, tmp_path / "mlp.pt")
    found = _adopt(path, images, UserChoices("0.1307,0.3081", "leaky-relu"))
    assert set(found.decision.plan.activations) == {"leaky-relu"}
    assert describe_scaling(found.decision.plan.input) == "0.1307,0.3081"


def test_classes_in_another_order_get_their_names(
    mlp: nn.Module, images: Images, tmp_path: Path
) -> None:
    order = torch.tensor([3, 1, 4, 0, 5, 9, 2, 6, 8, 7])
    weights = dict(mlp.state_dict())
    for name in ("fc2.weight", "fc2.bias"):
        weights[name] = weights[name][order]
    torch.save(weights, tmp_path / "mlp.pt")
    found = _adopt(tmp_path / "mlp.pt", images, UserChoices("0..1", "relu"))
    assert found.classes == tuple(str(int(index)) for index in order)


@pytest.mark.parametrize(
    ("text", "mean", "std", "inverted"),
    [
        ("0..1", 0, 1, False),
        ("0..255", 0, 1 / 255, False),
        ("inverted 0.5,0.5", 0.5, 0.5, True),
        ("inverted", 0, 1, True),
        ("0.2,0.3", 0.2, 0.3, False),
        ("-0.1/2", -0.1, 2, False),
    ],
)
def test_scalings_by_name(text: str, mean: float, std: float, inverted: bool) -> None:
    spec = scaling(text)
    assert (spec.mean, spec.std, spec.inverted) == (mean, std, inverted)
    assert scaling(describe_scaling(spec)) == spec


@pytest.mark.parametrize("text", ["grey", "0.5,0", "1,2,3"])
def test_other_words_are_no_scaling(text: str) -> None:
    with pytest.raises(ModelError, match=r"use 0\.1307"):
        scaling(text)


@pytest.mark.parametrize(
    ("kernels", "per_channel", "places"),
    [
        ((3, 3), 144, [(1, 0, None), (1, 0, Pool(2, 2))]),
        ((5, 5), 16, [(1, 0, Pool(2, 2)), (1, 0, Pool(2, 2))]),
        ((5, 5), 49, [(1, 2, Pool(2, 2)), (1, 2, Pool(2, 2))]),
        ((5, 5), 25, [(1, 2, Pool(2, 2)), (1, 0, Pool(2, 2))]),
        ((3, 3), 25, [(1, 0, Pool(2, 2)), (1, 0, Pool(2, 2))]),
        ((3, 3, 3), 9, [(1, 1, Pool(2, 2))] * 3),
        ((3,), 169, [(1, 0, Pool(2, 2))]),
        ((3,), 784, [(1, 1, None)]),
    ],
)
def test_usual_networks_are_among_the_first_geometries(
    kernels: tuple[int, ...], per_channel: int, places: list[tuple[int, int, Pool | None]]
) -> None:
    shapes = tuple(ConvShape(kernel, None, None) for kernel in kernels)
    found = GeometrySearch(shapes, per_channel).best(28, 6)
    ways = [[(p.stride, p.padding, p.pool) for p in one.places] for one in found]
    assert places in ways
    assert all(one.sides[-1] ** 2 == per_channel or one.pooled for one in found)


def test_a_rare_pool_that_is_repeated_is_less_rare() -> None:
    overlapping = LayerGeometry(1, 1, Pool(3, 2))
    found = GeometrySearch((ConvShape(3, None, None),) * 2, 36).best(28, 24)
    assert (overlapping, overlapping) in [one.places for one in found]


def _refusal(content: object, images: Images, tmp_path: Path) -> str:
    path = tmp_path / "model.pt"
    torch.save(content, path)
    with pytest.raises(ModelError) as caught:
        _adopt(path, images, UserChoices("0..1", "relu"))
    assert str(path) in str(caught.value)
    return str(caught.value)


class Opaque:
    """A class whose objects hold no tensors."""

    def __init__(self) -> None:
        self.lr = 0.1


def test_files_that_are_no_digit_classifier(mlp: nn.Module, images: Images, tmp_path: Path) -> None:
    few = images.first(100)
    optimizer = torch.optim.SGD(mlp.parameters(), momentum=0.9)
    said = _refusal(optimizer.state_dict(), few, tmp_path)
    assert "only the state of an optimiser" in said
    assert "pickled tests.adopt.test_infer.Opaque" in _refusal(Opaque(), few, tmp_path)
    assert "pickled tests.adopt.test_infer.Opaque" in _refusal(Opaque, few, tmp_path)
    assert "no weights" in _refusal({"epoch": 3, "loss": 0.1}, few, tmp_path)
    torch.manual_seed(0)
    fresh = nn.Sequential(nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10))
    assert "never trained" in _refusal(fresh.state_dict(), few, tmp_path)
    diverged = {name: value / 0 for name, value in fresh.state_dict().items()}
    assert "its tensor 0.weight has values that are not finite" in _refusal(diverged, few, tmp_path)
    letters = nn.Sequential(nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 26))
    assert "another task: it has 26 outputs" in _refusal(letters.state_dict(), few, tmp_path)
    critic = nn.Sequential(nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 1))
    assert "another task: it has 1 outputs" in _refusal(critic.state_dict(), few, tmp_path)
    table = nn.Sequential(nn.Linear(30, 32), nn.ReLU(), nn.Linear(32, 10))
    assert "another task: no layer takes images" in _refusal(table.state_dict(), few, tmp_path)


def test_an_impossible_length_is_reported_with_the_name_of_the_file(
    images: Images, tmp_path: Path
) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(b"\x80\x04\x8e" + (3 << 30).to_bytes(8, "little") + b"short")
    with pytest.raises(
        ModelError, match=r"model\.pkl cannot be adopted: .* declares 3,221,225,472"
    ):
        _adopt(path, images, UserChoices("0..1", "relu"))


def test_branches_are_refused_with_their_shapes(images: Images, tmp_path: Path) -> None:
    net = OrderedDict(
        [
            ("stem.weight", torch.randn(8, 1, 3, 3)),
            ("left.weight", torch.randn(8, 8, 3, 3)),
            ("right.weight", torch.randn(16, 8, 1, 1)),
            ("other.weight", torch.randn(24, 24, 3, 3)),
            ("fc.weight", torch.randn(10, 40)),
        ]
    )
    assert "do not form a single chain" in _refusal(net, images.first(100), tmp_path)


@pytest.mark.parametrize("name", ["layer2.0.shortcut.0", "layer2.0.downsample.0", "skip_conv"])
def test_a_residual_network_is_refused_by_the_name_of_its_branch(
    name: str, images: Images, tmp_path: Path
) -> None:
    """By chance its layers fit together: 8 to 16, 16 to 16, and 8 to 16 with two groups."""
    shapes = {
        "conv1": (8, 1, 3, 3),
        "layer2.0.conv1": (16, 8, 3, 3),
        "layer2.0.conv2": (16, 16, 3, 3),
        name: (16, 8, 1, 1),
        "fc": (10, 16),
    }
    net = {f"{layer}.weight": torch.randn(shape) for layer, shape in shapes.items()}
    said = _refusal(net, images.first(100), tmp_path)
    assert f"its layer {name} is a branch beside other layers" in said


def test_pickled_strides_and_paddings_are_taken_over(cnn: nn.Module) -> None:
    state = {"kernel_size": (3, 3), "stride": (1, 1), "padding": (1, 1)}
    modules = dict.fromkeys(("conv1", "conv2"), ("torch.nn.modules.conv.Conv2d", state))
    named = NamedTensors({key: value.float() for key, value in cnn.state_dict().items()}, modules)
    choices = open_choices(build_chain(find_layers(named)), named, UserChoices())
    ways = {tuple((p.stride, p.padding) for p in one.places) for one in choices.geometries}
    assert ways == {((1, 1), (1, 1))}
