"""Checks that one image has one answer on every path, and one seed one hash in every process.

    INKLING_DATA=... python benchmarks/same_answer.py [--images N] [--processes N] [--json FILE]

Each image is read by the Python call, the command, the service, the service's batch, and its crop
by ONNX Runtime alone with the model file. The first four must agree in text, verdict and confidence
(to 1e-5); ONNX Runtime in the digit. Then `train` runs once in each of N processes with one seed.
Ends with exit code 1 if anything differs.
"""

import argparse
import base64
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from inkling.reading.pipeline import Reader
from inkling.reading.recognise.network import BUNDLED
from inkling.reading.trace import Trace
from inkling.types import Reading
from outcome import add_json_option, finish
from serve_images import images
from serve_processes import inkling

CLOSE = 1e-5
RECIPE = ["mlp-adam", "--set", "epochs=1", "--set", "threads=1", "--seed", "7"]

Answer = tuple[str, str, tuple[float, ...]]


def answer_of(entry: dict[str, Any]) -> Answer:
    confidences = tuple(digit["confidence"] for digit in entry["digits"])
    return entry["verdict"], entry["text"], confidences


def by_python(files: list[bytes]) -> list[Answer]:
    answers = Reader.load().read(files)
    return [answer_of(one.as_json()) for one in answers if isinstance(one, Reading)]


def by_command(files: list[bytes], folder: Path) -> list[Answer]:
    paths = [folder / f"{number:05d}.img" for number in range(len(files))]
    for path, file in zip(paths, files, strict=True):
        path.write_bytes(file)
    command = [sys.executable, "-m", "inkling", "read", *map(str, paths), "--json"]
    done = subprocess.run(command, capture_output=True, check=True)
    return [answer_of(entry) for entry in json.loads(done.stdout)]


def post(address: str, body: bytes, kind: str) -> Any:
    request = urllib.request.Request(address, body, {"Content-Type": kind})
    with urllib.request.urlopen(request) as response:
        return json.loads(response.read())


def by_service(address: str, files: list[bytes]) -> list[Answer]:
    return [answer_of(post(f"{address}/v1/read", file, "image/png")) for file in files]


def by_batch(address: str, files: list[bytes]) -> list[Answer]:
    found = []
    for first in range(0, len(files), 8):
        some = [{"image": base64.b64encode(file).decode()} for file in files[first : first + 8]]
        body = json.dumps({"images": some}).encode()
        found += post(f"{address}/v1/read/batch", body, "application/json")
    return [answer_of(entry) for entry in found]


def by_runtime(files: list[bytes]) -> list[str]:
    """The text of the digits that the model file gives for the reader's crops, without inkling."""
    session = onnxruntime.InferenceSession(BUNDLED, providers=["CPUExecutionProvider"])
    card = json.loads(session.get_modelmeta().custom_metadata_map["card"])
    name = session.get_inputs()[0].name
    texts = []
    for trace in Reader.load().trace(files):
        assert isinstance(trace, Trace)
        crops = np.stack([crop.pixels for crop in trace.answer.crops])
        logits = run(session, name, card, crops)
        labels = [card["classes"][index] for index in logits.argmax(1)]
        texts.append("".join(label for label in labels if label.isdigit()))
    return texts


def run(
    session: onnxruntime.InferenceSession, name: str, card: dict[str, Any], crops: NDArray[np.uint8]
) -> NDArray[np.float32]:
    scaled = (crops[:, None].astype(np.float32) / 255 - card["mean"]) / card["std"]
    return np.asarray(session.run(None, {name: scaled.astype(np.float32)})[0])


def same(one: Answer, other: Answer) -> bool:
    equal = one[:2] == other[:2] and len(one[2]) == len(other[2])
    return equal and bool(np.allclose(one[2], other[2], rtol=0, atol=CLOSE))


def compare_paths(count: int) -> dict[str, Any]:
    chosen = [file for kind in images().values() for file in kind[: -(-count // 3)]]
    expected = by_python(chosen)
    with tempfile.TemporaryDirectory() as name, inkling() as service:
        found = {
            "command": by_command(chosen, Path(name)),
            "service": by_service(service.address, chosen),
            "batch": by_batch(service.address, chosen),
        }
    different = {
        path: sum(not same(*pair) for pair in zip(expected, answers, strict=True))
        for path, answers in found.items()
    }
    texts = zip(expected, by_runtime(chosen), strict=True)
    different["ONNX Runtime"] = sum(
        answer[1] != text for answer, text in texts if answer[0] == "digits"
    )
    gaps = [
        abs(a - b)
        for answers in found.values()
        for one, other in zip(expected, answers, strict=True)
        for a, b in zip(one[2], other[2], strict=False)
    ]
    return {
        "images": len(chosen),
        "read": sum(answer[0] == "digits" for answer in expected),
        "different": different,
        "greatest_difference_of_a_confidence": max(gaps),
    }


def train_in(processes: int) -> dict[str, int]:
    hashes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        for number in range(processes):
            out = Path(name) / str(number)
            command = [sys.executable, "-m", "inkling", "train", *RECIPE, "--out", str(out)]
            done = subprocess.run([*command, "--json"], capture_output=True, check=True)
            hashes[json.loads(done.stdout)["weights_sha256"]] += 1
    return dict(hashes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=48)
    parser.add_argument("--processes", type=int, default=5)
    add_json_option(parser)
    options = parser.parse_args()
    paths = compare_paths(options.images)
    hashes = train_in(options.processes)
    good = not any(paths["different"].values()) and len(hashes) <= 1
    measured = {"load": os.getloadavg()[0], **paths, "hashes": hashes, "passed": good}
    finish(measured, options.json)


if __name__ == "__main__":
    main()
