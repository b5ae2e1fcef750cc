"""Parquet tables: images as bytes, as lists of numbers, or as a column per pixel."""

import io
import json
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkling.data.formats.parquet import BATCH_ROWS, find
from inkling.data.options import Options
from inkling.data.raw import FoundData
from inkling.data.tree import File, Tree
from inkling.errors import DataError

pyarrow = pytest.importorskip("pyarrow")
IMAGES = np.random.default_rng(0).integers(0, 256, (6, 9, 9)).astype(np.uint8)


def png(image: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(image).save(content, "PNG")
    return content.getvalue()


def table(
    name: str = "t.parquet", metadata: dict[bytes, bytes] | None = None, **columns: Any
) -> File:
    import pyarrow.parquet as pq

    content = io.BytesIO()
    pq.write_table(pyarrow.table(columns).replace_schema_metadata(metadata), content)
    return binary(content.getvalue())


def binary(data: bytes) -> File:
    return File(PurePosixPath("t.parquet"), "t.parquet", len(data), lambda count: data[:count])


def found(*files: File) -> FoundData:
    result = find(Tree("x", files), Options())
    assert result is not None
    return result


LABELS = [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize(
    "columns",
    [
        {"image": [{"bytes": png(each), "path": None} for each in IMAGES]},
        {"picture": [{"path": "x", "bytes": png(each)} for each in IMAGES]},
        {"scan": [png(each) for each in IMAGES]},
        {"image": IMAGES.tolist()},
        {"image": IMAGES.reshape(6, 81).tolist()},
        {f"pixel{k}": IMAGES.reshape(6, 81)[:, k] for k in range(81)},
    ],
    ids=["hub", "struct", "bytes", "rows", "flat", "columns"],
)
def test_images_are_read_in_any_form(columns: dict[str, Any]) -> None:
    raw = found(table(id=list(range(6)), label=LABELS, **columns)).parts[0].read()
    np.testing.assert_array_equal(np.stack(list(raw.pixels)), IMAGES)
    assert raw.labels is not None
    assert raw.labels.tolist() == LABELS


def test_a_struct_without_bytes_is_no_image() -> None:
    with pytest.raises(DataError, match="expected 'image' and 'label'"):
        found(table(what=[{"path": "x"}] * 6, label=LABELS))


def test_names_of_classes_are_those_of_the_hub() -> None:
    features = {"info": {"features": {"label": {"names": ["a", "b", "c"]}}}}
    metadata = {b"huggingface": json.dumps(features).encode()}
    pixels = [png(each) for each in IMAGES]
    assert found(table(metadata=metadata, image=pixels, label=LABELS)).classes == ("a", "b", "c")
    for other in ({}, {b"huggingface": b"{}"}, {b"huggingface": b"no json"}):
        assert found(table(metadata=other, image=pixels, label=LABELS)).classes is None
    assert found(table(metadata=metadata, image=pixels)).classes is None


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"image": [None] * 3, "label": [0, 1, 2]}, "row 1: there are no image bytes"),
        ({"image": [png(IMAGES[0]), None, b"x"], "label": [0, 1, 2]}, "row 2: there are no image"),
        ({"image": [png(IMAGES[0]), b"x"], "label": [0, 1]}, "row 2: cannot read the image"),
        ({"image": [png(IMAGES[0])] * 2, "label": [0, None]}, "row 1 or later: a label is missing"),
        ({"image": [IMAGES[0].tolist(), None]}, "row 2: the image is missing"),
        ({"image": [[None, *range(80)]] * 2}, "row 1 or later: a pixel is missing"),
        ({"image": [IMAGES[0].tolist(), IMAGES[0, :5].tolist()]}, "images of different sizes"),
    ],
)
def test_faults_name_their_row(columns: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        found(table(**columns)).parts[0].read()


def test_rows_are_counted_on_over_batches() -> None:
    count = BATCH_ROWS + 3
    pixels = [png(IMAGES[0])] * (count - 1) + [b"x"]
    data = found(table(image=pixels, label=[0] * count))
    assert data.parts[0].count == count
    with pytest.raises(DataError, match=f"row {count}: cannot read"):
        data.parts[0].read()


def test_files_that_are_no_tables() -> None:
    for content in (b"", b"PAR1", b"PAR1" + b"x" * 40 + b"PAR1"):
        with pytest.raises(DataError, match=r"t\.parquet"):
            found(binary(content))
