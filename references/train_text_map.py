"""Trains the text map network, and exports it to ONNX.

    python -m inkling.synthesis.fonts       # once: free fonts into the user's cache
    python references/train_text_map.py src/inkling/reading/weights/writing.onnx

Images are rendered from MNIST's training digits, fonts and drawn digits. Their ink is known for
each pixel. No other data is used. `--scenes` images are made once and used `--epochs` times, a
fifth of them upside down.
"""

import argparse
import hashlib
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from make_crops import TRAINED, faces_of, training_digits
from numpy.typing import NDArray

from inkling.exporters.half import fold_norms, round_to_half
from inkling.exporters.writing import export_writing
from inkling.models.writing import WritingNet
from inkling.reading.detect.text_map_network import (
    MULTIPLE,
    network_input,
    network_shape,
    pad_input,
)
from inkling.reading.preprocess.light import even_light
from inkling.reading.preprocess.pixels import resize
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.negatives import NONE_LABEL
from inkling.synthesis.scene import Scene, compose, compose_page
from inkling.training.average import ModelAverage

PART = 1_000  # scenes per task of a worker
NEGATIVE_FRACTION = 0.15  # fraction of the glyphs that are no digits
PAGE_FRACTION = 0.5  # fraction of scenes that are whole pages
WHOLE_PAGE = 0.35  # fraction of pages seen as a whole, the others in an enlarged window
WINDOW = 256  # pixels
WRONG_WAY = 0.1  # fraction of scenes with the wrong polarity
BATCH = 16
Sample = tuple[NDArray[np.float16], NDArray[np.uint8]]  # (2, H, W) and its ink (H, W), 0 to 255


def make_samples(number: int, held_out: bool) -> list[Sample]:
    """Makes one part of the scenes: network inputs and ink."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng([20261121, number, held_out])
    every = training_digits()
    mine = np.arange(TRAINED, len(every)) if held_out else np.arange(TRAINED)
    source = GlyphSource(every.take(mine), faces_of(held_out), rng)
    return [make_sample(source, rng) for _ in range(PART)]


def make_sample(source: GlyphSource, rng: np.random.Generator) -> Sample:
    """One scene at the network's size or slightly smaller."""
    page = rng.random() < PAGE_FRACTION
    scene = compose_page(source, rng) if page else compose(source, rng, NEGATIVE_FRACTION)
    light = even_light(scene.pixels)
    if rng.random() < WRONG_WAY:
        light = even_light(scene.pixels, light_ink=not light.light_ink)
    shape = _sample_page_shape(scene, rng) if page else _sample_shape(scene, rng)
    ink = np.clip(resize(scene.ink, shape) * 1.5, 0, 1)
    image = network_input(light.grey, light.ink, shape)
    y, x = (int(rng.integers(0, max(1, side - WINDOW + 1))) for side in shape)
    part = np.s_[..., y : y + WINDOW, x : x + WINDOW] if page else np.s_[...]
    return image[part].astype(np.float16), np.rint(ink[part] * 255).astype(np.uint8)


def _sample_shape(scene: Scene, rng: np.random.Generator) -> tuple[int, int]:
    """Height and width of a whole scene at the network's size, or slightly smaller."""
    height, width = network_shape(*scene.pixels.shape[:2])
    scale = rng.uniform(0.7, 1.0)
    return max(16, round(height * scale)), max(16, round(width * scale))


def _sample_page_shape(scene: Scene, rng: np.random.Generator) -> tuple[int, int]:
    """The size for a page: as a whole, or with digits 8 to 36 pixels tall."""
    height, width = scene.pixels.shape[:2]
    if rng.random() < WHOLE_PAGE:
        return network_shape(height, width)
    tall = [t.box[3] - t.box[1] for t in scene.truths if t.label != NONE_LABEL] or [30.0]
    wanted = np.exp(rng.uniform(np.log(8), np.log(36)))
    scale = min(float(wanted / max(np.median(tall), 4)), 1.0)
    return max(16, round(height * scale)), max(16, round(width * scale))


def batches(samples: list[Sample], rng: np.random.Generator) -> list[list[Sample]]:
    """Batches of samples of similar proportions, to reduce padding, in random order."""
    wobble = rng.normal(0, 8, len(samples))
    order = np.argsort([s[1].shape[0] + w for s, w in zip(samples, wobble, strict=True)])
    groups = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    return [[samples[i] for i in groups[k]] for k in rng.permutation(len(groups))]


def collate(group: list[Sample], rng: np.random.Generator) -> tuple[torch.Tensor, ...]:
    """Images (B, 2, H, W), ink (B, 1, H, W) and the mask of valid pixels, padded to one size."""
    height = max(ink.shape[0] for _, ink in group)
    width = min(max(ink.shape[1] for _, ink in group), 320)
    height, width = (side + -side % MULTIPLE for side in (height, width))
    images = np.zeros((len(group), 2, height, width), np.float32)
    inks = np.zeros((len(group), 1, height, width), np.float32)
    counts = np.zeros((len(group), 1, height, width), np.float32)
    for index, (whole, marks) in enumerate(group):
        start = int(rng.integers(0, max(1, marks.shape[1] - width + 1)))
        # Text upside down is still text.
        turn = np.s_[..., ::-1, ::-1] if rng.random() < 0.2 else np.s_[..., :, :]
        image, ink = (side[..., start : start + width][turn] for side in (whole, marks))
        h, w = ink.shape
        images[index] = np.pad(image, ((0, 0), (0, height - h), (0, width - w)), mode="edge")
        inks[index, 0, :h, :w] = ink / np.float32(255)
        counts[index, 0, :h, :w] = 1
    return torch.from_numpy(images), torch.from_numpy(inks), torch.from_numpy(counts)


def measure(net: torch.nn.Module, samples: list[Sample]) -> dict[str, float]:
    """Precision and recall of inked pixels on held-out scenes, as means over scenes with ink."""
    net.eval()
    found: list[tuple[float, float]] = []
    with torch.no_grad():
        for image, ink in samples:
            padded = pad_input(image.astype(np.float32))
            probs = net(torch.from_numpy(padded)[None]).sigmoid().numpy()[0, 0]
            said, true = probs[: ink.shape[0], : ink.shape[1]] > 0.5, ink > 127
            if true.sum() > 10:
                both = float((said & true).sum())
                found.append((both / max(said.sum(), 1), both / true.sum()))
    precision, recall = np.mean(found, axis=0)
    return {"precision": round(float(precision), 4), "recall": round(float(recall), 4)}


def train(
    samples: list[Sample], held: list[Sample], epochs: int, learning_rate: float
) -> WritingNet:
    """Trains a network with AdamW, one cycle of the learning rate, and averaged weights."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    net = WritingNet().to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    optimizer = torch.optim.AdamW(net.parameters(), learning_rate, weight_decay=0.01)
    steps = epochs * -(-len(samples) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, learning_rate, steps, pct_start=0.1, final_div_factor=100
    )
    average = ModelAverage(net, 0.998)
    for epoch in range(epochs):
        start, total = time.perf_counter(), 0.0
        net.train()
        for group in batches(samples, rng):
            images, inks, counts = collate(group, rng)
            with torch.autocast("cpu", torch.bfloat16):
                logits = net(images.contiguous(memory_format=torch.channels_last))
            loss = F.binary_cross_entropy_with_logits(logits.float(), inks, counts)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            average.update(net)
            total += loss.item() * len(group)
        scores = measure(average.model, held)
        took = time.perf_counter() - start
        print(
            f"epoch {epoch + 1}: loss {total / len(samples):.4f} {scores} {took:.0f} s", flush=True
        )
    net.load_state_dict(average.model.state_dict())
    return net


def main() -> None:
    """Parses the arguments, renders, trains and exports."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("out", type=Path, help="the .onnx to write")
    parser.add_argument("--scenes", type=int, default=30_000)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--learning-rate", type=float, default=4e-3)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    parts = -(-options.scenes // PART)
    with ProcessPoolExecutor(options.workers) as pool:
        held = pool.submit(make_samples, 0, True)
        samples: list[Sample] = []
        for part in pool.map(make_samples, range(parts), [False] * parts):
            samples += part
            print(f"{len(samples)} scenes", file=sys.stderr, flush=True)
        tested = held.result()[:400]
    net = train(samples, tested, options.epochs, options.learning_rate)
    round_to_half(fold_norms(net.eval()))
    card = {"held_out": measure(net, tested), "scenes": len(samples), "epochs": options.epochs}
    export_writing(net, card, options.out, [image for image, _ in tested[:50]])
    digest = hashlib.sha256(options.out.read_bytes()).hexdigest()
    print(json.dumps({"file": str(options.out), "sha256": digest, **card}))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
