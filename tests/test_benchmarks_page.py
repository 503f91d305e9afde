"""The page of benchmarks is made of every benchmark, and says where one did not run."""

import ast
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parent / "benchmarks"
SCRIPTS = {path.name: path for path in FOLDER.glob("bench_*.py")}


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The program that writes the page, which finds its benchmarks in an empty folder."""
    spec = importlib.util.spec_from_file_location("write_page", FOLDER / "write_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its dataclass looks its own module up.
    monkeypatch.setitem(sys.modules, "write_page", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "HERE", tmp_path)
    return module


def test_every_benchmark_is_on_the_page(writer: ModuleType) -> None:
    """A new script is listed, and a removed one is not."""
    assert sorted(run.script for run in writer.RUNS) == sorted(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_benchmark_has_a_short_form_and_a_heading(name: str) -> None:
    """`--quick` is an option, and the first line of the docstring can head a section."""
    text = SCRIPTS[name].read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(text))

    assert '"--quick"' in text
    assert docstring is not None
    assert docstring.splitlines()[0].endswith((".", "?"))


def test_a_section_holds_what_was_printed(writer: ModuleType, tmp_path: Path) -> None:
    """The heading is the docstring's, the command is given, and the table follows as it is."""
    script = '"""How fast is it?\n\nMore."""\nimport sys\nprint("| a |", *sys.argv[1:])\n'
    (tmp_path / "bench_a.py").write_text(script, encoding="utf-8")
    lines = list(writer.sections([writer.Run("bench_a.py")], quick=True))

    assert lines[0] == "## How fast is it?"
    assert lines[2].startswith("`python tests/benchmarks/bench_a.py --quick`, ")
    assert "| a | --quick" in lines


def test_what_did_not_run_is_said(writer: ModuleType, tmp_path: Path) -> None:
    """A backend that is not installed, and a script that fails: its last word is the reason."""
    failing = '"""Does it fail?"""\nprint("half a table")\nraise SystemExit("No such kettle.")\n'
    (tmp_path / "bench_b.py").write_text(failing, encoding="utf-8")
    (absent,) = [line for line in writer.section("bench_b.py", "no_such_backend", []) if line]
    (failed,) = [line for line in writer.section("bench_b.py", None, []) if line]

    assert absent.endswith("not run, because no_such_backend is not installed here.")
    assert failed.endswith("not run to its end: No such kettle.")


def test_the_page_is_written_whole_and_short_forms_are_not(
    writer: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It names machine, date and packages; `--quick` prints it and leaves the page alone."""
    (tmp_path / "bench_c.py").write_text('"""Is it?"""\nprint("Yes.")\n', encoding="utf-8")
    monkeypatch.setattr(writer, "RUNS", (writer.Run("bench_c.py"),))
    monkeypatch.setattr(writer, "PAGE", tmp_path / "benchmarks.md")
    monkeypatch.setattr(writer, "ROOT", tmp_path)
    writer.main(["--quick"])

    assert "These are short forms: no estimates." in capsys.readouterr().out
    assert not writer.PAGE.exists()

    writer.main([])
    page = writer.PAGE.read_text(encoding="utf-8")
    assert page.startswith("# Benchmarks")
    assert "| date | 2" in page
    assert "prevalens 0" in page
    assert "short forms" not in page
    assert page.rstrip().endswith("Yes.")
