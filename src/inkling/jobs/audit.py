"""The job `audit`: finds labels that are probably wrong by cross-validation."""

import csv
import io
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from inkling.data.catalog import AUTO, find_source
from inkling.data.fetch import Notify
from inkling.errors import DataError, RunError
from inkling.evaluation.audit import Suspicion, found_among, rank_suspects
from inkling.evaluation.corrections import unconfirmed_labels
from inkling.evaluation.report.audit_page import AuditFindings, render_audit
from inkling.files import write_text
from inkling.jobs.cross_validate import AuditPlan, cross_validate
from inkling.jobs.report import check_ours
from inkling.training.callback import Callback, NullCallback
from inkling.training.device import DeviceName, choose_device
from inkling.training.run_folder import make_folder, next_run_path
from inkling.types import Digits

PAGE, TABLE = "audit.html", "suspects.csv"
LISTED_LABELS = 100  # suspicious labels on the page
COLUMNS: tuple[str, ...] = (
    "rank",
    "index",
    "label",
    "suggestion",
    "confidence",
    "label_probability",
    "margin",
)
KNOWN_FIRST = (50, 100)  # ranks up to which images of a published list are counted


@dataclass(frozen=True)
class AuditResult:
    """The result of `audit`."""

    findings: AuditFindings
    seconds: float
    page: Path
    table: Path
    suspects: tuple[dict[str, Any], ...]

    def as_json(self) -> dict[str, Any]:
        """The output of `audit --json`. `listed` is None without a published list for the data."""
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


def audit(
    data: str = AUTO,
    *,
    part: str = "test",
    plan: AuditPlan | None = None,
    out: str | Path | None = None,
    device: DeviceName = "auto",
    callback: Callback | None = None,
    notify: Notify | None = None,
) -> AuditResult:
    """Ranks the labels of a data set by how likely they are wrong, by cross-validation.

    Data without a test part is audited as a whole, with five folds. Otherwise all networks are also
    trained on the other part, and two folds are enough. Writes `audit.html` and `suspects.csv`.

    Parameters
    ----------
    data
        A name or a path, as for `train`.
    part
        The part to audit: `test` or `training`.
    plan
        The recipe, the number of folds and repeats, and the seed.
    out
        The output folder. Default: `audit-<data>`, or the next free number.
    device
        `auto`, `cpu`, `cuda` or `mps`.
    callback
        Gets the progress of the training.
    notify
        A function that gets messages, such as the address of a download.

    Returns
    -------
    AuditResult
        The ranking, and the paths of the page and the table.

    Raises
    ------
    DataError
        The data cannot be loaded, or has too few images of a class.
    RunError
        `out` has files of these names that inkling did not make.
    """
    started = time.perf_counter()
    plan = plan or AuditPlan()
    source = find_source(data, notify=notify)
    if not source.has_test:
        part, audited, extra = "everything", source.load_everything(), None
    elif part == "test":
        audited, extra = source.load_test(), source.load_training()
    else:
        audited, extra = source.load_training(), source.load_test()
    folds = plan.folds or (2 if extra is not None and len(extra) >= len(audited) else 5)
    plan = replace(plan, folds=folds)
    plan.recipe.with_seed(plan.seed + plan.networks - 1)  # the last one's, known beforehand
    _check(audited, extra, folds, source.name)
    folder = _folder(out, source.name)
    where = choose_device(device)
    probabilities = cross_validate(audited, extra, plan, where, callback or NullCallback(), notify)
    suspicion = rank_suspects(probabilities, audited.labels)
    findings = AuditFindings(
        data=source.name,
        part=part,
        digits=audited,
        probabilities=probabilities,
        suspicion=suspicion,
        folds=folds,
        repeats=plan.repeats,
        accuracy=float((probabilities.argmax(axis=1) == audited.labels).mean()),
        listed=_listed(audited, suspicion),
        top=min(LISTED_LABELS, len(audited)),
    )
    return _write(findings, folder, started)


def _check(audited: Digits, extra: Digits | None, folds: int, name: str) -> None:
    counts = audited.counts() + (extra.counts() if extra is not None else 0)
    lonely = [audited.classes[label] for label in np.nonzero(counts == 1)[0]]
    if lonely:
        raise DataError(
            f"{name} has a single image of {', '.join(lonely)}, so its label cannot be checked. "
            "Add images of this class or remove it"
        )
    if len(audited) < 2 * folds:
        raise DataError(f"{name} has {len(audited)} images, too few for {folds} folds")


def _listed(audited: Digits, suspicion: Suspicion) -> dict[str, int] | None:
    """The number of images of a published list that the audit found, if there is a list."""
    listed = unconfirmed_labels(audited)
    if not listed:
        return None
    return {
        "listed": len(listed),
        **{f"first_{k}": found_among(suspicion.order, listed, k) for k in KNOWN_FIRST},
    }


def _folder(out: str | Path | None, name: str) -> Path:
    """The output folder. Raises `RunError` if a file of another origin would be overwritten."""
    if out is None:
        return next_run_path(Path(), f"audit-{Path(name).stem}")
    folder = Path(out)
    if folder.exists():
        make_folder(folder)  # raises an error for a file
        check_ours(folder / PAGE)
        _check_table(folder / TABLE)
    return folder


def _check_table(path: Path) -> None:
    """Whether a file has the columns of an audit's table."""
    if not path.exists():
        return
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            head = file.readline(200)
    except OSError as error:
        raise RunError(f"{path} cannot be replaced: {error.strerror or error}") from error
    if head.rstrip("\n") != ",".join(COLUMNS):
        raise RunError(f"{path} was not made by inkling. It is unchanged. Choose another --out")


def _write(findings: AuditFindings, folder: Path, started: float) -> AuditResult:
    page, table = folder / PAGE, folder / TABLE
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
    """A row per image, the most suspicious first."""
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
