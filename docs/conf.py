"""How the documentation is built."""

import importlib
import inspect
import os
import re
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike
from sphinx.application import Sphinx
from sphinx.util.typing import stringify_annotation

import prevalens
from prevalens.command import VERBS
from prevalens.metrics import all_class_measures, all_measures
from prevalens.metrics.class_measure import CLASS_GROUPS
from prevalens.metrics.measure import GROUPS

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
html_title = f"prevalens {release}"  # the side bar of every page shows it
html_static_path = ["_static"]
html_favicon = "_static/mark.svg"
html_css_files = ["pages.css"]
html_js_files = ["pages.js"]
html_theme_options = {"top_of_page_buttons": []}
pygments_dark_style = "github-dark"
default_role = "code"
bibtex_bibfiles = ["references.bib"]
bibtex_reference_style = "author_year"
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "substitution"]
myst_substitutions = {"release": release}
myst_heading_anchors = 3
suppress_warnings = ["config.cache"]

autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "groupwise"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

# Types of other projects become links where their inventories can be had: on Read the Docs. A build
# elsewhere reaches for nothing. One that cannot be reached gives way to an empty one, unwarned.
if "READTHEDOCS" in os.environ:
    extensions.append("sphinx.ext.intersphinx")
    nothing = Path(__file__).parent / "_build" / "empty.inv"
    nothing.parent.mkdir(exist_ok=True)
    head = "# Sphinx inventory version 2\n# Project: none\n# Version: 0\n# zlib: below\n"
    nothing.write_bytes(head.encode() + zlib.compress(b""))
    intersphinx_timeout = 10
    intersphinx_mapping = {
        name: (address, (None, str(nothing)))
        for name, address in (
            ("python", "https://docs.python.org/3/"),
            ("numpy", "https://numpy.org/doc/stable/"),
            ("scipy", "https://docs.scipy.org/doc/scipy/"),
            ("sklearn", "https://scikit-learn.org/stable/"),
            ("pandas", "https://pandas.pydata.org/docs/"),
            ("matplotlib", "https://matplotlib.org/stable/"),
        )
    }

# What no inventory holds is no fault.
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
    # Which examples use a name, for the name's page; and links from their code to that page.
    "backreferences_dir": "gallery/backreferences",
    "doc_module": ("prevalens",),
    "reference_url": {"prevalens": None},
}

# Pieces of pages that are made here.
HELP = Path(__file__).parent / "_build" / "help"
HELP.mkdir(parents=True, exist_ok=True)

# How to cite it, from the one file that says so.
CITATION = Path(__file__).parents[1] / ".github" / "CITATION.cff"
CITED = re.compile(r'^(title|version|license): "?(.+?)"?$', re.MULTILINE)
cited = dict(CITED.findall(CITATION.read_text(encoding="utf-8")))
(HELP / "citation.bib").write_text(
    "@software{prevalens,\n"
    f"  title = {{{cited['title']}}},\n"
    f"  author = {{{{{author}}}}},\n"
    f"  version = {{{cited['version']}}},\n"
    f"  year = {{{project_copyright.partition(',')[0]}}},\n"
    f"  note = {{{cited['license']} licence}},\n"
    "}\n",
    encoding="utf-8",
)


def better(measure: Any) -> str:
    """Return what is better, in words."""
    words = {"target": f"nearer to {measure.target or 0:g}", "none": "neither"}
    return words.get(measure.direction, measure.direction)


def table(*columns: str, rows: list[tuple[object, ...]]) -> str:
    """Return a table; what is true is "yes"."""
    told = {True: "yes", False: "no"}
    cells = [[str(told[x]) if isinstance(x, bool) else str(x) for x in row] for row in rows]
    lines = [columns, ["---"] * len(columns), *cells]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


# The page of measures shows the tables that everything else reads.
HEAD = ("Key", "Measure", "Section of the report", "Better")
(HELP / "measures.md").write_text(
    table(
        *HEAD, "At a threshold", "Compared", "Defined in",
        rows=[
            (f"`{each.key}`", each.title, GROUPS[each.group], better(each),
             each.needs_threshold, each.comparable, "; ".join(each.references))
            for each in all_measures()
        ],
    ),
    encoding="utf-8",
)  # fmt: skip
(HELP / "class_measures.md").write_text(
    table(
        *HEAD, "Compared", "Of", "Defined in",
        rows=[
            (f"`{each.key}`", each.title, CLASS_GROUPS[each.group], each.direction,
             each.changes is not None, "grades" if each.graded else "classes",
             "; ".join(each.references))
            for each in all_class_measures()
        ],
    ),
    encoding="utf-8",
)  # fmt: skip

# A page for each public name, which the table of its stage links to. In no table of contents: the
# side bar stands on every page, and 250 more entries on each would be most of the documentation.
SYMBOLS = Path(__file__).parent / "reference" / "api"
SYMBOL = """:orphan:

{title}
{line}

Of :doc:`prevalens.{stage} </reference/{stage}>`.

.. currentmodule:: prevalens.{stage}

.. auto{kind}:: prevalens.{stage}.{public}
{options}
.. minigallery:: {gallery}
   :add-heading: Examples in the gallery
   :heading-level: -
"""


def symbol_page(stage: str, public: str, thing: Any) -> str:
    """Return the page of one public name, with the examples of the gallery that use it."""
    kind, options = "data", ""
    if inspect.isclass(thing):
        kind = "exception" if issubclass(thing, BaseException) else "class"
        options = "   :members:\n   :show-inheritance:\n   :exclude-members: set_split_request\n"
    elif callable(thing) and hasattr(thing, "__name__"):
        kind = "function"
    title = f"{stage}.{public}"  # a name may stand in two stages
    names = dict.fromkeys([public, getattr(thing, "__name__", public)])  # an alias has two
    return SYMBOL.format(
        title=title,
        line="=" * len(title),
        stage=stage,
        public=public,
        kind=kind,
        options=options,
        gallery=" ".join(f"prevalens.{stage}.{name}" for name in names),
    )


# Names are exported lazily; autodoc lists what a module already holds.
pages = {}
for stage in prevalens.__all__:
    if stage not in {"__version__", "show_versions", "versions"}:
        module = importlib.import_module(f"prevalens.{stage}")
        for public in module.__all__:
            thing = getattr(module, public)
            if not inspect.ismodule(thing):
                pages[f"prevalens.{stage}.{public}.rst"] = symbol_page(stage, public, thing)
SYMBOLS.mkdir(exist_ok=True)
for left in {path.name for path in SYMBOLS.glob("*.rst")} - pages.keys():
    (SYMBOLS / left).unlink()
for name, page in pages.items():
    path = SYMBOLS / name
    # Written only where it changed, so that a second build reads little.
    if not path.exists() or path.read_text(encoding="utf-8") != page:
        path.write_text(page, encoding="utf-8")

# The page about the command shows what the command prints.
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


# What a type is made of, which no reader asks for: an array's shape and its kind of number, the
# protocols behind "whatever numpy takes", and the ranges, which the text beside it says in words.
SHAPE, NUMBER, INNER = r"tuple\[[^\]]*\]", r"~?numpy\.dtype\[[^\[\]]*\]", r"[^\[\]]|\[[^\[\]]*\]"
ARRAY = re.compile(rf"~?(?:numpy\.)?ndarray\[(?:{SHAPE}|[^,\[\]]*), ?(?:{NUMBER}|[^,\[\]]*)\]")
RANGE = re.compile(rf"~?(?:typing\.)?Annotated\[((?:{INNER})*?), ~?msgspec\.Meta\([^()]*\)\]")


def readable(annotation: str) -> str:
    """Return a type as a reader would say it: `ArrayLike`, `ndarray`, and no range."""
    for long in (typed(ArrayLike | None), typed(ArrayLike)):
        short = "ArrayLike | None" if long.endswith("None") else "ArrayLike"
        annotation = annotation.replace(long, short)
    annotation = ARRAY.sub("~numpy.ndarray", annotation)
    while RANGE.search(annotation):
        annotation = RANGE.sub(r"\1", annotation)
    return annotation


def typed(annotation: Any) -> str:
    """Return a type as autodoc writes it."""
    return stringify_annotation(annotation, "smart")


def shorten(app: Sphinx, *event: Any) -> None:
    """Shorten the types of parameters before they are put into their descriptions."""
    del event
    for types in app.env.current_document.autodoc_annotations.values():
        types.update({name: readable(annotation) for name, annotation in types.items()})


def setup(app: Sphinx) -> None:
    """Connect what the pages of the reference need, after napoleon has read the docstrings."""
    app.connect("autodoc-process-docstring", complete, priority=600)
    app.connect("object-description-transform", shorten, priority=400)
