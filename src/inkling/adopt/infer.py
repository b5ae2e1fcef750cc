"""Infers a working network from a checkpoint, or gives the reason why it cannot."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

from inkling.adopt.chain import Chain, build_chain
from inkling.adopt.checkpoint_file import open_checkpoint
from inkling.adopt.choices import OpenChoices, UserChoices, open_choices
from inkling.adopt.comparison import Decision
from inkling.adopt.layers import find_layers
from inkling.adopt.named_tensors import NamedTensors, collect_tensors
from inkling.adopt.plan import build_network
from inkling.adopt.scoring import Images
from inkling.adopt.search import Search
from inkling.errors import ModelError

CHANCE = 2.5  # times the accuracy of guessing; a network at or below this was never trained
RENAMED = 0.8  # least accuracy after renaming classes for the renaming to be accepted
NETWORKS = 3  # greatest number of networks of one file to try
NO_TRAINING = (
    "it was never trained, or not on such images: with every candidate its accuracy on "
    "{count:,} training images is at most {accuracy:.1%}, near chance"
)
COLOUR = "; it takes images of three channels, so it may be for colour photos"


@dataclass(frozen=True, eq=False)
class Adoption:
    """An inferred network. `classes` are the names of its outputs, in order."""

    form: str
    chain: Chain
    decision: Decision
    classes: tuple[str, ...]

    @property
    def network(self) -> torch.nn.Module:
        """The network with its weights."""
        return build_network(self.chain, self.decision.plan)


def adopt_checkpoint(
    path: Path,
    images: Images,
    classes: tuple[str, ...],
    user_choices: UserChoices | None = None,
    on_step: Callable[[str], None] | None = None,
) -> Adoption:
    """Infers the network in `path`. `images` are labelled with indices into `classes`.

    Nothing in the file is executed. Raises `ModelError` with the reason if it is not a classifier
    of such images: no weights, never trained, another task, or an architecture with branches.
    """
    try:
        opened = open_checkpoint(path)
        named = collect_tensors(opened)
        found = [
            _decide(candidate, images, len(classes), user_choices or UserChoices(), on_step)
            for candidate in _networks(named, len(classes))
        ]
    except ModelError as error:
        if str(path) in str(error):
            raise
        raise ModelError(f"{path} cannot be adopted: {error}") from error
    choices, decision = max(found, key=lambda pair: pair[1].score.accuracy)
    try:
        names = _name_classes(choices, decision, images, classes)
    except ModelError as error:
        raise ModelError(f"{path} cannot be adopted: {error}") from error
    return Adoption(opened.form, choices.chain, decision, names)


def _networks(named: NamedTensors, outputs: int) -> list[tuple[Chain, NamedTensors]]:
    """The chains in a file: of the whole file, or of the parts under one prefix.

    A part must have at least `outputs` outputs, or any first layer would be a network.

    If no part is a network, raises the `ModelError` of the whole file.
    """
    failure: ModelError | None = None
    for prefixes in _levels(named):
        found = []
        for prefix in prefixes:
            part = named.under(prefix)
            try:
                chain = build_chain(find_layers(part))
                if not prefix or chain.blocks[-1].outputs >= outputs:
                    found.append((chain, part))
            except ModelError as error:
                failure = failure or error
        if found:
            return found[:NETWORKS]
    assert failure is not None
    raise failure


def _levels(named: NamedTensors) -> list[list[str]]:
    """Prefixes of names, level by level, those with most tensors first."""
    levels = [[""]]
    for depth in range(1, 6):
        counts: dict[str, int] = {}
        for name in named.tensors:
            parts = name.split(".")
            if len(parts) > depth:
                prefix = ".".join(parts[:depth]) + "."
                counts[prefix] = counts.get(prefix, 0) + 1
        if not counts:
            break
        levels.append(sorted(counts, key=lambda prefix: -counts[prefix]))
    return levels


def _decide(
    candidate: tuple[Chain, NamedTensors],
    images: Images,
    classes: int,
    user_choices: UserChoices,
    on_step: Callable[[str], None] | None,
) -> tuple[OpenChoices, Decision]:
    chain, named = candidate
    outputs = chain.blocks[-1].outputs
    if outputs < classes:
        raise ModelError(
            f"it is for another task: it has {outputs} outputs, but the data has {classes} classes"
        )
    choices = open_choices(chain, named, user_choices)
    return choices, Search(choices, images, on_step).decide()


def _name_classes(
    choices: OpenChoices, decision: Decision, images: Images, classes: tuple[str, ...]
) -> tuple[str, ...]:
    """The names of the outputs. Raises `ModelError` if the answers are near chance."""
    outputs, accuracy = choices.chain.blocks[-1].outputs, decision.score.accuracy
    further = tuple(str(index) for index in range(len(classes), outputs))
    if accuracy > CHANCE / len(classes):
        return (*classes, *further)
    renamed, order = _renaming(choices, decision, images, len(classes))
    if renamed >= RENAMED and outputs == len(classes):
        return tuple(classes[index] for index in order)
    if outputs > len(classes):
        raise ModelError(
            f"it is for another task: it has {outputs} outputs, and its accuracy on "
            f"{', '.join(classes)} is {accuracy:.1%}"
        )
    reason = NO_TRAINING.format(count=len(images), accuracy=max(accuracy, 0))
    if choices.chain.blocks[0].inputs == 3:
        reason += COLOUR
    raise ModelError(reason)


def _renaming(
    choices: OpenChoices, decision: Decision, images: Images, classes: int
) -> tuple[float, list[int]]:
    """The accuracy with the outputs in the best order, and that order."""
    with torch.inference_mode():
        network = build_network(choices.chain, decision.plan)
        answers = torch.cat([network(part) for part in images.images.split(500)]).argmax(1)
    counts = np.zeros((classes, classes))
    for answer, label in zip(answers.tolist(), images.labels.tolist(), strict=True):
        if answer < classes:
            counts[answer, label] += 1
    rows, columns = linear_sum_assignment(-counts)
    return float(counts[rows, columns].sum() / len(images)), [int(one) for one in columns]
