"""The label audit: cross-validate, rank what the networks do not believe, and show it."""

import csv
import io
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inkling.data.augment import Augment
from inkling.data.catalog import AUTO, find_source
from inkling.data.fetch import Notify
from inkling.data.files import write_text
from inkling.data.splits import Splits
from inkling.errors import DataError
from inkling.evaluation.audit import Suspicion, found_among, rank_suspects, stratified_folds
from inkling.evaluation.classifier import DigitClassifier
from inkling.evaluation.corrections import unconfirmed_labels
from inkling.evaluation.report.audit_page import AuditFindings, render_audit
from inkling.jobs.train import Quiet
from inkling.models.cnn import CnnSpec
from inkling.models.zoo import build_model
from inkling.training.device import DeviceName, choose_device, computing_threads
from inkling.training.history import EpochMetrics
from inkling.training.loop import Plan, Watch, fit
from inkling.training.recipe import Adam, OneCycle, Recipe, Training
from inkling.training.run_folder import next_run_path
from inkling.types import Digits

COLUMNS = ("rank", "index", "label", "suggestion", "confidence", "label_probability", "margin")
KNOWN_FIRST = (50, 100)  # where the pictures of a published list are looked for


@dataclass(frozen=True)
class AuditResult:
    """What `audit --json` prints."""

    findings: AuditFindings
    seconds: float
    page: Path
    table: Path
    suspects: tuple[dict[str, Any], ...]

    def as_json(self) -> dict[str, Any]:
        """One object; `listed` is None where no published list is known for the data."""
        found = self.findings
        return {
            "data": found.data,
            "part": found.part,
            "n": len(found.digits),
            "folds": found.folds,
            "repeats": found.repeats,
            "accuracy": found.accuracy,
            "seconds": self.seconds,
            "page": str(self.page),
            "csv": str(self.table),
            "listed": found.listed,
            "suspects": list(self.suspects),
        }


def audit_recipe() -> Recipe:
    """A small CNN with batch norm, mild augmentation and one cycle."""
    return Recipe(
        name="audit",
        title="A quick CNN for judging labels",
        model=CnnSpec(channels=(16, 32), hidden=(64,), batch_norm=True, dropout=0.25),
        training=Training(epochs=3, batch_size=128, validation=0, keep="last"),
        optimizer=Adam(learning_rate=5e-3),
        schedule=OneCycle(warmup=0.2),
        augment=Augment(rotation_degrees=8, shift_pixels=1.5, scale=0.08),
    )


def audit(
    data: str = AUTO,
    *,
    part: str = "test",
    folds: int = 0,
    repeats: int = 3,
    top: int = 100,
    out: str | Path | None = None,
    recipe: Recipe | None = None,
    seed: int = 0,
    device: DeviceName = "auto",
    watch: Watch | None = None,
    notify: Notify | None = None,
) -> AuditResult:
    """Rank the labels of `part` (`test` or `training`) of `data` by how little they are believed.

    Data without a test part of its own is audited whole. The other part, where there is one, is
    learnt from by every network, so that two `folds` do; without it there are five (0 chooses).
    `repeats` cross-validations with different seeds and folds are averaged. Writes `audit.html`
    and `suspects.csv` into the folder `out`. Raises `InklingError`.
    """
    started = time.perf_counter()
    source = find_source(data, notify=notify)
    if not source.has_test:
        part, audited, extra = "everything", source.load_everything(), None
    elif part == "test":
        audited, extra = source.load_test(), source.load_training()
    else:
        audited, extra = source.load_training(), source.load_test()
    folds = folds or (2 if extra is not None and len(extra) >= len(audited) else 5)
    _check(audited, extra, folds, source.name)
    probabilities = cross_validate(
        audited,
        extra,
        recipe or audit_recipe(),
        folds=folds,
        repeats=repeats,
        seed=seed,
        device=choose_device(device),
        watch=watch or Quiet(),
        notify=notify,
    )
    suspicion = rank_suspects(probabilities, audited.labels)
    findings = AuditFindings(
        data=source.name,
        part=part,
        digits=audited,
        probabilities=probabilities,
        suspicion=suspicion,
        folds=folds,
        repeats=repeats,
        accuracy=float((probabilities.argmax(axis=1) == audited.labels).mean()),
        listed=_listed(audited, suspicion),
        top=min(top, len(audited)),
    )
    return _write(findings, _folder(out, source.name), started)


def cross_validate(
    audited: Digits,
    extra: Digits | None,
    recipe: Recipe,
    *,
    folds: int,
    repeats: int,
    seed: int,
    device: torch.device,
    watch: Watch,
    notify: Notify | None = None,
) -> NDArray[np.float64]:
    """Out-of-fold probabilities (N, C) of `audited`, the mean over `repeats`.

    The network that judges a picture learnt from `extra` and from the other folds, never from
    the picture's own label.
    """
    total = np.zeros((len(audited), len(audited.classes)))
    for repeat in range(repeats):
        numbers = stratified_folds(audited.labels, folds, seed + repeat)
        for fold in range(folds):
            count = repeat * folds + fold
            if notify:
                notify(f"network {count + 1} of {folds * repeats}")
            learnt = _together(audited.take(np.nonzero(numbers != fold)[0]), extra)
            judged = np.nonzero(numbers == fold)[0]
            classifier = _train(
                learnt, recipe, seed + count, device, _Share(watch, count, folds * repeats)
            )
            total[judged] += classifier.predict_proba(audited.images[judged])
    return total / repeats


def _train(
    learnt: Digits, recipe: Recipe, seed: int, device: torch.device, watch: Watch
) -> DigitClassifier:
    training = recipe.training.model_copy(update={"seed": seed})
    recipe = recipe.model_copy(update={"training": training})
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices), computing_threads(training.threads):
        torch.manual_seed(seed)
        model = build_model(recipe.model, len(learnt.classes))
        outcome = fit(model, Splits(learnt, None), Plan(recipe, device, watch))
    model.load_state_dict(outcome.weights)
    return DigitClassifier(model, learnt.classes)


class _Share:
    """Tells a watch of the steps of all networks together; an epoch is no news here."""

    def __init__(self, watch: Watch, before: int, networks: int) -> None:
        self.watch, self.before, self.networks = watch, before, networks

    def on_step(self, step: int, total: int) -> None:
        self.watch.on_step(self.before * total + step, self.networks * total)

    def on_epoch(self, metrics: EpochMetrics, history: list[EpochMetrics]) -> None:
        """Nothing."""


def _check(audited: Digits, extra: Digits | None, folds: int, name: str) -> None:
    counts = audited.counts() + (extra.counts() if extra is not None else 0)
    lonely = [audited.classes[label] for label in np.nonzero(counts == 1)[0]]
    if lonely:
        raise DataError(
            f"{name} has a single picture of {', '.join(lonely)}: nobody can judge its label; "
            "add pictures of it or leave it out"
        )
    if len(audited) < 2 * folds:
        raise DataError(f"{name} has {len(audited)} pictures, too few for {folds} folds")


def _together(digits: Digits, extra: Digits | None) -> Digits:
    if extra is None:
        return digits
    return Digits(
        np.concatenate([extra.images, digits.images]),
        np.concatenate([extra.labels, digits.labels]),
        digits.classes,
    )


def _listed(audited: Digits, suspicion: Suspicion) -> dict[str, int] | None:
    """How many pictures of a published list the audit names, where there is such a list."""
    listed = unconfirmed_labels(audited)
    if not listed:
        return None
    return {
        "listed": len(listed),
        **{f"first_{k}": found_among(suspicion.order, listed, k) for k in KNOWN_FIRST},
    }


def _folder(out: str | Path | None, name: str) -> Path:
    if out is not None:
        return Path(out)
    return next_run_path(Path(), f"audit-{Path(name).stem}")


def _write(findings: AuditFindings, folder: Path, started: float) -> AuditResult:
    page, table = folder / "audit.html", folder / "suspects.csv"
    rows = list(_rows(findings))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(table, buffer.getvalue())
    seconds = time.perf_counter() - started
    write_text(page, render_audit(findings, seconds))
    return AuditResult(findings, seconds, page, table, tuple(rows[: findings.top]))


def _rows(findings: AuditFindings) -> list[dict[str, Any]]:
    """A row a picture, the most suspect first."""
    digits, suspicion = findings.digits, findings.suspicion
    return [
        {
            "rank": rank,
            "index": index,
            "label": digits.classes[digits.labels[index]],
            "suggestion": digits.classes[suspicion.answers[index]],
            "confidence": round(float(suspicion.confidence[index]), 6),
            "label_probability": round(float(suspicion.given[index]), 6),
            "margin": round(float(suspicion.margin[index]), 6),
        }
        for rank, index in enumerate(suspicion.order.tolist(), start=1)
    ]
