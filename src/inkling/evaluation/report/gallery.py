"""The gallery of mistakes, the most confident first, and the sheets of samples."""

from dataclasses import dataclass

import numpy as np
import torch
from markupsafe import Markup
from numpy.typing import NDArray

from inkling.data.augment import Augment, augment_images
from inkling.data.loader import normalise_images
from inkling.evaluation.image_selection import STORED_MISTAKES, surest_mistakes
from inkling.evaluation.report.charts.bars import probability_chart
from inkling.evaluation.report.confusion import in_percent
from inkling.evaluation.report.images import paper_uri
from inkling.evaluation.test_predictions import SavedPredictions
from inkling.types import MEAN, STD, Digits

ORIGINALS, VARIANTS = 6, 8  # rows and columns of the augmented sheet


@dataclass(frozen=True)
class Mistake:
    """One wrong answer."""

    uri: str
    index: int
    label: str
    answer: str
    confidence: str
    chart: Markup


def mistake_cards(test_predictions: SavedPredictions) -> list[Mistake]:
    """The most confident wrong answers that the run saved."""
    digits = test_predictions.digits
    classes = digits.classes
    cards = []
    mistakes = surest_mistakes(digits.labels, test_predictions.probabilities)
    for place in mistakes[:STORED_MISTAKES].tolist():
        probabilities, label = test_predictions.probabilities[place], int(digits.labels[place])
        answer = int(probabilities.argmax())
        cards.append(
            Mistake(
                uri=paper_uri(digits.images[place]),
                index=int(test_predictions.indices[place]),
                label=classes[label],
                answer=classes[answer],
                confidence=in_percent(float(probabilities[answer])),
                chart=probability_chart(probabilities, label, answer, classes),
            )
        )
    return cards


def sample_sheet(samples: Digits, a_class: int = 10) -> list[tuple[str, list[str]]]:
    """A row per class: its name and the data addresses of its images."""
    rows = []
    for label, name in enumerate(samples.classes):
        places = np.nonzero(samples.labels == label)[0][:a_class]
        rows.append((name, [paper_uri(samples.images[place]) for place in places]))
    return rows


def augmented_sheet(samples: Digits, augment: Augment) -> list[tuple[str, list[str]]]:
    """A row per training image: the image and augmented versions of it."""
    labels = np.unique(samples.labels)
    chosen = [int(np.nonzero(samples.labels == label)[0][0]) for label in labels][:ORIGINALS]
    rows = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for place in chosen:
            same = np.repeat(samples.images[place][None], VARIANTS, axis=0)
            varied = as_pixels(augment_images(normalise_images(torch.tensor(same)), augment))
            uris = [paper_uri(image) for image in varied]
            rows.append((paper_uri(samples.images[place]), uris))
    return rows


def as_pixels(images: torch.Tensor) -> NDArray[np.uint8]:
    """Converts normalised images (B, 1, 28, 28) back to (B, 28, 28) uint8."""
    pixels = images[:, 0].mul(255 * STD).add(255 * MEAN).round().clamp(0, 255)
    return pixels.to(torch.uint8).numpy()
