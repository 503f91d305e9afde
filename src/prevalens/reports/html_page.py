"""A report as one HTML file that needs nothing else: no network, no fonts, one small script."""

import base64
import functools
import hashlib
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from prevalens.reports.document import Document
from prevalens.reports.svg_charts import legend, svg_chart
from prevalens.reports.svg_figures import svg_flow, svg_forest
from prevalens.reports.svg_matrix import svg_matrix


def html_page(document: Document, *, generator: str) -> str:
    """Return the whole page; every text from the data is escaped by the template.

    Args:
        document: The report.
        generator: Name and version of what wrote it.
    """
    script = _file("page.js")
    page: str = (
        _environment()
        .get_template("page.html")
        .render(
            document=document,
            generator=generator,
            policy=policy(script),
            # The package's own files are the only texts that are not escaped.
            style=Markup(_file("page.css")),  # noqa: S704
            script=Markup(script),  # noqa: S704
        )
    )
    return page


def policy(script: str) -> str:
    """Return the Content-Security-Policy: nothing is loaded, and no script but this one runs."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        f"script-src 'sha256-{digest}'"
    )


@functools.cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("prevalens.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"svg_chart": svg_chart, "legend": legend}
    made.globals |= {"svg_forest": svg_forest, "svg_flow": svg_flow}
    made.globals |= {"svg_matrix": svg_matrix, "room": _room}
    made.tests["kind"] = _is_kind
    return made


def _room(block: Any) -> str:
    """Return the class of the element that a block shares with those of its kind beside it."""
    rooms = {"Chart": "charts", "Forest": "charts", "Gallery": "pairs", "Details": "parts"}
    return rooms.get(type(block).__name__, "")


def _is_kind(block: Any, name: str) -> bool:
    return type(block).__name__ == name


def _file(name: str) -> str:
    folder = resources.files("prevalens.reports").joinpath("templates")
    return folder.joinpath(name).read_text(encoding="utf-8")
