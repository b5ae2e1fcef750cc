"""Renders the report of one run."""

from typing import Any

import numpy as np

from inkling.evaluation.report.charts.bars import balance_chart
from inkling.evaluation.report.charts.curves import Series, line_chart
from inkling.evaluation.report.charts.reliability import reliability_chart
from inkling.evaluation.report.classes import class_rows, without_example
from inkling.evaluation.report.confusion import confusion_panels, confusion_rows
from inkling.evaluation.report.contents import RunContents
from inkling.evaluation.report.gallery import augmented_sheet, mistake_cards, sample_sheet
from inkling.evaluation.report.origin import origin_facts, recipe_tables, repeat_command
from inkling.evaluation.report.render import render
from inkling.evaluation.report.verdict import judge
from inkling.training.history import EpochMetrics


def render_run(contents: RunContents) -> str:
    """Renders the HTML of a report. Missing parts are listed at the top."""
    return render("run.html.j2", **_content(contents))


def _content(contents: RunContents) -> dict[str, Any]:
    recipe, card, measures = contents.recipe, contents.card, contents.measures
    interval = tuple(measures["interval"]) if measures else None
    return {
        "name": contents.name,
        "title": recipe.title if recipe else "",
        "recipe_name": recipe.name if recipe else (card or {}).get("recipe", "unknown recipe"),
        "data_name": (card or {}).get("data") or (recipe.data if recipe else "unknown data"),
        "verdict": judge(recipe, card, interval),
        "missing": _missing(contents),
        "facts": _facts(contents),
        "curves": _curves(contents),
        "history": contents.history,
        "best_epoch": (card or {}).get("best_epoch"),
        "test": _test(contents),
        "layer": contents.layer,
        "augmented": _augmented(contents),
        "augment": _augment_words(contents),
        "data": _data(contents),
        "recipe_tables": recipe_tables(recipe) if recipe else [],
        "recipe_text": contents.recipe_text,
        "origin": origin_facts(contents),
        "command": repeat_command(contents),
    }


def _missing(contents: RunContents) -> list[str]:
    sentences = list(contents.missing)
    if contents.measures:
        empty = without_example(contents.measures["per_class"])
        if empty:
            sentences.append(
                f"The test set has no image of {', '.join(empty)}; these were not measured."
            )
    return sentences


def _facts(contents: RunContents) -> list[tuple[str, str]]:
    """The figures below the verdict."""
    card, measures, facts = contents.card, contents.measures, []
    if card:
        wrong = round((1 - card["test"]["accuracy"]) * card["test"]["n"])
        facts.append(("mistakes", f"{wrong:,}"))
        if card.get("validation"):
            facts.append(("validation", f"{card['validation']['accuracy']:.2%}"))
        facts.append(("test loss", f"{card['test']['loss']:.4f}"))
    if measures:
        facts.append(("calibration error", f"{measures['ece']:.2%}"))
    if card and "parameters" in card:
        facts.append(("parameters", f"{card['parameters']:,}"))
    if card and "train_seconds" in card:
        facts.append(("training", seconds(card["train_seconds"])))
    return facts


def seconds(value: float) -> str:
    """Formats a duration."""
    if value < 120:
        return f"{value:.1f} s"
    return f"{value // 60:.0f} min {value % 60:.0f} s"


def _curves(contents: RunContents) -> dict[str, Any] | None:
    history, best = contents.history, (contents.card or {}).get("best_epoch")
    if not history:
        return None
    loss = _pair(history, [e.train_loss for e in history], [e.validation_loss for e in history])
    accuracy = _pair(
        history, [e.train_accuracy for e in history], [e.validation_accuracy for e in history]
    )
    rates = Series(
        "learning rate",
        "validation",
        tuple((epoch.epoch, epoch.learning_rate) for epoch in history),
    )
    positive = [epoch.learning_rate for epoch in history if epoch.learning_rate > 0]
    steep = bool(positive) and max(positive) >= 20 * min(positive)
    if steep:  # 0 has no logarithm
        rates = Series(rates.name, rates.class_, tuple(p for p in rates.points if p[1] > 0))
    return {
        "loss": line_chart("Loss", loss, lambda value: f"{value:.3g}", best, from_zero=True),
        "accuracy": line_chart("Accuracy", accuracy, _percent, best),
        "rate": line_chart(
            "Learning rate",
            [rates],
            lambda value: f"{value:.2g}",
            best,
            log=steep,
            from_zero=True,
        ),
        "validated": any(epoch.validation for epoch in history),
    }


def _pair(
    history: tuple[EpochMetrics, ...], training: list[float], validation: list[float | None]
) -> list[Series]:
    epochs = [epoch.epoch for epoch in history]
    known = [(e, v) for e, v in zip(epochs, validation, strict=True) if v is not None]
    series = [Series("training", "training", tuple(zip(epochs, training, strict=True)))]
    return [*series, Series("validation", "validation", tuple(known))] if known else series


def _percent(value: float) -> str:
    return f"{100 * value:.4g}%"


def _test(contents: RunContents) -> dict[str, Any] | None:
    """The sections about confusion, classes, mistakes and calibration."""
    measures, test_predictions = contents.measures, contents.test_predictions
    if measures is None:
        return None
    matrix = np.asarray(measures["confusion"], np.int64)
    classes = contents.classes
    return {
        "classes": classes,
        "rows": confusion_rows(matrix, classes, test_predictions),
        "panels": confusion_panels(matrix, classes, test_predictions) if test_predictions else [],
        "table": class_rows(measures["per_class"], matrix, classes),
        "mistakes": mistake_cards(test_predictions) if test_predictions else None,
        "wrong": int(matrix.sum() - np.trace(matrix)),
        "reliability": reliability_chart(np.asarray(measures["reliability"], np.float64)),
        "ece": f"{measures['ece']:.2%}",
        "surer": _surer(np.asarray(measures["reliability"], np.float64)),
    }


def _surer(reliability: np.ndarray) -> str:
    """A sentence on whether the confidence is too high or too low on average."""
    confidence, accuracy, count = reliability.T
    gap = float(((confidence - accuracy) * count).sum() / max(count.sum(), 1))
    if abs(gap) < 0.0005:
        return "On average its confidence equals its accuracy."
    more = "too high" if gap > 0 else "too low"
    return f"On average its confidence is {more} by {100 * abs(gap):.2f} percentage points."


def _augmented(contents: RunContents) -> list[tuple[str, list[str]]]:
    recipe, test_predictions = contents.recipe, contents.test_predictions
    if recipe is None or test_predictions is None or not recipe.augment.active:
        return []
    return augmented_sheet(test_predictions.samples, recipe.augment)


def _augment_words(contents: RunContents) -> str:
    recipe = contents.recipe
    if recipe is None:
        return "The recipe could not be read, so the augmentation is unknown."
    if not recipe.augment.active:
        return "This recipe has no augmentation: the network sees the same images in every epoch."
    if contents.test_predictions is None:
        return "The images for this section were not saved."
    return "Left: a training image. Right: augmented versions of it, one per epoch."


def _data(contents: RunContents) -> dict[str, Any] | None:
    if contents.measures is None or "data" not in contents.measures:
        return None
    data, classes = contents.measures["data"], contents.classes
    parts = [(name, sum(counts)) for name, counts in data["counts"].items()]
    return {
        "parts": [(name, f"{total:,}") for name, total in parts],
        "mean": f"{data['mean']:.4f}",
        "std": f"{data['std']:.4f}",
        "balance": balance_chart(data["counts"]["training"], classes),
        "sheet": sample_sheet(contents.test_predictions.samples)
        if contents.test_predictions
        else [],
        "counts": data["counts"],
        "classes": classes,
    }
