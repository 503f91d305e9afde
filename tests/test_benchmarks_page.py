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
    monkeypatch.syspath_prepend(FOLDER)
    # Its dataclass looks its own module up.
    monkeypatch.setitem(sys.modules, "write_page", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "HERE", tmp_path)
    return module


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program that compares two pages."""
    monkeypatch.syspath_prepend(FOLDER)
    return importlib.import_module("compare_pages")


def test_every_benchmark_is_on_the_page(writer: ModuleType) -> None:
    """A new script is listed, and a removed one is not."""
    assert sorted(run.script for run in writer.RUNS) == sorted(SCRIPTS)


def test_a_table_of_another_page_is_named_and_not_made_again(writer: ModuleType) -> None:
    """The link leads there, and that page names the benchmark."""
    others = [run for run in writer.RUNS if run.page]
    writer.HERE = FOLDER
    lines = list(writer.sections(others, quick=False))
    told = [line for line in lines if line.startswith("The table of")]

    assert len(told) == len(others) > 0
    for run, line in zip(others, told, strict=True):
        assert run.script in line
        link = line.rpartition("](")[2].removesuffix(").")
        target = (writer.PAGE.parent / link).resolve()
        assert run.script in target.read_text(encoding="utf-8")


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


def test_what_was_printed_is_folded_below_the_command(writer: ModuleType, tmp_path: Path) -> None:
    """A reader opens it; `--compare` reads the page as before."""
    (tmp_path / "bench_a.py").write_text('"""Fast?"""\nprint("| a | b |")\n', encoding="utf-8")
    lines = list(writer.section("bench_a.py", None, []))
    table = lines.index("| a | b |")

    assert lines[2:4] == ["<details>", "<summary>What it printed</summary>"]
    # Markdown is read as such between blank lines only.
    assert (lines[table - 1], lines[table + 1 : table + 3]) == ("", ["", "</details>"])


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
    assert page.endswith("\nYes.\n\n</details>\n")


PAGE = """# Benchmarks

## How fast?

`python tests/benchmarks/bench_a.py`, 3 s:

{told}

| way | {head} | share |
|---|---|---|
"""


def page_of(rows: dict[str, str], *, head: str = "images/s", told: str = "") -> str:
    """A page of one benchmark."""
    lines = [f"| {name} | {cell} | 12 % |" for name, cell in rows.items()]
    return PAGE.format(head=head, told=told) + "\n".join(lines) + "\n"


WAYS = [f"way {letter}" for letter in "abcdef"]


def test_what_got_slower_is_found_on_a_slower_machine(pages: ModuleType) -> None:
    """All lines are at half the speed; one is at a fifth of it, and is the only one named."""
    before = dict.fromkeys(WAYS, "1,000")
    now = dict.fromkeys(WAYS, "500") | {"way c": "100"}
    (found,) = pages.slower(page_of(before), page_of(now))

    assert found.where == ("python tests/benchmarks/bench_a.py", "way c", "images/s")
    assert (found.before, found.now) == ("1,000", "100")
    assert found.ratio == pytest.approx(5, rel=0.01)
    assert "way c" in next(pages.sentences([found]))


def test_what_got_faster_and_what_is_no_time_are_passed_over(pages: ModuleType) -> None:
    """A share that grew is no slowness, and neither is a speed that grew or a line that is new."""
    before = dict.fromkeys(WAYS, "1,000")
    now = before | {"way c": "9,000", "new": "1"}

    assert pages.slower(page_of(before), page_of(now)) == []
    (nothing,) = pages.sentences([])
    assert nothing.startswith("Nothing got slower")


@pytest.mark.parametrize(
    ("head", "before", "now", "direction"),
    [
        ("measured", "0.50 s, 110 kB", "2.00 s, 80 kB", 1),
        ("measured", "ours with interval: 90 ms", "ours with interval: 400 ms", 1),
        ("seconds", "3.0", "12.0", 1),
    ],
)
def test_more_seconds_are_slower(
    pages: ModuleType, head: str, before: str, now: str, direction: int
) -> None:
    """Units stand in the cell or above it."""
    rows = dict.fromkeys(WAYS, before)
    (found,) = pages.slower(page_of(rows, head=head), page_of(rows | {"way a": now}, head=head))

    assert found.where[1] == "way a"
    assert {each.direction for _, each in pages.speeds(page_of(rows, head=head))} == {direction}


def test_a_rounded_time_is_not_taken_at_its_word(pages: ModuleType) -> None:
    """0.01 s may be 0.015, and 0.02 s too."""
    rows = dict.fromkeys(WAYS, "0.01 s")

    assert pages.slower(page_of(rows), page_of(rows | {"way a": "0.02 s"})) == []


def test_a_unit_may_be_told_above_the_table(pages: ModuleType) -> None:
    """But a row of megabytes is none."""
    told = "batch 32; images per second where nothing else is said."
    rows = {"ours": "800", "memory of an epoch, MB": "4"}
    found = dict(pages.speeds(page_of(rows, head="BMP", told=told)))

    assert [where[1] for where in found] == ["ours"]


def test_comparing_writes_nothing_and_ends_with_1(
    writer: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The page stays as it was printed."""
    page = tmp_path / "page.md"
    page.write_text(page_of(dict.fromkeys(WAYS, "0.10 s")), encoding="utf-8")
    table = page_of(dict.fromkeys(WAYS, "0.10 s") | {"way f": "9.00 s"}).partition("3 s:\n")[2]
    script = f'"""How fast?"""\nprint({table!r})\n'
    (tmp_path / "bench_a.py").write_text(script, encoding="utf-8")
    monkeypatch.setattr(writer, "PAGE", page)
    monkeypatch.setattr(writer, "RUNS", (writer.Run("bench_a.py"),))
    held = page.read_bytes()
    with pytest.raises(SystemExit) as ended:
        writer.main(["--compare"])

    assert ended.value.code == 1
    assert "way f" in capsys.readouterr().out
    assert page.read_bytes() == held


def feeding(**cells: str) -> str:
    """Return a section on reading JPEG files and on epochs from a cache."""
    rows = {
        "image_dataset_from_directory (tf.data)": cells["theirs"],
        "ImageDataset, OpenCV": cells["ours"],
        "`fit` of a small network, warm cache, s an epoch": cells["warm"],
        "the same from arrays in memory, s an epoch": cells["memory"],
    }
    lines = [f"| {name} | {cell} |" for name, cell in rows.items()]
    told = "images per second where nothing else is said."
    command = "`KERAS_BACKEND=jax python tests/benchmarks/bench_feeding.py`, 3 s:"
    return "\n".join(["## How fast?", "", command, "", told, "", "| way | JPEG |", *lines])


def test_what_is_slower_than_a_peer_stands_first(pages: ModuleType) -> None:
    """A quarter of a speed, and a tenth of a time: 0.25 and 10, by hand; the rest is named."""
    summary = importlib.import_module("summarise_page").summary
    page = feeding(theirs="400", ours="100", warm="0.10", memory="1.00")
    lines = list(summary(page))

    assert lines[2].startswith("| Reading images into batches")
    assert "| **slower:** 0.25 (JPEG) |" in lines[2]
    # (log10 0.25 + 1) / 3 = 0.133, (log10 10 + 1) / 3 = 0.667
    assert 'class="ratio slow"' in lines[2]
    assert "width:13.3%" in lines[2]
    assert "| 10 (JPEG) |" in lines[3]
    assert "width:66.7%" in lines[3]
    (absent,) = [line for line in lines if line.startswith("Not measured here: ")]
    assert "AUROC" in absent
    assert "Reading" not in absent


def test_a_page_without_peers_has_no_summary(pages: ModuleType) -> None:
    """Nothing is drawn of nothing."""
    assert list(importlib.import_module("summarise_page").summary("# Benchmarks\n")) == []


def test_the_printed_page_opens_with_what_its_tables_say(pages: ModuleType) -> None:
    """Six lines, each from the tables below: no number of the page has a second source."""
    text = (FOLDER.parents[1] / "docs" / "explanation" / "benchmarks.md").read_text("utf-8")
    summarise_page = importlib.import_module("summarise_page")
    lines = list(summarise_page.summary(text))

    assert "\n".join(lines) in text
    assert sum(line.startswith("| ") for line in lines) == 1 + len(summarise_page.PAIRS) == 7
    assert text.index("times as fast") < text.index("| date |") < text.index("## ")
    assert text.count("<details>") == text.count("</details>") > 10
