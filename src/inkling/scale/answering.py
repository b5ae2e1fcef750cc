"""The work of one worker of bulk reading: reads a chunk of images, returns its part of the file."""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

from inkling.allocator import set_thresholds
from inkling.errors import ImageError, InklingError, ModelError
from inkling.reading import recognise
from inkling.reading.pipeline import Reader
from inkling.scale.chunk import Chunk, Part, Stored, Work
from inkling.scale.rows import FORMATS, make_row
from inkling.types import Reading

WEIGHTS = Path(recognise.__file__).parent.parent / "weights"


class Answerer:
    """A reader with one thread, because the work is distributed over processes."""

    def __init__(self, work: Work) -> None:
        """Loads the model. Raises `ModelError`."""
        # Pillow also logs damaged files. The answer already reports them.
        logging.getLogger("PIL").addHandler(logging.NullHandler())
        # glibc returned the memory of each batch to the kernel and mapped it again: 5 page faults
        # an image, 6 % of the time.
        set_thresholds()
        self.work = work
        self.reader = Reader.load(work.model, workers=1)

    def answer(self, chunk: Chunk) -> Part:
        """Reads a chunk. Raises `InklingError` if its source cannot be read."""
        images = chunk.content.load()
        answers = self._read(images, chunk.names)
        rows = [make_row(*pair) for pair in zip(chunk.names, answers, strict=True)]
        failed = sum(row.error is not None for row in rows)
        return Part(chunk.number, len(rows), failed, FORMATS[self.work.suffix].encode(rows))

    def _read(self, images: Sequence[Stored], names: Sequence[str]) -> list[Reading | ImageError]:
        try:
            return self.reader.read(images, names=names, expect_one=self.work.expect_one)
        except InklingError:
            raise
        except Exception as error:
            # One of a million images may trigger a bug. The others must still be answered.
            if len(images) == 1:
                return [ImageError(f"inkling failed here ({type(error).__name__}: {error})")]
            half = len(images) // 2
            first = self._read(images[:half], names[:half])
            return first + self._read(images[half:], names[half:])


def model_sha256(model: Path | None) -> str:
    """The SHA-256 of the bundled weights and the given model together. Raises `ModelError`."""
    paths = sorted(WEIGHTS.glob("*.onnx")) + ([] if model is None else [model])
    total = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as file:
                total.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise ModelError(f"cannot read the model {path}: {error.strerror or error}") from error
    return total.hexdigest()
