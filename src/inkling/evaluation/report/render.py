"""Renders a page: combines template, style sheet, script and content into one HTML file."""

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

TEMPLATES = "templates"
GENERATOR = "inkling"  # the meta tag that identifies pages of inkling


def render(template: str, **content: Any) -> str:
    """Renders `content` with `template` to one self-contained HTML file.

    Its content security policy allows only this script, inline styles and `data:` images.
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
    return (resources.files("inkling.evaluation.report") / TEMPLATES / name).read_text("utf-8")


@cache
def environment() -> jinja2.Environment:
    """The template environment. It escapes all values, and unknown names are errors."""
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(asset),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def is_ours(page: str) -> bool:
    """Whether inkling made a page, so that it may be replaced."""
    return f'<meta name="generator" content="{GENERATOR}' in page[:2000]
