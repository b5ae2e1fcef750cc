"""Renders the page of a label audit: the most suspicious labels with their images."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from inkling.evaluation.audit import Suspicion
from inkling.evaluation.corrections import unconfirmed_labels
from inkling.evaluation.report.charts.bars import probability_chart
from inkling.evaluation.report.confusion import in_percent
from inkling.evaluation.report.images import paper_uri
from inkling.evaluation.report.render import render
from inkling.evaluation.report.run_page import seconds as in_seconds
from inkling.types import Digits


@dataclass(frozen=True, eq=False)
class AuditFindings:
    """The result of an audit. `probabilities` (N, C) are out of fold; `top` images are shown."""

    data: str
    part: str
    digits: Digits
    probabilities: NDArray[np.float64]
    suspicion: Suspicion
    folds: int
    repeats: int
    accuracy: float
    listed: dict[str, int] | None
    top: int


@dataclass(frozen=True)
class SuspectCard:
    """One suspicious label."""

    rank: int
    index: int
    uri: str
    label: str
    suggestion: str
    confidence: str
    listed: bool
    chart: Markup


def render_audit(findings: AuditFindings, seconds: float) -> str:
    """The HTML of an audit that took `seconds`."""
    doubted = int((findings.suspicion.margin < 0).sum())
    return render(
        "audit.html.j2",
        findings=findings,
        cards=suspect_cards(findings),
        n=f"{len(findings.digits):,}",
        facts=[
            ("labels checked", f"{doubted:,}"),
            ("accuracy out of fold", f"{findings.accuracy:.2%}"),
            ("networks", f"{findings.folds * findings.repeats}"),
            ("time", in_seconds(seconds)),
        ],
        doubted=doubted,
    )


def suspect_cards(findings: AuditFindings) -> list[SuspectCard]:
    """A card for each of the first `findings.top` images."""
    digits, suspicion, classes = findings.digits, findings.suspicion, findings.digits.classes
    listed = set(unconfirmed_labels(digits))
    cards = []
    for rank, index in enumerate(suspicion.order[: findings.top].tolist(), start=1):
        label, answer = int(digits.labels[index]), int(suspicion.answers[index])
        cards.append(
            SuspectCard(
                rank=rank,
                index=index,
                uri=paper_uri(digits.images[index]),
                label=classes[label],
                suggestion=classes[answer],
                confidence=in_percent(float(suspicion.confidence[index])),
                listed=index in listed,
                chart=probability_chart(findings.probabilities[index], label, answer, classes),
            )
        )
    return cards
