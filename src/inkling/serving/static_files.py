"""The drawing page and the API documentation: files served by Starlette's `StaticFiles`."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).parent / "page"
PAGES = {"/": "index.html", "/docs": "docs.html", "/favicon.ico": "icon.svg"}


def page_routes() -> list[BaseRoute]:
    """`/`, `/docs`, `/favicon.ico`, and `/page/` with the files that they need."""
    files = StaticFiles(directory=FOLDER)
    pages = [Route(path, _page(files, name)) for path, name in PAGES.items()]
    return [*pages, Mount("/page", files)]


def _page(files: StaticFiles, name: str) -> Callable[[Request], Awaitable[Response]]:
    async def page(request: Request) -> Response:
        return await files.get_response(name, request.scope)

    return page
