"""Corrections over HTTP: stored only when asked for, within limits, by several workers at once."""

import base64
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from inkling.data.corrections import CORRECTIONS_FILE, read_corrections
from inkling.errors import DataError, ServiceError
from inkling.reading.recognise.network import Card
from inkling.serving.corrections import Correction, CorrectionStore, FullError
from inkling.serving.openapi import EXAMPLE_CROP
from tests.serving.conftest import Running
from tests.serving.images import encode

CLASSES = (*"0123456789", "none")
PATH = "/v1/corrections"
SEVEN = {"image": EXAMPLE_CROP, "predicted": "1", "correct": "7"}


def crop_of(number: int) -> bytes:
    pixels = np.random.default_rng(number).integers(0, 256, (28, 28)).astype(np.uint8)
    return encode(Image.fromarray(pixels))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("service") / "new" / "corrections"


@pytest.fixture(scope="module")
def client(
    folder: Path, start: Callable[..., AbstractContextManager[Running]]
) -> Iterator[httpx.Client]:
    with (
        start("--corrections", str(folder), "--workers", "2") as running,
        httpx.Client(base_url=running.address, timeout=60) as client,
    ):
        yield client


def test_off_by_default(http: httpx.Client) -> None:
    assert http.get(PATH).json() == {"enabled": False, "stored": 0, "limit": 0}
    answer = http.post(PATH, json=SEVEN)
    assert answer.status_code == 403
    assert answer.json()["type"].endswith("corrections-off")


def test_a_correction_of_a_box_is_stored(
    client: httpx.Client, folder: Path, forty_two: bytes
) -> None:
    reading = client.post("/v1/read?seen=true", content=forty_two).json()
    before = client.get(PATH).json()["stored"]
    body = {"image": reading["seen"][0]["image"], "predicted": "4", "correct": "9"}
    answer = client.post(PATH, json=body)
    assert answer.status_code == 201
    line = json.loads((folder / CORRECTIONS_FILE).read_text().splitlines()[-1])
    assert (line["file"], line["predicted"], line["correct"]) == (answer.json()["file"], "4", "9")
    sent = base64.b64decode(body["image"].partition(",")[2])
    (folder / "sent.png").write_bytes(sent)
    with Image.open(folder / line["file"]) as kept, Image.open(folder / "sent.png") as first:
        assert np.array_equal(np.asarray(kept), np.asarray(first))
    state = client.get(PATH).json()
    assert (state["enabled"], state["stored"]) == (True, before + 1)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"correct": "<img src=x onerror=alert(1)>"}, 422),
        ({"predicted": "../../etc"}, 422),
        ({"correct": ""}, 422),
        ({"more": 1}, 422),
        ({"image": "%%%"}, 422),
        ({"image": base64.b64encode(b"GIF89a").decode()}, 422),
        ({"image": base64.b64encode(encode(Image.new("L", (29, 28)))).decode()}, 422),
        ({"image": "A" * 7_000}, 422),
        ({"image": "A" * 30_000}, 413),
    ],
)
def test_what_is_no_correction_is_refused(
    client: httpx.Client, folder: Path, change: dict, status: int
) -> None:
    before = (folder / CORRECTIONS_FILE).read_text()
    answer = client.post(PATH, json=SEVEN | change)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert (folder / CORRECTIONS_FILE).read_text() == before


def test_a_form_of_another_origin_is_refused(client: httpx.Client) -> None:
    plain = {"Content-Type": "text/plain"}  # what a page may send without asking
    assert client.post(PATH, content=json.dumps(SEVEN), headers=plain).status_code == 415


def test_many_at_once_are_all_stored(client: httpx.Client, folder: Path) -> None:
    before = client.get(PATH).json()["stored"]

    def send(number: int) -> int:
        image = base64.b64encode(crop_of(number)).decode()
        label = str(number % 10)
        body = {"image": image, "predicted": "not-a-digit", "correct": label}
        while (status := client.post(PATH, json=body).status_code) == 503:
            pass
        return status

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(send, range(60))) == {201}
    assert client.get(PATH).json()["stored"] == before + 60
    found = read_corrections(folder, CLASSES)
    assert len(found) >= 60


def test_the_folder_has_a_limit(tmp_path: Path) -> None:
    store = CorrectionStore(tmp_path, Card(), limit=2)
    for number in range(2):
        store.save(Correction(crop_of(number), "1", "7"))
    with pytest.raises(FullError, match="2 corrections"):
        store.save(Correction(crop_of(3), "1", "7"))
    assert store.count() == 2
    assert len(list((tmp_path / "crops").iterdir())) == 2
    (tmp_path / CORRECTIONS_FILE).write_text("")  # the user took them away
    store.save(Correction(crop_of(3), "1", "7"))
    assert store.count() == 1


def test_only_the_models_labels_are_stored(tmp_path: Path) -> None:
    store = CorrectionStore(tmp_path, Card(classes=("a", "b", "none")))
    store.save(Correction(crop_of(0), "a", "not-a-digit"))
    with pytest.raises(DataError, match="'7' is not one of a, b, not-a-digit"):
        store.save(Correction(crop_of(0), "a", "7"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ServiceError, match=r"cannot store corrections in .*file"):
        CorrectionStore(tmp_path / "file", Card())
