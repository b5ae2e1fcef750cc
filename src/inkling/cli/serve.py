"""The command `inkling serve`."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from inkling.cli.output import JsonOption, print_json


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on. 0.0.0.0 listens on every network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port. 0 selects a free one.")] = 8000,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes. Each one reads with --threads threads.")
    ] = 1,
    threads: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Reading threads of each worker.", show_default="cores"),
    ] = None,
    capacity: Annotated[
        int,
        typer.Option(
            "--capacity",
            "--places",
            min=1,
            max=10_000,
            help="Images that a worker reads or queues. More are rejected with status 503.",
        ),
    ] = 16,
    model: Annotated[
        Path | None, typer.Option(help="ONNX model. Default: the bundled model.")
    ] = None,
    corrections: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Store users' corrections in this folder, for inkling finetune. Off by default.",
        ),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN",
            help="Origin whose pages may call the API, e.g. https://a.example. Repeatable.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Serve the HTTP API and the drawing page."""
    from inkling.serving.server import serve as serve_until_told
    from inkling.serving.settings import Settings

    origins = tuple(allow_origin or ())
    settings = Settings(
        model=model, capacity=capacity, allow_origins=origins, corrections=corrections
    )
    if threads is not None:
        settings = replace(settings, threads=threads)

    def announce(address: str) -> None:
        if as_json:
            print_json({"address": address, "workers": workers, "pid": os.getpid()})
        else:
            print(f"inkling is ready at {address}  (API: {address}docs, stop: Ctrl+C)")
        sys.stdout.flush()

    serve_until_told(host, port, workers, settings, announce)
