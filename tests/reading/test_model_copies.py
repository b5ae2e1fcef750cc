"""The same weights give the same answers from any path."""

import shutil
from pathlib import Path

import pytest

from inkling.errors import ImageError
from inkling.reading.pipeline import Reader
from inkling.reading.recognise.network import BUNDLED

IMAGES = Path(__file__).parent.parent / "accuracy" / "images"
KINDS = ("thumbnail", "drawing", "photo", "row")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    path = tmp_path_factory.mktemp("models") / "mine.onnx"
    shutil.copyfile(BUNDLED, path)
    return Reader.load(path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_of_the_bundled_model_reads_alike(reader: Reader, copy: Reader, kind: str) -> None:
    images = sorted(IMAGES.glob(f"{kind}-*"))[:12]
    assert len(images) >= 10
    answers = reader.read(images)
    assert not any(isinstance(answer, ImageError) for answer in answers)
    assert copy.read(images) == answers
    # One image at a time, since batches of another size may round differently.
    assert [copy.read(image) for image in images] == [reader.read(image) for image in images]
