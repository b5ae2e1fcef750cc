"""The final output of commands as lines of text. Imports no job, so that commands start fast."""

from typing import TYPE_CHECKING

from inkling.evaluation.metrics import wilson_interval

if TYPE_CHECKING:
    from inkling.data.statistics import PartDescription
    from inkling.evaluation.metrics import Evaluation
    from inkling.jobs.audit import AuditResult
    from inkling.jobs.describe import DataDescription
    from inkling.jobs.evaluate import Corrected
    from inkling.jobs.run import TrainResult


def summary(result: "TrainResult") -> list[str]:
    """The result of a training, and which files to open."""
    low, high = wilson_interval(round(result.test.accuracy * result.test.n), result.test.n)
    lines = [
        "",
        f"{result.recipe} on {result.data}: {result.test.accuracy:.2%} of "
        f"{result.test.n:,} test images right (95 % interval {low:.2%} to {high:.2%})",
        f"  trained in {result.train_seconds:.1f} s on {result.device}, "
        f"{result.parameters:,} parameters, seed {result.seed}",
    ]
    if result.validation:
        lines.append(
            f"  validation {result.validation.accuracy:.2%} of {result.validation.n:,}, "
            f"loss {result.validation.loss:.4f}"
        )
    lines += ["", "Open:"]
    lines += [f"  {path}" for path in sorted(result.run.glob("*.html"))]
    lines += ["", f"Again: inkling evaluate {result.run}"]
    return lines


def evaluation_lines(name: str, evaluation: "Evaluation") -> list[str]:
    """The lines of an evaluation: accuracy, loss and a table per class."""
    low, high = evaluation.interval
    lines = [
        f"{name}: {evaluation.accuracy:.2%} of {evaluation.n:,} images right "
        f"(95 % interval {low:.2%} to {high:.2%})",
        f"  loss {evaluation.loss:.4f}, expected calibration error {evaluation.ece:.2%}",
        "",
        "class          precision   recall       F1        n",
    ]
    lines += [
        f"{score.name:<14} {score.precision:9.2%} {score.recall:8.2%} {score.f1:8.2%} {score.n:8,}"
        for score in evaluation.per_class
    ]
    return lines


def corrected_lines(corrected: "Corrected") -> list[str]:
    """The accuracy without the images with disputed labels."""
    low, high = corrected.interval
    return [
        "",
        f"Without {len(corrected.left_out)} images whose labels a published study did not "
        f"confirm: {corrected.accuracy:.2%} of {corrected.n:,} (95 % interval {low:.2%} to "
        f"{high:.2%})",
    ]


def audit_lines(result: "AuditResult") -> list[str]:
    """The most suspicious labels, and the files with all of them."""
    findings = result.findings
    lines = [
        "",
        f"{findings.data}, {findings.part}: {len(findings.digits):,} labels judged in "
        f"{result.seconds:.0f} s; {findings.accuracy:.2%} agree with the out-of-fold predictions",
        "",
        "rank   index  label  looks like  confidence",
    ]
    lines += [
        f"{row['rank']:4}  {row['index']:6}  {row['label']:>5}  {row['suggestion']:>10}  "
        f"{row['confidence']:10.2%}"
        for row in result.suspects[:15]
    ]
    if findings.listed:
        found = findings.listed
        lines += [
            "",
            f"Of {found['listed']} labels that a published study did not confirm, "
            f"{found['first_50']} are among the first 50 and {found['first_100']} among the "
            "first 100",
        ]
    return [*lines, "", f"Images: {result.page}", f"All, ranked: {result.table}"]


def data_lines(description: "DataDescription") -> list[str]:
    """The description of a data set."""
    lines = [description.name, *(f"  {sentence}" for sentence in description.how)]
    for name, part in (("training", description.training), ("test", description.test)):
        lines += ["", *_part_lines(name, part)]
    return [*lines, "", f"Samples: {description.sheet}"]


def _part_lines(name: str, part: "PartDescription") -> list[str]:
    shape = " x ".join(f"{side:,}" for side in part.shape)
    largest = max(part.counts.values())
    bars = [
        f"    {label:<12} {count:7,}  {'█' * round(28 * count / max(largest, 1))}"
        for label, count in part.counts.items()
    ]
    return [
        f"  {name}: {shape}, pixels of mean {part.mean:.4f} and sd {part.std:.4f}",
        f"    SHA-256 {part.sha256}",
        *bars,
    ]
