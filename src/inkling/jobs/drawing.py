"""Which images a run folder gets."""

import numpy as np
from numpy.typing import NDArray

from inkling.evaluation.figures import (
    draw_confusion,
    draw_curves,
    draw_mistakes,
    draw_samples,
    save_figure,
)
from inkling.evaluation.metrics import Evaluation
from inkling.training.loop import Fit
from inkling.training.run_folder import RunFolder
from inkling.types import Digits


def draw_run(
    run: RunFolder,
    outcome: Fit,
    training: Digits,
    test: Digits,
    probabilities: NDArray[np.float64],
    evaluation: Evaluation,
) -> None:
    """Write the figures of an ended run; `probabilities` (N, C) are those of the test set."""
    figures = {
        "curves": draw_curves(list(outcome.history), outcome.best_epoch),
        "confusion": draw_confusion(evaluation, training.classes),
        "mistakes": draw_mistakes(test, probabilities),
        "samples": draw_samples(training),
    }
    for name, figure in figures.items():
        save_figure(figure, run.figures_path / f"{name}.png")
