"""Draws the figures of a run as PNG files from its saved predictions."""

from pathlib import Path

import numpy as np

from inkling.errors import RunError
from inkling.evaluation.report.contents import read_run
from inkling.training.run_folder import RunFolder


def write_figures(run: str | Path) -> tuple[Path, ...]:
    """Draws `figures/*.png` of a run: curves, confusion, mistakes, samples. Returns the paths.

    It needs neither the data nor the network. Raises `RunError` if `run` is not a finished run
    folder with saved predictions.
    """
    from inkling.evaluation import (
        figures,  # importing matplotlib takes longer than a short training
    )

    folder = RunFolder(Path(run))
    contents = read_run(folder)
    card, measures, saved = contents.card, contents.measures, contents.test_predictions
    if card is None or measures is None or saved is None:
        raise RunError(f"{folder.path} has no figures to draw: {' '.join(contents.missing)}")
    matrix = np.asarray(measures["confusion"], np.int64)
    counts = measures["data"]["counts"]["training"]
    drawn = {
        "curves": figures.draw_curves(list(contents.history), int(card["best_epoch"])),
        "confusion": figures.draw_confusion(matrix, contents.classes),
        "mistakes": figures.draw_mistakes(
            saved.digits, saved.probabilities, total=int((saved.answers != saved.labels).sum())
        ),
        "samples": figures.draw_samples(saved.samples, counts=counts),
    }
    paths = tuple(folder.figures_path / f"{name}.png" for name in drawn)
    for path, figure in zip(paths, drawn.values(), strict=True):
        figures.save_figure(figure, path)
    return paths
