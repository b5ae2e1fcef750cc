"""The metrics of each epoch, and their file `metrics.jsonl`."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from inkling.errors import RunError
from inkling.files import write_text


@dataclass(frozen=True)
class Score:
    """Accuracy as a fraction, mean cross-entropy in nats, over `n` images."""

    accuracy: float
    loss: float
    n: int


@dataclass(frozen=True)
class EpochMetrics:
    """The metrics of one epoch. `train_*` are means over the batches during training."""

    epoch: int  # from 1
    train_loss: float
    train_accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float  # that of the last step
    examples_per_second: float

    @property
    def validation(self) -> Score | None:
        """Loss and accuracy on the validation images."""
        if self.validation_loss is None or self.validation_accuracy is None:
            return None
        return Score(self.validation_accuracy, self.validation_loss, 0)

    def beats(self, other: "EpochMetrics | None") -> bool:
        """Whether the validation accuracy is higher, or the same with a lower loss."""
        if other is None or self.validation is None or other.validation is None:
            return True
        mine, theirs = self.validation, other.validation
        return (mine.accuracy, -mine.loss) > (theirs.accuracy, -theirs.loss)


def write_history(path: Path, history: list[EpochMetrics]) -> None:
    """Writes all lines, so that the file matches the checkpoint after a kill."""
    write_text(path, "".join(json.dumps(asdict(epoch)) + "\n" for epoch in history))


def read_history(path: Path) -> list[EpochMetrics]:
    """Reads the epochs of a `metrics.jsonl`. Empty without the file. Raises `RunError`."""
    if not path.exists():
        return []
    try:
        lines = path.read_text("utf-8").splitlines()
        return [EpochMetrics(**json.loads(line)) for line in lines if line.strip()]
    except (OSError, ValueError, TypeError) as error:
        raise RunError(f"{path} is damaged or of another version: {error}") from error
