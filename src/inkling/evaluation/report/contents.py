"""Reads all contents of a run folder for its report, with a message for each missing part."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from inkling.errors import InklingError, RecipeError, RunError
from inkling.evaluation.report.filters import FirstLayer, first_layer
from inkling.evaluation.test_predictions import SavedPredictions, read_measures, read_predictions
from inkling.models.ensemble import EnsembleSpec
from inkling.training.history import EpochMetrics, read_history
from inkling.training.recipe import Recipe
from inkling.training.run_folder import RunFolder

LATER = "inkling train writes it at the end of a run."


@dataclass(frozen=True, eq=False)
class RunContents:
    """The contents of a run. Missing parts are None or empty and are listed in `missing`."""

    folder: RunFolder
    name: str  # its folder, with as many parents as needed to be unique
    recipe: Recipe | None
    recipe_text: str
    card: dict[str, Any] | None
    history: tuple[EpochMetrics, ...]
    measures: dict[str, Any] | None
    test_predictions: SavedPredictions | None
    layer: FirstLayer | None
    missing: tuple[str, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes; empty if they are unknown."""
        source = self.measures or self.card or {}
        return tuple(str(name) for name in source.get("classes", ()))


class _Notes:
    """Collects messages about parts that cannot be read."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def __call__(self, error: InklingError, consequence: str) -> None:
        self.sentences.append(f"{str(error).rstrip('.')}. {consequence}")


def read_runs(folders: Sequence[RunFolder]) -> list[RunContents]:
    """Reads several runs, with unique names. Raises `RunError`."""
    names = _distinct([folder.path.resolve().parts for folder in folders])
    read = [read_run(folder) for folder in folders]
    return [replace(run, name=name) for run, name in zip(read, names, strict=True)]


def _distinct(paths: list[tuple[str, ...]]) -> list[str]:
    """The shortest unique end of each path."""
    ends = dict.fromkeys(paths, 1)
    for path in ends:
        others = [other for other in ends if other != path]
        while any(other[-ends[path] :] == path[-ends[path] :] for other in others):
            ends[path] += 1
    return ["/".join(path[-ends[path] :]) for path in paths]


def read_run(folder: RunFolder) -> RunContents:
    """Reads all contents of a run folder. Raises `RunError` only if it is not a run folder."""
    notes = _Notes()
    recipe, text = _recipe(folder, notes)
    history = _history(folder, notes)
    card = _card(folder, recipe, history, notes)
    measures = test_predictions = None
    if card is not None:
        measures = _measures(folder, notes)
    if measures is not None:
        test_predictions = _predictions(folder, tuple(measures["classes"]), notes)
    return RunContents(
        folder=folder,
        name=folder.path.resolve().name,
        recipe=recipe,
        recipe_text=text,
        card=card,
        history=history,
        measures=measures,
        test_predictions=test_predictions,
        layer=_layer(folder, notes) if card is not None else None,
        missing=tuple(notes.sentences),
    )


def _recipe(folder: RunFolder, notes: _Notes) -> tuple[Recipe | None, str]:
    try:
        recipe = folder.read_recipe()
    except RecipeError as error:
        notes(error, "The recipe is shown as text and not compared.")
        recipe = None
    return recipe, folder.recipe_path.read_text("utf-8", errors="replace")


def _history(folder: RunFolder, notes: _Notes) -> tuple[EpochMetrics, ...]:
    try:
        history = tuple(read_history(folder.metrics_path))
    except RunError as error:
        notes(error, "There are no curves.")
        return ()
    if not history:
        notes(RunError("No epoch was finished"), "There are no curves.")
    return history


def _card(
    folder: RunFolder, recipe: Recipe | None, history: tuple[EpochMetrics, ...], notes: _Notes
) -> dict[str, Any] | None:
    if not folder.complete:
        notes(RunError(_unfinished(folder, recipe, history)), "The test set was not evaluated.")
        return None
    try:
        card = folder.read_card()
        _ = float(card["test"]["accuracy"]), int(card["test"]["n"])
        return card
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        notes(RunError(f"{folder.card_path} is damaged ({error!r})"), "There is no test result.")
        return None
    except InklingError as error:
        notes(error, "There is no test result to show.")
        return None


def _unfinished(folder: RunFolder, recipe: Recipe | None, history: tuple[EpochMetrics, ...]) -> str:
    planned = f" of {_planned(recipe):g}" if recipe else ""
    text = f"This run is not finished: {len(history)}{planned} epochs are done"
    if folder.resumable:
        text += f". Resume it with inkling train --resume {folder.path}"
    return text


def _planned(recipe: Recipe) -> float:
    """The epochs of the whole training, of all members of an ensemble."""
    members = recipe.model.members if isinstance(recipe.model, EnsembleSpec) else 1
    return recipe.training.epochs * members


def _measures(folder: RunFolder, notes: _Notes) -> dict[str, Any] | None:
    try:
        return read_measures(folder.path)
    except RunError as error:
        notes(error, f"There is no confusion matrix, table or calibration. {LATER}")
        return None


def _predictions(
    folder: RunFolder, classes: tuple[str, ...], notes: _Notes
) -> SavedPredictions | None:
    try:
        return read_predictions(folder.path, classes)
    except RunError as error:
        notes(error, f"There are no images. {LATER}")
        return None


def _layer(folder: RunFolder, notes: _Notes) -> FirstLayer | None:
    try:
        weights = folder.read_weights(torch.device("cpu"))
    except RunError as error:
        notes(error, "The first layer is not shown.")
        return None
    layer = first_layer({name: value.float().numpy() for name, value in weights.items()})
    if layer is None:
        notes(RunError("No layer of this network has the pixels as its input"), "None is shown.")
    return layer
