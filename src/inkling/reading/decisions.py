"""The thresholds that decide whether ink is a digit, an unsure digit or no digit."""

from dataclasses import dataclass, fields

from inkling.errors import ModelError


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """What the reader decides by probability. Each field is from 0 to 1.

    All other constants of the reader belong to one step and stay beside it: they describe the
    crops on which the networks were trained (docs/decisions/0011).

    Attributes
    ----------
    unsure
        Probability of the best class below which a digit is `unsure`. Default: the threshold in
        the model's card, which was fitted on held-out crops (`references/calibrate_crops.py`).
    not_a_digit
        Probability of no class from which the verdict is `not-a-digit`. Default: as for `unsure`.
    confident
        Probability from which a crop of any shape is one digit and needs no further check.
    likely
        The same for a shape that is too narrow for two digits.
    wide_single
        Probability of no class below which a wide thumbnail holds one digit. Of 12,000 pairs of
        MNIST digits in a thumbnail, 93 count as one digit.
    doubtful_crop
        Probability of the best class below which a crop is read at four more positions. Nine
        tenths of all crops are above it.
    split
        Probability of each half from which a part that stands alone is read as two digits.
    in_line
        Probability of the best digit from which ink in a line of digits is `unsure`, not left out.
    sure_digit
        Probability from which faint ink that is as tall as the digits beside it is a digit.
    sure_slash
        Probability of a slash below which the answer is `unsure`: it may be a 1.
    unread_ink
        Fraction of the ink; if more is unread, the answer is `unsure`.
    rotation_complete
        Mean confidence from which an image is not rotated, and that a rotation must reach. With
        `rotation_gain`, 12 of 12 rotated pages are rotated and no other page
        (`benchmarks/pages.py`).
    rotation_gain
        Least gain of the mean confidence by a rotation.
    cell_weight
        Weight of the cell network beside the digit network in a cell of a table
        (docs/log.d/tables.md).
    cell_several
        Probability of several digits above which a cell is read as a line.

    Raises
    ------
    ModelError
        A value is not from 0 to 1.
    """

    unsure: float | None = None
    not_a_digit: float | None = None
    confident: float = 0.9
    likely: float = 0.6
    wide_single: float = 0.3
    doubtful_crop: float = 0.9
    split: float = 0.3
    in_line: float = 0.05
    sure_digit: float = 0.9
    sure_slash: float = 0.8
    unread_ink: float = 0.2
    rotation_complete: float = 0.9
    rotation_gain: float = 0.15
    cell_weight: float = 0.7
    cell_several: float = 0.35

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and not 0 <= value <= 1:
                raise ModelError(f"{field.name} is {value}. Give a number from 0 to 1")


DEFAULT = Decisions()
