"""The job `finetune`: adapts the reader's network to a user's crops, and rejects worse models."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from inkling.data.fetch import Notify
from inkling.errors import ModelError, RunError
from inkling.exporters.finetuned import read_graph, write_graph
from inkling.files import replacing
from inkling.jobs.finetune_data import FinetuneData, collect
from inkling.jobs.recalibrate import Calibration, recalibrate
from inkling.models.onnx_graph import ScaledGraph
from inkling.reading.pipeline import Reader
from inkling.reading.recognise.network import BUNDLED, Network, load_network
from inkling.training.finetune import (
    FinetuneSettings,
    between,
    finetune_network,
    logits_of,
)
from inkling.types import Digits, Reading

DEFAULT_OUT = Path("my.onnx")
FRACTIONS = (1.0, 0.8, 0.6, 0.45, 0.3, 0.2, 0.1)  # interpolation between old and new weights
MNIST, SYNTHETIC, CORRECTIONS = "MNIST", "synthetic", "corrections"
# The greatest allowed decrease of the accuracy, as a fraction. It also limits the decrease on
# validation images when the weights are chosen.
ALLOWED = {CORRECTIONS: 0.0, MNIST: 0.001, SYNTHETIC: 0.005}
OnStep = Callable[[int, int], None]


@dataclass(frozen=True)
class Comparison:
    """Accuracy on `n` images that neither model was trained on.

    `lost` images were right before and are wrong now; `gained` is the opposite.
    """

    before: float
    after: float
    n: int
    lost: int
    gained: int

    def is_worse(self, allowed: float) -> bool:
        """Whether the accuracy fell by more than the fraction `allowed`."""
        return self.lost - self.gained > allowed * self.n + 1e-9


@dataclass(frozen=True)
class FinetuneResult:
    """The result of `finetune`. `comparisons` has one entry per set of images."""

    model: Path
    out: Path
    trained_on: int
    comparisons: dict[str, Comparison]
    fraction: float
    temperature: float
    thresholds: dict[str, float]
    seconds: float
    sha256: str

    def as_json(self) -> dict[str, Any]:
        """The output of `finetune --json`."""
        return {
            **vars(self),
            "model": str(self.model),
            "out": str(self.out),
            "comparisons": {name: vars(each) for name, each in self.comparisons.items()},
        }


def finetune(
    *,
    corrections: str | Path | None = None,
    data: str | None = None,
    model: str | Path | None = None,
    out: str | Path = DEFAULT_OUT,
    settings: FinetuneSettings | None = None,
    notify: Notify | None = None,
    on_step: OnStep | None = None,
) -> FinetuneResult:
    """Adapts a model to corrections or labelled data, and writes it to `out`.

    Parameters
    ----------
    corrections
        A folder that `inkling serve --corrections` or `inkling read --save-crops` wrote.
    data
        Labelled images, as `train` takes them. One of the two is needed; both may be given.
    model
        An ONNX model. Default: the bundled reader.
    out
        The new ONNX file.
    settings
        The number of steps, the learning rate and more. Default: `FinetuneSettings()`.
    notify
        A function that gets messages, such as the address of a download.
    on_step
        Gets the number of the step and the number of all steps after each step.

    Returns
    -------
    FinetuneResult
        The file, and the accuracy before and after on each held-out set.

    Raises
    ------
    DataError
        The image of a correction is missing, a class is unknown, or there are too few images.
    ModelError
        The new model is worse on held-out corrections, MNIST or synthetic crops. It is not written.
    RunError
        `out` exists.
    """
    started = time.perf_counter()
    out, path = Path(out), Path(model) if model else BUNDLED
    if out.exists():
        raise RunError(f"{out} exists. It is unchanged. Choose another --out")
    network = load_network(path)
    proto, graph = read_graph(path, network)
    gathered = collect(corrections, data, network, notify)
    with replacing(out) as temporary:
        later = finetune_network(
            graph, gathered.own, gathered.replay, settings or FinetuneSettings(), on_step
        )
        before = _right_answers(network, gathered)
        refusal = ""
        for fraction in _fractions_to_test(graph, later, gathered):
            mixed = between(graph, later, fraction)
            calibration = recalibrate(graph, mixed, network, gathered.validation)
            card = _new_card(network, calibration, gathered, fraction)
            adapted = write_graph(proto, mixed, card, temporary)
            after = _right_answers(adapted, gathered)
            comparisons = {name: _comparison(before[name], after[name]) for name in before}
            worse = _worse(comparisons)
            refusal = refusal or worse  # the reason for the largest fraction
            if not worse:
                break
        else:
            raise ModelError(
                f"the new model is worse, so {out} was not written: {refusal}. "
                "Check the labels, or add more corrections"
            )
        sha256 = hashlib.sha256(temporary.read_bytes()).hexdigest()
    return FinetuneResult(
        model=path,
        out=out,
        trained_on=len(gathered.own),
        comparisons=comparisons,
        fraction=fraction,
        temperature=calibration.temperature,
        thresholds=calibration.thresholds,
        seconds=time.perf_counter() - started,
        sha256=sha256,
    )


def _fractions_to_test(
    earlier: ScaledGraph, later: ScaledGraph, gathered: FinetuneData
) -> list[float]:
    """The interpolation fractions to try: the largest that validation allows, then smaller ones.

    The held-out corrections are not used here. Smaller fractions are tried only if the first one is
    worse in the final comparison.
    """
    before = {name: _right(earlier, each) for name, each in gathered.chosen_by.items()}
    for place, fraction in enumerate(FRACTIONS):
        mixed = between(earlier, later, fraction)
        found = {
            name: _comparison(before[name], _right(mixed, each))
            for name, each in gathered.chosen_by.items()
        }
        if not any(each.is_worse(ALLOWED[name]) for name, each in found.items()):
            return list(FRACTIONS[place:])
    return [FRACTIONS[-1]]


def _right(network: nn.Module, digits: Digits) -> NDArray[np.bool_]:
    """Whether a network classifies each image correctly, (N,) bool."""
    return logits_of(network, digits).argmax(axis=1) == digits.labels


def _comparison(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> Comparison:
    return Comparison(
        before=float(before.mean()),
        after=float(after.mean()),
        n=len(before),
        lost=int((before & ~after).sum()),
        gained=int((after & ~before).sum()),
    )


def _new_card(
    network: Network, calibration: Calibration, gathered: FinetuneData, fraction: float
) -> dict[str, Any]:
    """The card of the adapted model with the new entries."""
    written = network.session.get_modelmeta().custom_metadata_map["card"]
    card: dict[str, Any] = json.loads(written)
    card.pop("held_out", None)  # results of the old weights
    return card | {
        "temperature": calibration.temperature,
        "thresholds": calibration.thresholds,
        "finetuned": {
            "corrections": len(gathered.own),
            "sha256": gathered.own.sha256(),
            "fraction": fraction,
        },
    }


def _right_answers(network: Network, gathered: FinetuneData) -> dict[str, NDArray[np.bool_]]:
    """For each held-out set, whether the network classifies each image correctly."""
    right = {CORRECTIONS: _judged_right(network, gathered.held)}
    if gathered.mnist_test is not None:
        right[gathered.mnist_name] = _read_right(network, gathered.mnist_test)
    if gathered.synthetic_test is not None:
        right[SYNTHETIC] = _judged_right(network, gathered.synthetic_test)
    return right


def _judged_right(network: Network, crops: Digits) -> NDArray[np.bool_]:
    answers = network.judge(crops.images)[:, : len(network.order)].argmax(axis=1)
    return np.array(network.order)[answers] == crops.labels


def _read_right(network: Network, digits: Digits) -> NDArray[np.bool_]:
    readings = Reader(network).read(digits.images, expect_one=True)
    texts = np.array([each.text if isinstance(each, Reading) else "" for each in readings])
    return texts == np.array(digits.classes)[digits.labels]


def _worse(comparisons: dict[str, Comparison]) -> str:
    """The sets on which the new model is worse, in words. Empty if there are none."""
    return "; ".join(
        f"{name} {each.before:.2%} before, {each.after:.2%} after (n = {each.n:,})"
        for name, each in comparisons.items()
        if each.is_worse(ALLOWED.get(name, ALLOWED[MNIST]))
    )
