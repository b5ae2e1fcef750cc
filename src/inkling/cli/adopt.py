"""The command `inkling adopt`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from inkling.cli.output import DataOption, JsonOption, note, print_result


def adopt(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A .pt, .pth, .safetensors, TorchScript, .npz or pickle file."
        ),
    ],
    out: Annotated[Path | None, typer.Option(help="The run folder to create.")] = None,
    data: DataOption = None,
    normalise: Annotated[
        str | None,
        typer.Option(
            metavar="SCALING",
            help="Pixel scaling: 0..1, 0..255, MEAN,STD, or 'inverted' before one of them.",
        ),
    ] = None,
    activation: Annotated[
        str | None, typer.Option(metavar="NAME", help="Activation of every hidden layer.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Convert a checkpoint that was trained elsewhere into a run folder."""
    from inkling.adopt.choices import ACTIVATIONS

    if activation is not None and activation not in ACTIVATIONS:
        raise typer.BadParameter(
            f"'{activation}' is not one of {', '.join(ACTIVATIONS)}", param_hint="--activation"
        )
    from inkling.data.catalog import AUTO
    from inkling.jobs import adopt as job

    chosen: Any = activation
    result = job.adopt(
        file,
        out=out,
        data=data or AUTO,
        normalise=normalise,
        activation=chosen,
        notify=note,
        on_step=None if as_json else note,
    )
    print_result(result.as_json(), as_json, lambda: _lines(result))


def _lines(result: Any) -> list[str]:
    lines = [
        f"{result.source}: {result.form}",
        f"  network: {result.architecture}",
        f"  pixels: {result.normalisation}",
        f"  accuracy on 2,000 training images: {result.training_accuracy:.2%}, "
        f"{result.margin:+.2%} against the best alternative",
    ]
    lines += [f"  not decided by the images: {tie}" for tie in result.ties]
    return [*lines, f"wrote {result.run}"]
