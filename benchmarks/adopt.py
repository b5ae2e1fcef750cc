"""Measures how well `inkling adopt` recovers networks of many kinds, by their accuracy.

    INKLING_DATA=... python benchmarks/adopt.py FOLDER [--epochs N] [--only WORD] [--skip WORD]

Trains each network for some epochs on MNIST as its own code would, stores it in FOLDER in one of
the forms that people publish, adopts that file, and compares the accuracy on MNIST's test set with
that of the network's own code. A later call goes on where this one was stopped.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from adopt_networks import Functional
from adopt_variants import SCALES, VARIANTS, Variant
from inkling.adopt.describe import describe_architecture
from inkling.adopt.infer import adopt_checkpoint
from inkling.adopt.scaling import describe_scaling
from inkling.adopt.scoring import Images
from inkling.data.catalog import find_source
from inkling.jobs.adopt import TRIED_IMAGES, _part


def save(net: nn.Module, form: str, folder: Path, name: str) -> Path:
    """Writes the file as it might be published."""
    path = folder / f"{name}.{'safetensors' if form == 'safetensors' else 'pt'}"
    weights = net.state_dict()
    if form == "checkpoint":
        optimizer = torch.optim.Adam(net.parameters())
        content = {"epoch": 5, "model_state_dict": weights, "optimizer_state_dict":
                   optimizer.state_dict(), "loss": 0.1}  # fmt: skip
        torch.save(content, path)
    elif form in ("module", "legacy-module"):
        if isinstance(net, Functional):
            del net.__dict__["steps"]  # a local function cannot be pickled, and plays no part
        torch.save(net, path, _use_new_zipfile_serialization=form == "module")
    elif form == "legacy":
        torch.save(weights, path, _use_new_zipfile_serialization=False)
    elif form == "data-parallel":
        torch.save({f"module.{key}": value for key, value in weights.items()}, path)
    elif form == "compiled":
        torch.save({f"_orig_mod.{key}": value for key, value in weights.items()}, path)
    elif form == "prefixed":
        torch.save({f"net.features.{key}": value for key, value in weights.items()}, path)
    elif form == "lightning":
        state = {f"model.{key}": value for key, value in weights.items()}
        torch.save({"state_dict": state, "global_step": 9, "hyper_parameters": {"lr": 0.1}}, path)
    elif form == "torchscript":
        torch.jit.script(nn.Sequential(net.layer1, net.layer2, nn.Flatten(), net.fc)).save(path)
    elif form == "torchscript-traced":
        torch.jit.trace(net, torch.zeros(1, 1, 28, 28)).save(path)
    elif form == "safetensors":
        save_file(weights, path)
    else:
        torch.save(weights, path)
    return path


def train(variant: Variant, images: Tensor, labels: Tensor, epochs: int) -> nn.Module:
    """The network after that many passes over the images, in batches of 64."""
    torch.manual_seed(sum(variant.name.encode()))
    net, scale = variant.make(), SCALES[variant.scale]
    optimizer = torch.optim.Adam(net.parameters(), variant.rate)
    for _ in range(epochs):
        for chosen in torch.randperm(len(labels)).split(64):
            optimizer.zero_grad()
            variant.loss(net(scale(images[chosen])), labels[chosen]).backward()
            optimizer.step()
    return net.eval()


@torch.inference_mode()
def accuracy(net: Callable[[Tensor], Tensor], images: Tensor, labels: Tensor) -> float:
    answers = torch.cat([net(part) for part in images.split(500)]).argmax(1)
    return float((answers == labels).float().mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=5, help="MLPs train for twice as many")
    parser.add_argument("--only", default="")
    parser.add_argument("--skip", default="nothing")
    parser.add_argument("--again", action="store_true", help="adopt also what was adopted before")
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.folder.mkdir(parents=True, exist_ok=True)
    source = find_source("mnist")
    training, test = source.load_training(), source.load_test()
    pixels = torch.tensor(training.images)[:, None] / 255
    test_pixels = torch.tensor(test.images)[:, None] / 255
    labels, test_labels = torch.tensor(training.labels), torch.tensor(test.labels)
    few = _part(training, TRIED_IMAGES)
    deciding, unseen = Images.of(few.images, few.labels), Images.of(test.images, test.labels)
    near = total = 0
    for variant in VARIANTS:
        if options.only not in variant.name or options.skip in variant.name:
            continue
        note = options.folder / f"{variant.name}.json"
        if not note.exists():
            epochs = options.epochs * (2 if "mlp" in variant.name else 1)
            net = train(variant, pixels, labels, epochs)
            scale = SCALES[variant.scale]
            own = accuracy(lambda part, s=scale, n=net: n(s(part)), test_pixels, test_labels)
            path = save(net, variant.form, options.folder, variant.name)
            note.write_text(json.dumps({"own": own, "file": path.name, "epochs": epochs}))
        known = json.loads(note.read_text())
        if "good" not in known or options.again:
            known |= adopt_file(options.folder / known["file"], known["own"], deciding, unseen)
            note.write_text(json.dumps(known))
        total += 1
        near += known["good"]
        kind = f"[{variant.scale}, {variant.form}]"
        print(f"{variant.name:22} own {known['own']:.2%} {known['result']} {kind}", flush=True)
    print(f"{near} of {total} within 0.1 point")


def adopt_file(path: Path, own: float, deciding: Images, unseen: Images) -> dict[str, object]:
    """Adopts a file. `good` is whether its accuracy is within 0.1 point of `own`, a fraction."""
    started = time.process_time()
    try:
        found = adopt_checkpoint(path, deciding, tuple("0123456789"))
    except Exception as error:
        return {"good": False, "result": f"FAILED: {error}"}
    seconds = time.process_time() - started
    reached = accuracy(found.network, unseen.images, unseen.labels)
    good, plan = abs(reached - own) <= 0.001, found.decision.plan
    result = (
        f"adopted {reached:.2%} {'ok ' if good else 'OFF'} margin {found.decision.margin:+.2%} "
        f"{seconds:.0f} s of processor time {found.form}; "
        f"{describe_architecture(found.chain, plan)}; {describe_scaling(plan.input)}"
    )
    return {"good": good, "result": result}


if __name__ == "__main__":
    main()
