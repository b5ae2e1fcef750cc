"""Makes the card of a run: calibration, results, hashes and versions."""

import platform
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np
import torch

import inkling
from inkling.data.splits import Splits
from inkling.evaluation.calibration import choose_thresholds, fit_temperature
from inkling.evaluation.classifier import Classifier
from inkling.evaluation.metrics import Evaluation, softmax
from inkling.training.loop import Fit
from inkling.training.precision import has_bf16
from inkling.training.recipe import Recipe
from inkling.training.run_folder import CARD_FORMAT
from inkling.types import MEAN, SIDE, STD, Digits

MIN_CALIBRATION_IMAGES = 500  # least number of images for fitting the temperature
DOUBTED = 0.01  # fraction of digits that the threshold of a run may mark unsure


def calibrate(classifier: Classifier, validation: Digits | None) -> dict[str, Any]:
    """Fits the temperature and thresholds on validation images."""
    if validation is None or len(validation) < MIN_CALIBRATION_IMAGES:
        return {"temperature": 1.0, "thresholds": {}}
    logits = classifier.predict_logits(validation.images)
    temperature = fit_temperature(logits, validation.labels)
    probs = softmax(logits / temperature)
    if _tells_none(classifier.classes, validation):
        return {
            "temperature": temperature,
            "thresholds": asdict(choose_thresholds(probs, validation.labels)),
        }
    unsure = float(np.clip(np.quantile(probs.max(axis=1), DOUBTED), 1 / 3, 0.9))
    return {"temperature": temperature, "thresholds": {"unsure": unsure}}


def _tells_none(classes: tuple[str, ...], validation: Digits) -> bool:
    """Whether the last class is `none` and has validation images."""
    from inkling.reading.recognise.network import NONE  # brings the ONNX runtime

    none = validation.labels == len(classes) - 1
    return classes[-1] == NONE and bool(none.any()) and not none.all()


def make_card(
    result: dict[str, Any],
    outcome: Fit,
    splits: Splits,
    test: Digits,
    evaluation: Evaluation,
    recipe: Recipe,
) -> dict[str, Any]:
    """Makes the card. `result` is the output of `train --json` with the calibration."""
    validation = splits.validation
    return {
        "format": CARD_FORMAT,
        **result,
        "test": {**result["test"], "interval": list(evaluation.interval), "ece": evaluation.ece},
        "side": SIDE,
        "mean": MEAN,
        "std": STD,
        "classes": list(splits.training.classes),
        "best_epoch": outcome.best_epoch,
        "epochs": len(outcome.history),
        "network": recipe.model.kind,
        "precision": recipe.training.precision,
        "data_sha256": {
            "training": splits.training.sha256(),
            "validation": validation.sha256() if validation else None,
            "test": test.sha256(),
        },
        "images": {
            "training": len(splits.training),
            "validation": len(validation) if validation else 0,
            "test": len(test),
        },
        "versions": {
            "inkling": inkling.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "machine": {
            "processor": platform.machine(),
            "threads": outcome.threads,
            "bf16": has_bf16(torch.device(result["device"])),
        },
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
    }
