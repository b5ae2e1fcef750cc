"""`inkling evaluate`."""

from pathlib import Path
from typing import Annotated

import typer

from inkling.cli.output import DeviceOption, JsonOption, device_name, note, print_result


def evaluate(
    run: Annotated[
        Path | None,
        typer.Argument(metavar="[RUN|MODEL]", help="A run folder, or a model exported to ONNX."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|PATH", help="As for train; what the run learnt from unless told."
        ),
    ] = None,
    own: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Read pictures of your own, labelled by name (7_1.png) or sub-folder.",
        ),
    ] = None,
    expect_one: Annotated[
        bool, typer.Option("--expect-one", help="With --own: one digit a picture.")
    ] = False,
    gallery: Annotated[Path, typer.Option(help="With --own: the page of the mistakes.")] = Path(
        "own.html"
    ),
    corrected: Annotated[
        bool,
        typer.Option(
            "--corrected", help="Also without the 15 MNIST labels that a study did not confirm."
        ),
    ] = False,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Measure a run on the test part of any data, or the reader on your own pictures."""
    where = device_name(device)
    if own is not None:
        if data is not None or corrected:
            raise typer.BadParameter("--own goes without --data and --corrected")
        _evaluate_own(own, run, gallery, expect_one, as_json)
        return
    if run is None:
        raise typer.BadParameter("name a run folder or a model, or --own FOLDER")
    from inkling.cli.summary import corrected_lines, evaluation_lines
    from inkling.jobs import evaluate as job

    if corrected:
        official, without = job.evaluate_corrected(run, data=data, device=where, notify=note)
        print_result(
            {**official.as_json(), "corrected": without.as_json()},
            as_json,
            lambda: [*evaluation_lines(str(run), official), *corrected_lines(without)],
        )
        return
    evaluation = job.evaluate(run, data=data, device=where, notify=note)
    print_result(evaluation.as_json(), as_json, lambda: evaluation_lines(str(run), evaluation))


def _evaluate_own(
    folder: Path, model: Path | None, gallery: Path, expect_one: bool, as_json: bool
) -> None:
    """The bundled model, or `model` (ONNX), through the whole reader."""
    from inkling.reading.own import score_own, write_gallery
    from inkling.reading.reader import Reader

    reader = Reader.load(model)
    score = score_own(folder, reader, expect_one=expect_one)
    write_gallery(score, reader, gallery)
    entry = {**score.as_json(), "gallery": str(gallery)}

    def lines() -> list[str]:
        right = sum(one.right for one in score.scored)
        total = len(score.scored)
        return [
            f"{folder}: {right:,} of {total:,} pictures read right ({right / total:.2%})",
            f"  the mistakes: {gallery}",
        ]

    print_result(entry, as_json, lines)
