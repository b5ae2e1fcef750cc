"""Renders the page of a data set: counts, balance, and a sheet of samples."""

from inkling.data.statistics import PartDescription, first_of_each_class
from inkling.evaluation.report.charts.bars import balance_chart
from inkling.evaluation.report.gallery import sample_sheet
from inkling.evaluation.report.render import render
from inkling.types import Digits

SAMPLES_A_CLASS = 24


def render_data(name: str, notice: str, parts: dict[str, tuple[Digits, PartDescription]]) -> str:
    """Renders the HTML for the parts of a data set, such as `training` and `test`."""
    return render(
        "data.html.j2",
        name=name,
        notices=[notice] if notice else [],
        parts=[_part(part, digits, facts) for part, (digits, facts) in parts.items()],
    )


def _part(name: str, digits: Digits, facts: PartDescription) -> dict[str, object]:
    counts = list(facts.counts.values())
    rarest, most = min(counts, default=0), max(counts, default=0)
    return {
        "name": name,
        "facts": [
            ("images", f"{len(digits):,}"),
            ("classes", f"{len(counts)}"),
            ("rarest class", f"{rarest:,}"),
            ("most frequent", f"{most:,}"),
            ("mean", f"{facts.mean:.4f}"),
            ("sd", f"{facts.std:.4f}"),
        ],
        "sha256": facts.sha256,
        "balance": balance_chart(counts, digits.classes),
        "sheet": sample_sheet(first_of_each_class(digits, SAMPLES_A_CLASS), SAMPLES_A_CLASS),
    }
