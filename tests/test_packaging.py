"""What the package says of itself is true: licence, Pythons, extras, version, packaged files."""

import ast
import re
import tomllib
from email.message import Message
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import pytest

import prevalens

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = set(PROJECT["optional-dependencies"])
CALLED_FOR = {
    path: [
        keyword.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("require")
        for keyword in node.keywords
        if keyword.arg == "extra"
    ]
    for path in sorted((ROOT / "src").rglob("*.py"))
}


@pytest.fixture
def installed() -> Message:
    """The metadata that the installer wrote down."""
    found: Message = metadata.metadata("prevalens")  # type: ignore[assignment]
    return found


def test_the_licence_is_named_and_comes_along(installed: Message) -> None:
    """SPDX's name is given, and the text is installed beside the metadata."""
    assert installed["License-Expression"] == "Apache-2.0"
    assert installed["License-File"] == "LICENSE"
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_the_pythons_agree(installed: Message) -> None:
    """The lowest Python that is named is the lowest that is allowed."""
    start = "Programming Language :: Python :: "
    named = [line.removeprefix(start) for line in PROJECT["classifiers"] if line.startswith(start)]
    minors = sorted(int(name.partition(".")[2]) for name in named if name.startswith("3."))

    assert minors == list(range(minors[0], minors[-1] + 1))
    assert PROJECT["requires-python"] == installed["Requires-Python"] == f">=3.{minors[0]}"
    assert "Typing :: Typed" in PROJECT["classifiers"]


def named_extras(path: Path) -> set[str]:
    """Return the extras that a file asks for: named in the call, or in a table of pairs."""
    values = CALLED_FOR[path]
    named = {str(value.value) for value in values if isinstance(value, ast.Constant)}
    if len(named) < len({ast.unparse(value) for value in values}):
        pairs = re.findall(r'\("([\w-]+)", "([\w-]+)"\)', path.read_text(encoding="utf-8"))
        assert pairs, f"{path} computes the name of an extra from no table of (package, extra)"
        named |= {extra for _, extra in pairs}
    return named


def test_every_extra_that_code_names_exists() -> None:
    """What an error tells the user to install can be installed."""
    asking = {path.name: named_extras(path) for path, values in CALLED_FOR.items() if values}

    assert asking["dicom.py"] == {"dicom"}
    for name, extras in asking.items():
        assert extras <= EXTRAS, f"{name} names {extras - EXTRAS}, which pyproject.toml lacks"


def test_every_extra_that_the_documentation_names_exists() -> None:
    """So can what the README and the pages tell them, and each extra for users is in one."""
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*/*.md")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in pages)
    groups = re.findall(r"(?:`|'prevalens|'\.)\[([a-z, -]+)\](?:`|')", text)
    named = {name.strip() for group in groups for name in group.split(",")}

    assert named <= EXTRAS
    assert EXTRAS - named <= {"docs", "test"}


def test_the_version_is_one() -> None:
    """The citation, the project and what is installed tell the same version."""
    citation = (ROOT / ".github" / "CITATION.cff").read_text(encoding="utf-8")

    assert re.findall(r"^version: (.+)$", citation, re.MULTILINE) == [PROJECT["version"]]
    assert prevalens.__version__ == PROJECT["version"]


def test_files_written_by_this_version_are_kept() -> None:
    """A new version adds its folder, so that no later one stops reading its files unnoticed."""
    kept = ROOT / "tests" / "files" / PROJECT["version"]

    assert kept.is_dir(), "run tests/files/write_files.py before the release"
    assert all(path.stat().st_size < 200_000 for path in kept.iterdir())


@pytest.mark.parametrize(
    "name",
    [
        "py.typed",
        "cohorts/make_cells.schema.json",
        "reports/templates/page.css",
        "reports/templates/page.html",
        "reports/templates/page.js",
    ],
)
def test_files_that_are_no_code_are_installed(name: str) -> None:
    """They are found where the package is, also when it came from a wheel."""
    assert resources.files("prevalens").joinpath(name).is_file()


def test_the_command_is_installed() -> None:
    """`prevalens` starts `prevalens.command.main`."""
    found = metadata.entry_points(group="console_scripts", name="prevalens")

    assert {entry.value for entry in found} == {"prevalens.command:main"}
