"""The command `inkling finetune`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkling.cli.output import JsonOption, note, print_result

if TYPE_CHECKING:
    from inkling.jobs.finetune import FinetuneResult


def finetune(
    corrections: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Corrections from inkling serve or inkling read --save-crops."
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="NAME|PATH", help="Labelled images, as inkling train takes them."),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="ONNX model to adapt. Default: the bundled model.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The new ONNX model.")] = Path("my.onnx"),
    as_json: JsonOption = False,
) -> None:
    """Adapt the reader's model to your own labelled digits."""
    if corrections is None and data is None:
        raise typer.BadParameter("give --corrections FOLDER or --data NAME|PATH")
    from inkling.cli.progress import CountDisplay
    from inkling.jobs import finetune as job

    with CountDisplay("training", "steps") as display:
        result = job.finetune(
            corrections=corrections,
            data=data,
            model=model,
            out=out,
            notify=note,
            on_step=display.show,
        )
    print_result(result.as_json(), as_json, lambda: _lines(result))


def _lines(result: "FinetuneResult") -> list[str]:
    lines = [f"trained on {result.trained_on:,} images in {result.seconds:.0f} s"]
    lines += [
        f"  {name}: {each.before:.2%} before, {each.after:.2%} after (n = {each.n:,})"
        for name, each in result.comparisons.items()
    ]
    return [*lines, f"wrote {result.out}; use it with: inkling read IMAGE --model {result.out}"]
