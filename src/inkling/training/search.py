"""The `[search]` table of a recipe: the settings that `inkling tune` changes.

Keys are dotted as for `--set`; a value is a range or a list of choices:

    [search]
    "optimizer.learning_rate" = { low = 1e-4, high = 1e-1, log = true }
    "training.batch_size" = { choices = [32, 64, 128] }
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

Scalar = bool | int | float | str


class Range(BaseModel):
    """Numbers from `low` to `high`, inclusive. Whole numbers if both ends are written as such."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: int | float
    high: int | float
    log: bool = Field(False, description="draw uniformly on a logarithmic scale")

    @model_validator(mode="after")
    def _is_a_range(self) -> "Range":
        if not self.low < self.high:
            raise ValueError(f"low = {self.low} must be below high = {self.high}")
        if self.log and self.low <= 0:
            raise ValueError(f"log = true needs low above 0, not {self.low}")
        return self

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are drawn."""
        return isinstance(self.low, int) and isinstance(self.high, int)


class ChoiceRange(BaseModel):
    """One of several values. A value may be a list, such as widths."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    choices: Annotated[tuple[Scalar | tuple[Scalar, ...], ...], Field(min_length=2)]


Search = dict[str, Range | ChoiceRange]


def set_value(table: dict[str, Any], dotted: str, value: Any) -> None:
    """Sets `table["a"]["b"]` for "a.b". Raises `KeyError` if a parent is not a table."""
    *path, last = dotted.split(".")
    for key in path:
        step = table.setdefault(key, {})
        if not isinstance(step, dict):
            raise KeyError(dotted)
        table = step
    table[last] = value
