"""Bar charts: the class probabilities of one image, and the number of images per class."""

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from inkling.evaluation.report.charts.svg import drawing, join, tag, text

SHOWN_CLASSES = 10  # greatest number of classes, most probable first
STEP, BAR, ROOM = 17, 11, 44  # units: distance of bars, width, height
LABEL_LETTERS = 2  # letters of a class name below a bar


def probability_chart(
    probabilities: NDArray[np.floating], label: int, answer: int, classes: tuple[str, ...]
) -> Markup:
    """The probabilities (C,) of one image. The bars of label and answer are highlighted."""
    shown = np.arange(len(classes))
    if len(classes) > SHOWN_CLASSES:
        shown = np.sort(np.argsort(-probabilities, kind="stable")[:SHOWN_CLASSES])
    bars, names = [], []
    for place, index in enumerate(shown.tolist()):
        fraction = float(probabilities[index])
        # Named colours: the answer's, the label's where it is another, and that of the rest.
        role = "answer" if index == answer else "label" if index == label else "rest"
        height = max(0.8, ROOM * fraction)
        bars.append(
            tag(
                "rect",
                x=f"{place * STEP + 3}",
                y=f"{ROOM - height:.1f}",
                width=BAR,
                height=f"{height:.1f}",
                class_=role,
            )
        )
        middle = place * STEP + 3 + BAR / 2
        names.append(text(middle, ROOM + 13, classes[index][:LABEL_LETTERS], role, "middle"))
    words = ", ".join(
        f"{classes[index]} {probabilities[index]:.1%}"
        for index in np.argsort(-probabilities, kind="stable")[:3]
    )
    return drawing(len(shown) * STEP, ROOM + 16, f"probabilities: {words}", *bars, *names)


def balance_chart(counts: list[int], classes: tuple[str, ...]) -> Markup:
    """One bar per class with its number of images."""
    width, row, name_room, count_room = 460, 22, 12 + 8 * max(map(len, classes)), 70
    longest = max([*counts, 1])
    parts = []
    for place, (name, count) in enumerate(zip(classes, counts, strict=True)):
        length = (width - name_room - count_room) * count / longest
        y = place * row
        parts.append(
            join(
                text(name_room - 8, y + 15, name, "tick", "end"),
                tag(
                    "rect",
                    x=name_room,
                    y=y + 3,
                    width=f"{length:.1f}",
                    height=row - 7,
                    class_="bar",
                ),
                text(name_room + length + 6, y + 15, f"{count:,}", "tick"),
            )
        )
    words = ", ".join(f"{name}: {count:,}" for name, count in zip(classes, counts, strict=True))
    return drawing(width, row * len(classes), f"Images per class. {words}", *parts)
