"""`inkling serve`."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from inkling.cli.output import JsonOption, print_json


def serve(
    host: Annotated[
        str, typer.Option(help="The address to listen on; 0.0.0.0 for every network.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port; 0 picks a free one.")
    ] = 8000,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes; each reads on --threads threads.")
    ] = 1,
    threads: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Reading threads of a worker.", show_default="cores"),
    ] = None,
    places: Annotated[
        int,
        typer.Option(
            min=1, max=10_000, help="Pictures read or waiting in a worker; more are turned away."
        ),
    ] = 16,
    model: Annotated[
        Path | None, typer.Option(help="An ONNX model other than the bundled one.")
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN", help="A site whose pages may call the API, e.g. https://a.example."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Serve the HTTP API and the drawing page."""
    from inkling.serving.server import serve as serve_until_told
    from inkling.serving.settings import Settings

    origins = tuple(allow_origin or ())
    settings = Settings(model=model, places=places, allow_origins=origins)
    if threads is not None:
        settings = replace(settings, threads=threads)

    def announce(address: str) -> None:
        if as_json:
            print_json({"address": address, "workers": workers, "pid": os.getpid()})
        else:
            print(f"inkling is ready at {address}  (API: {address}docs, stop: Ctrl+C)")
        sys.stdout.flush()

    serve_until_told(host, port, workers, settings, announce)
