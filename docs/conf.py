"""How the documentation is built."""

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

import prevalens
from prevalens.command import VERBS

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

project = "prevalens"
author = "The prevalens developers"
project_copyright = f"2026, {author}"
release = prevalens.__version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "sphinxcontrib.bibtex",
]
exclude_patterns = ["_build", "gallery/*.py", "gallery/*.ipynb", "gallery/*.py.md5"]
html_theme = "furo"
html_title = "prevalens"
html_static_path = ["_static"]
html_favicon = "_static/mark.svg"
html_css_files = ["pages.css"]
html_js_files = ["pages.js"]
html_theme_options = {"top_of_page_buttons": []}
pygments_dark_style = "github-dark"
default_role = "code"
bibtex_bibfiles = ["references.bib"]
bibtex_reference_style = "author_year"
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
suppress_warnings = ["config.cache"]

autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "groupwise"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

# Types of other projects, whose inventories the build does not download.
nitpick_ignore_regex = [
    ("py:.*", r"(?!prevalens\.).*"),
    # Classes behind a public one, private or at addresses below the stages', are not pages.
    ("py:class", r"prevalens\.(_\w+\.\w+|\w+\.\w+\.\w+)"),
]

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    # The ALL example trains for minutes; the tutorial shows what it writes.
    "filename_pattern": r"/\d\d_",
    "ignore_pattern": r"(cnmc_all|small_device|study_from_table|study_several_classes)\.py",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "within_subsection_order": "FileNameSortKey",
    "write_computation_times": False,
    "image_srcset": ["2x"],
    "plot_gallery": "True",
}

# Names are exported lazily; autodoc lists what a module already holds.
for stage in prevalens.__all__:
    if stage not in {"__version__", "show_versions", "versions"}:
        module = importlib.import_module(f"prevalens.{stage}")
        for public in module.__all__:
            getattr(module, public)

# The page about the command shows what the command prints.
HELP = Path(__file__).parent / "_build" / "help"
HELP.mkdir(parents=True, exist_ok=True)
for command in ("", *VERBS, "completion"):
    text = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-m", "prevalens", *command.split(), "--help"],
        env={**os.environ, "COLUMNS": "88"}, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    (HELP / f"{command or 'prevalens'}.txt").write_text(text, encoding="utf-8")


def complete(*event: Any) -> None:
    """Give a stage the list of its names, and papers the way to the bibliography."""
    _app, what, _name, obj, _options, lines = event
    if what == "module" and hasattr(obj, "__all__"):
        names = [f"   {public}" for public in obj.__all__]
        lines += ["", ".. autosummary::", "   :nosignatures:", "", *names, ""]
    if ".. rubric:: References" in lines:
        lines += ["", "In full in the :doc:`bibliography </bibliography>`.", ""]


def setup(app: Sphinx) -> None:
    """Connect what the pages of the reference need, after napoleon has read the docstrings."""
    app.connect("autodoc-process-docstring", complete, priority=600)
