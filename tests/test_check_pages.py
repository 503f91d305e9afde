"""The check of the built pages finds what a reader would trip over."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[1] / "docs" / "check_pages.py"


@pytest.fixture(scope="module")
def checker() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("check_pages", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its dataclass looks its own module up.
    sys.modules["check_pages"] = module
    spec.loader.exec_module(module)
    return module


def page(folder: Path, name: str, title: str, body: str) -> None:
    """Write a page."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"<html><title>{title}</title><body>{body}</body></html>", encoding="utf-8")


def test_a_whole_site_has_no_problem(
    checker: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Links up, down, to a place, to the page itself and to other sites are all in order."""
    page(tmp_path, "index.html", "One", '<h1 id="top">x</h1><a href="a/two.html#there">y</a>')
    page(tmp_path, "a/two.html", "Two", '<p id="there"><a href="../index.html#top">z</a>')
    page(tmp_path, "three.html", "Three", '<a href="#">up</a><a href="https://x.org/#y">far</a>')

    assert checker.main([str(tmp_path)]) == 0
    assert "3 pages, 0 problems" in capsys.readouterr().out


def test_broken_links_and_shared_titles_are_named(
    checker: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is not there, a place that is not there, and two pages of one title."""
    page(tmp_path, "index.html", "One", '<a href="gone.html">x</a><img src="gone.png">')
    page(tmp_path, "two.html", "One", '<a href="index.html#nowhere">y</a>')

    assert checker.main([str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert "index.html: gone.html leads to no file" in told
    assert "index.html: gone.png leads to no file" in told
    assert "two.html: index.html#nowhere leads to no place of that page" in told
    assert told.count("2 pages have the title 'One'") == 2
    assert "2 pages, 5 problems" in told


def test_an_empty_folder_is_no_success(checker: ModuleType, tmp_path: Path) -> None:
    """Nothing looked at is nothing found, not everything in order."""
    assert checker.main([str(tmp_path)]) == 1
