"""From what is to be shown to one file: template, style and script put together."""

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

FOLDER = "templates"
GENERATOR = "inkling"  # the meta tag by which a page is known as ours


def render(template: str, **content: Any) -> str:
    """The page that `template` makes of `content`: one file that asks for nothing else.

    Its content security policy allows this very script, inline styles and `data:` images, and
    forbids the rest.
    """
    script = asset("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return (
        environment()
        .get_template(template)
        .render(
            style=Markup(asset("style.css")),
            script=Markup(script),
            script_hash=digest,
            generator=GENERATOR,
            **content,
        )
    )


@cache
def asset(name: str) -> str:
    """The text of a file beside this module's templates."""
    return (resources.files("inkling.evaluation.report") / FOLDER / name).read_text("utf-8")


@cache
def environment() -> jinja2.Environment:
    """Templates from the package; whatever goes into them is escaped, an unknown name an error."""
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(asset),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def is_ours(page: str) -> bool:
    """Whether a page's text was made by inkling, so that making it anew loses nothing."""
    return f'<meta name="generator" content="{GENERATOR}' in page[:2000]
