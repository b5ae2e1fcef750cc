"""The command `inkling predict`."""

from pathlib import Path
from typing import Annotated

import typer

from inkling.cli.output import DeviceOption, JsonOption, note, print_result

OUT, SUBMISSION = Path("answers.csv"), Path("submission.csv")


def predict(
    run: Annotated[
        Path, typer.Argument(metavar="RUN|MODEL", help="A run folder, or an exported model.")
    ],
    data: Annotated[
        str,
        typer.Option("--data", metavar="NAME|PATH", help="Images, with or without labels."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="The CSV file to write.", show_default="answers.csv; with --kaggle submission.csv"
        ),
    ] = None,
    kaggle: Annotated[
        bool, typer.Option("--kaggle", help="Write Kaggle's format: ImageId,Label.")
    ] = False,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Add one column per class.")
    ] = False,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Predict labels for images, and write them to a CSV file."""
    if kaggle and probabilities:
        raise typer.BadParameter(
            "--kaggle cannot be combined with --probabilities: its format has two columns"
        )
    from inkling.cli.progress import CountDisplay
    from inkling.jobs import predict as job

    path = out or (SUBMISSION if kaggle else OUT)
    with CountDisplay("predicting", "images") as display:
        result = job.predict(
            run,
            data,
            path,
            kaggle=kaggle,
            probabilities=probabilities,
            device=device,
            notify=note,
            progress=display.show,
        )

    def lines() -> list[str]:
        counts = ", ".join(f"{name}: {count:,}" for name, count in result.counts.items())
        return [
            f"{result.out}: {result.n:,} predictions ({result.part}) in {result.seconds:.1f} s",
            f"  mean confidence {result.mean_confidence:.1%}",
            f"  {counts}",
        ]

    print_result(result.as_json(), as_json, lines)
