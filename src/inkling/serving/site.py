"""The page's files, held in memory: a dozen small ones, each with a tag by which browsers ask."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

FOLDER = Path(__file__).parent / "page"
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True)
class Asset:
    """One file of the page."""

    content: bytes
    media_type: str

    @cached_property
    def tag(self) -> str:
        """An entity tag that changes with the content."""
        return f'"{hashlib.sha256(self.content).hexdigest()[:20]}"'

    def answer(self, request: Request) -> Response:
        """The file, or 304 where the browser has it already."""
        headers = {"ETag": self.tag, "Cache-Control": "no-cache"}
        if self._is_in(request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        return Response(self.content, headers=headers, media_type=self.media_type)

    def _is_in(self, held: str) -> bool:
        """Whether a browser's tags name this content; a proxy that packed it makes them weak."""
        tags = [tag.strip().removeprefix("W/") for tag in held.split(",")]
        return self.tag in tags or tags == ["*"]


def load_site(folder: Path = FOLDER) -> dict[str, Asset]:
    """Every file of the page by its name relative to `folder`."""
    return {
        path.relative_to(folder).as_posix(): Asset(path.read_bytes(), MEDIA_TYPES[path.suffix])
        for path in sorted(folder.rglob("*"))
        if path.suffix in MEDIA_TYPES
    }


def site_router(assets: dict[str, Asset]) -> APIRouter:
    """`/`, `/docs` and the files they ask for."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/", methods=["GET", "HEAD"])
    async def draw(request: Request) -> Response:
        return assets["index.html"].answer(request)

    @router.api_route("/docs", methods=["GET", "HEAD"])
    async def docs(request: Request) -> Response:
        return assets["docs.html"].answer(request)

    @router.api_route("/favicon.ico", methods=["GET", "HEAD"])
    async def icon(request: Request) -> Response:
        return assets["icon.svg"].answer(request)

    @router.api_route("/page/{name:path}", methods=["GET", "HEAD"])
    async def asset(request: Request, name: str) -> Response:
        if name not in assets:
            raise HTTPException(404, "the page has no such file")
        return assets[name].answer(request)

    return router
