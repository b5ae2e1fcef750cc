"""The common ways to scale pixels before training, by name."""

import re

from inkling.errors import ModelError
from inkling.models.adopted_spec import InputSpec
from inkling.types import MEAN, STD

NAMES: dict[str, tuple[float, float]] = {
    "0.1307,0.3081": (MEAN, STD),
    "0..1": (0.0, 1.0),
    "0.5,0.5": (0.5, 0.5),
    "0..255": (0.0, 1 / 255),
    "0.5,1": (0.5, 1.0),
    "0.2860,0.3530": (0.2860, 0.3530),
    "0.456,0.224": (0.456, 0.224),
    "0.15,0.15": (0.15, 0.15),
    "0.01..1": (-0.01 / 0.99, 1 / 0.99),
}  # mean and standard deviation of pixels from 0 to 1
USUAL = ("0.1307,0.3081", "0..1", "0.5,0.5", "0..255")
INVERTED = "inverted"


def scaling(name: str) -> InputSpec:
    """The scaling of that name, such as `0..1`, `0.5,0.5` or `inverted 0..1`.

    Raises `ModelError` for an unknown name.
    """
    text = name.strip().lower()
    inverted = text.startswith(INVERTED)
    text = text.removeprefix(INVERTED).strip(" ,") or "0..1"
    if text in NAMES:
        mean, std = NAMES[text]
    else:
        numbers = re.fullmatch(r"(-?\d*\.?\d+)\s*[,/]\s*(\d*\.?\d+)", text)
        if numbers is None or float(numbers[2]) <= 0:
            raise ModelError(
                f"--normalise {name}: use {', '.join(USUAL)}, or MEAN,STD. For dark ink on a "
                "light background, add 'inverted' before it"
            )
        mean, std = float(numbers[1]), float(numbers[2])
    return InputSpec(mean=mean, std=std, inverted=inverted)


def describe_scaling(spec: InputSpec) -> str:
    """The name of a scaling, as `scaling` takes it, and the other steps before the network."""
    known = [name for name, pair in NAMES.items() if pair == (spec.mean, spec.std)]
    name = known[0] if known else f"{spec.mean:g},{spec.std:g}"
    words = [f"{INVERTED} {name}" if spec.inverted else name]
    if spec.binary:
        words.append("binary")
    if spec.transposed:
        words.append("transposed")
    if spec.side != 28:
        how = "resized" if spec.fit == "resize" or spec.side < 28 else "padded"
        words.append(f"{how} to {spec.side}x{spec.side}")
    if spec.channels > 1:
        words.append(f"{spec.channels} channels")
    return ", ".join(words)
