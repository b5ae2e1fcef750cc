"""Adapts the reader's network to a user's labelled crops, and refuses what is no better."""

import hashlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkling.data.fetch import Notify
from inkling.errors import ModelError, RunError
from inkling.evaluation.calibration import choose_thresholds, fit_temperature
from inkling.evaluation.metrics import softmax
from inkling.exporters.finetuned import read_graph, write_graph
from inkling.files import replacing
from inkling.jobs.finetune_data import FinetuneData, collect
from inkling.models.onnx_graph import ScaledGraph
from inkling.reading.pipeline import Reader
from inkling.reading.recognise.network import BUNDLED, NONE, Network, load_network
from inkling.reading.recognise.tta import average_over_shifts
from inkling.training.finetune import (
    FinetuneSettings,
    between,
    finetune_network,
    logits_of,
)
from inkling.types import Digits, Reading

OUT = Path("my.onnx")
SHARES = (1.0, 0.8, 0.6, 0.45, 0.3, 0.2, 0.1)  # of the way to the new weights
MNIST, SYNTHETIC, CORRECTIONS = "MNIST", "synthetic", "corrections"
# By how much the accuracy may fall, as a fraction; and by no more than chance explains, for one
# image of a test set's 10,000 says nothing. Of the held-out corrections none may be lost.
ALLOWED = {CORRECTIONS: 0.0, MNIST: 0.001, SYNTHETIC: 0.005}
CHANCE = 1.645  # standard deviations; McNemar's test (1947), one-sided at 5 %
CHANCE_TO_CHOOSE = 1.0  # likewise, and half of what is allowed, where the weights are chosen
OnStep = Callable[[int, int], None]


@dataclass(frozen=True)
class Comparison:
    """Accuracy on `n` images that neither model was trained on.

    `lost` images were right before and are wrong now, `gained` the other way round.
    """

    before: float
    after: float
    n: int
    lost: int
    gained: int

    def is_worse(self, allowed: float, chance: float = CHANCE) -> bool:
        """Whether the accuracy fell by more than the fraction `allowed`, or than chance explains.

        `chance` is in standard deviations of the difference.
        """
        fallen = self.lost - self.gained
        if fallen <= 0:
            return False
        return fallen > allowed * self.n or fallen > chance * math.sqrt(self.lost + self.gained)


@dataclass(frozen=True)
class FinetuneResult:
    """What `finetune --json` prints. `comparisons` are by the name of the images."""

    model: Path
    out: Path
    trained_on: int
    comparisons: dict[str, Comparison]
    share: float
    temperature: float
    thresholds: dict[str, float]
    seconds: float
    sha256: str

    def as_json(self) -> dict[str, Any]:
        """One object."""
        return {
            **vars(self),
            "model": str(self.model),
            "out": str(self.out),
            "comparisons": {name: vars(each) for name, each in self.comparisons.items()},
        }


@dataclass(frozen=True)
class _Calibration:
    temperature: float
    thresholds: dict[str, float]


def finetune(
    *,
    corrections: str | Path | None = None,
    data: str | None = None,
    model: str | Path | None = None,
    out: str | Path = OUT,
    settings: FinetuneSettings | None = None,
    notify: Notify | None = None,
    on_step: OnStep | None = None,
) -> FinetuneResult:
    """Continue the training of `model` on corrections or on labelled data, and write it to `out`.

    Parameters
    ----------
    corrections : str or Path, optional
        A folder that `inkling serve --corrections` or `inkling read --save-crops` wrote.
    data : str, optional
        Labelled images, as `train` takes them. One of the two is needed; both may be given.
    model : str or Path, optional
        An ONNX model. Default: the bundled reader.
    out : str or Path
        The new ONNX file.

    Raises
    ------
    DataError
        A correction whose image is missing, a class that the model does not know, too few images.
    ModelError
        The new model is worse on held-out corrections, on MNIST or on synthetic crops. It is not
        written then.
    RunError
        `out` exists already.
    """
    started = time.perf_counter()
    out, path = Path(out), Path(model) if model else BUNDLED
    if out.exists():
        raise RunError(f"{out} exists already and is not overwritten: choose another --out")
    network = load_network(path)
    proto, graph = read_graph(path, network)
    gathered = collect(corrections, data, network, notify)
    with replacing(out) as temporary:
        later = finetune_network(
            graph, gathered.own, gathered.replay, settings or FinetuneSettings(), on_step
        )
        mixed, share = _farthest_allowed(graph, later, gathered)
        calibration = _calibrate(mixed, network, gathered.validation)
        card = _new_card(network, calibration, gathered, share)
        adapted = write_graph(proto, mixed, card, temporary)
        comparisons = _compare(network, adapted, gathered)
        _refuse_worse(comparisons, out)
        sha256 = hashlib.sha256(temporary.read_bytes()).hexdigest()
    return FinetuneResult(
        model=path,
        out=out,
        trained_on=len(gathered.own),
        comparisons=comparisons,
        share=share,
        temperature=calibration.temperature,
        thresholds=calibration.thresholds,
        seconds=time.perf_counter() - started,
        sha256=sha256,
    )


def _farthest_allowed(
    earlier: ScaledGraph, later: Any, gathered: FinetuneData
) -> tuple[ScaledGraph, float]:
    """The weights farthest from the earlier ones that lose nothing on the validation images.

    The held-out corrections are not looked at: they are for the report.
    """
    before = {name: _right(earlier, each) for name, each in gathered.chosen_by.items()}
    mixed = earlier
    for share in SHARES:
        mixed = between(earlier, later, share)
        found = {
            name: _comparison(before[name], _right(mixed, each))
            for name, each in gathered.chosen_by.items()
        }
        if not any(
            each.is_worse(ALLOWED[name] / 2, CHANCE_TO_CHOOSE) for name, each in found.items()
        ):
            return mixed, share
    return mixed, SHARES[-1]


def _right(network: Any, digits: Digits) -> NDArray[np.bool_]:
    """Which images (N,) bool a network answers rightly."""
    return logits_of(network, digits).argmax(axis=1) == digits.labels


def _comparison(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> Comparison:
    return Comparison(
        before=float(before.mean()),
        after=float(after.mean()),
        n=len(before),
        lost=int((before & ~after).sum()),
        gained=int((after & ~before).sum()),
    )


def _calibrate(graph: ScaledGraph, network: Network, held: Digits | None) -> _Calibration:
    """Temperature and thresholds by `held`; as they were for a model of other classes."""
    if held is None:
        return _Calibration(network.card.temperature, dict(network.card.thresholds))
    temperature = round(fit_temperature(logits_of(graph, held), held.labels), 4)
    if NONE not in held.classes:
        return _Calibration(temperature, dict(network.card.thresholds))

    def judge(images: np.ndarray) -> np.ndarray:
        logits = logits_of(graph, Digits(images, np.zeros(len(images), np.int64), held.classes))
        return softmax(logits[:, network.order] / temperature).astype(np.float32)

    probs = average_over_shifts(held.images, judge(held.images), judge)
    labels = np.array([network.order.index(label) for label in held.labels.tolist()])
    none = probs.shape[1] - 1
    # What lost half its strokes on the way is rightly refused; see references/bundle_reader.py.
    legible = (probs[:, :-1].argmax(axis=1) == labels) | (labels == none)
    chosen = choose_thresholds(probs[legible], labels[legible])
    return _Calibration(temperature, {k: round(v, 4) for k, v in vars(chosen).items()})


def _new_card(
    network: Network, calibration: _Calibration, gathered: FinetuneData, share: float
) -> dict[str, Any]:
    """The card of the model that is adapted, with what is new."""
    written = network.session.get_modelmeta().custom_metadata_map["card"]
    card: dict[str, Any] = json.loads(written)
    card.pop("held_out", None)  # figures of the weights as they were
    return card | {
        "temperature": calibration.temperature,
        "thresholds": calibration.thresholds,
        "finetuned": {
            "corrections": len(gathered.own),
            "sha256": gathered.own.sha256(),
            "share": share,
        },
    }


def _compare(before: Network, after: Network, gathered: FinetuneData) -> dict[str, Comparison]:
    """Both models on images that neither learnt from."""
    compared = {CORRECTIONS: _compare_crops(before, after, gathered.held)}
    if gathered.mnist_test is not None:
        compared[gathered.mnist_name] = _compare_readers(before, after, gathered.mnist_test)
    if gathered.synthetic_test is not None:
        compared[SYNTHETIC] = _compare_crops(before, after, gathered.synthetic_test)
    return compared


def _compare_crops(before: Network, after: Network, crops: Digits) -> Comparison:
    return _comparison(*(_judged_right(network, crops) for network in (before, after)))


def _judged_right(network: Network, crops: Digits) -> NDArray[np.bool_]:
    answers = network.judge(crops.images)[:, : len(network.order)].argmax(axis=1)
    return np.array(network.order)[answers] == crops.labels


def _compare_readers(before: Network, after: Network, digits: Digits) -> Comparison:
    """Accuracy of the whole reader on images of one digit each."""
    return _comparison(*(_read_right(network, digits) for network in (before, after)))


def _read_right(network: Network, digits: Digits) -> NDArray[np.bool_]:
    readings = Reader(network).read(digits.images, expect_one=True)
    texts = np.array([each.text if isinstance(each, Reading) else "" for each in readings])
    return texts == np.array(digits.classes)[digits.labels]


def _refuse_worse(comparisons: dict[str, Comparison], out: Path) -> None:
    worse = [
        f"{name} {each.before:.2%} before, {each.after:.2%} after (n = {each.n:,})"
        for name, each in comparisons.items()
        if each.is_worse(ALLOWED.get(name, ALLOWED[MNIST]))
    ]
    if worse:
        raise ModelError(
            f"the new model is worse, so {out} was not written: {'; '.join(worse)}. "
            "Check the labels, or give more corrections"
        )
