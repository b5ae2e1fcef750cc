"""The command `inkling evaluate`."""

from pathlib import Path
from typing import Annotated

import typer

from inkling.cli.output import DeviceOption, JsonOption, note, print_result
from inkling.errors import InklingError


def evaluate(
    run: Annotated[
        Path | None,
        typer.Argument(metavar="[RUN|MODEL]", help="A run folder or an ONNX model."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|PATH", help="Dataset, as in train. Default: the run's training data."
        ),
    ] = None,
    own: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Evaluate the reader on your images, labelled by name (7_1.png) or subfolder.",
        ),
    ] = None,
    expect_one: Annotated[
        bool, typer.Option("--expect-one", help="With --own: at most one digit per image.")
    ] = False,
    gallery: Annotated[Path, typer.Option(help="With --own: the HTML page of mistakes.")] = Path(
        "own.html"
    ),
    corrected: Annotated[
        bool,
        typer.Option(
            "--corrected", help="Also report accuracy without 15 MNIST labels that a study rejects."
        ),
    ] = False,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Evaluate a run on a test set, or the reader on your own images."""
    if own is not None:
        if data is not None or corrected:
            raise typer.BadParameter("--own cannot be combined with --data or --corrected")
        _evaluate_own(own, run, gallery, expect_one, as_json)
        return
    if run is None:
        raise typer.BadParameter("give a run folder, a model, or --own FOLDER")
    from inkling.cli.summary import corrected_lines, evaluation_lines
    from inkling.jobs import evaluate as job

    if corrected:
        official, without = job.evaluate_corrected(run, data=data, device=device, notify=note)
        print_result(
            {**official.as_json(), "corrected": without.as_json()},
            as_json,
            lambda: [*evaluation_lines(str(run), official), *corrected_lines(without)],
        )
        return
    evaluation = job.evaluate(run, data=data, device=device, notify=note)
    print_result(evaluation.as_json(), as_json, lambda: evaluation_lines(str(run), evaluation))


def _check_gallery(path: Path) -> None:
    """Raises `InklingError` if a file that inkling did not write would be overwritten."""
    from inkling.evaluation.own_images import PAGE_HTML

    beginning, _, _ = PAGE_HTML.partition("<style>")
    try:
        ours = not path.exists() or path.read_text("utf-8", "replace").startswith(beginning)
    except OSError as error:
        raise InklingError(f"{path} could not be replaced: {error.strerror or error}") from error
    if not ours:
        raise InklingError(
            f"{path} was not written by inkling. It is unchanged. Choose another --gallery"
        )


def _evaluate_own(
    folder: Path, model: Path | None, gallery: Path, expect_one: bool, as_json: bool
) -> None:
    """Evaluates the whole reader with the bundled model or with `model` (ONNX)."""
    from inkling.evaluation.own_images import score_own, write_gallery
    from inkling.reading.pipeline import Reader

    _check_gallery(gallery)
    reader = Reader.load(model)
    score = score_own(folder, reader, expect_one=expect_one)
    write_gallery(score, reader, gallery)
    entry = {**score.as_json(), "gallery": str(gallery)}

    def lines() -> list[str]:
        right = sum(one.right for one in score.scored)
        total = len(score.scored)
        return [
            f"{folder}: {right:,} of {total:,} images read right ({right / total:.2%})",
            f"  the mistakes: {gallery}",
        ]

    print_result(entry, as_json, lines)
