"""How the documentation is built."""

import importlib
import os

import prevalens

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

project = "prevalens"
author = "The prevalens developers"
project_copyright = f"2026, {author}"
release = prevalens.__version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "gallery/*.py", "gallery/*.ipynb", "gallery/*.py.md5"]
html_theme = "furo"
html_title = "prevalens"
html_static_path = ["_static"]
templates_path = []
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
    # Classes that a public one rests on, at addresses below the stages', are not pages.
    ("py:class", r"prevalens\.\w+\.\w+\.\w+"),
]

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    # The ALL example trains for minutes; the tutorial shows what it writes.
    "filename_pattern": r"/\d\d_",
    "ignore_pattern": r"(cnmc_all|study_from_table)\.py",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "plot_gallery": "True",
}

# Names are exported lazily; autodoc lists what a module already holds.
for stage in prevalens.__all__:
    if stage not in {"__version__", "show_versions", "versions"}:
        module = importlib.import_module(f"prevalens.{stage}")
        for public in module.__all__:
            getattr(module, public)
