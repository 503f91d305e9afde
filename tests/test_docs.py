"""Every Python snippet of the README and the documentation runs, and every command is parsed."""

import re
import shlex
from pathlib import Path

import pytest

from prevalens.command import _parser
from prevalens.splits import Finding
from prevalens.splits.leakage import _REMEDIES

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SHELL = re.compile(r"^```(?:text|console)?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^(?:\$ )?prevalens ([a-z-]+ [^>\n]+)", re.MULTILINE)
PAGES = {
    path.relative_to(ROOT).as_posix(): FENCE.findall(path.read_text(encoding="utf-8"))
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    if not {"_build", "gallery"} & set(path.parts)
}
# Packages of other people's formats, which a page shows how to read.
FORMATS = re.compile(r"^import (nibabel|fsspec|h5py)$", re.MULTILINE)
NEEDS_KERAS = re.compile(r"keras|batches|models|callbacks|explanations|RandomAug|with_views")


def pages() -> list[object]:
    """Return each page with snippets, marked where one of them needs Keras."""
    return [
        pytest.param(page, marks=pytest.mark.keras if NEEDS_KERAS.search("".join(code)) else ())
        for page, code in PAGES.items()
        if code
    ]


@pytest.mark.parametrize("page", pages())
def test_the_snippets_of_a_page_run_in_order(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader who pastes a page's snippets one after the other meets no error."""
    for package in FORMATS.findall("".join(PAGES[page])):
        pytest.importorskip(package, reason=f"{package} is not installed")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "__main__"}
    for number, code in enumerate(PAGES[page], start=1):
        exec(compile(code, f"{page}, snippet {number}", "exec"), names)  # noqa: S102


def commands() -> list[tuple[str, str]]:
    """Return each command of the pages, with its page."""
    return [
        (page, command)
        for page in PAGES
        for block in SHELL.findall((ROOT / page).read_text(encoding="utf-8"))
        for command in COMMAND.findall(block.replace("\\\n", " "))
    ]


def test_commands_are_found() -> None:
    """The README alone has two."""
    assert [command.split()[0] for page, command in commands() if page == "README.md"] == [
        *("study", "report"),
    ]


@pytest.mark.parametrize(("page", "command"), commands())
def test_the_command_takes_what_a_page_gives_it(page: str, command: str) -> None:
    """Its verb and every option are there, and none that is required lacks."""
    _parser().parse_args(shlex.split(command, comments=True))


def test_every_kind_of_finding_has_its_section_and_every_section_a_kind() -> None:
    """The audits name page and anchor; the heading says how bad a finding of the kind is."""
    page = "reference/findings.html#"
    leaks = [Finding(kind, (0, 1), ("train", "test"), "") for kind in _REMEDIES]
    named = {one.page: f"`{one.id.rpartition('-')[0]}` ({one.severity})" for one in leaks}
    named[f"{page}finding-shortcut"] = "Shortcuts (suspicious)"
    named[f"{page}finding-shift"] = "Shifts (to be looked at)"
    named[f"{page}finding-odd-picture"] = "Odd pictures (to be looked at)"
    text = (ROOT / "docs" / "reference" / "findings.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^\((finding-[a-z-]+)\)=\n## (.+)$", text, re.MULTILINE))

    assert {f"{page}{anchor}": heading for anchor, heading in sections.items()} == named
    # Beside leaks: what the modules write, so that no anchor is written that this list lacks.
    written = re.compile(r"findings_page\([\"']([a-z-]+)[\"']\)")
    source = "".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    assert set(written.findall(source)) == {"shortcut", "shift", "odd-picture"}


# What newcomers type, and the page that answers: each word stands there as readers spell it.
SOUGHT = {
    "confusion matrix": "glossary.md",
    "Grad-CAM": "how-to/see-where-it-looked.md",
    "early stopping": "how-to/leave-reduce-lr-on-plateau.md",
    "oversampling": "how-to/compare-answers-to-imbalance.md",
    "class weights": "how-to/compare-answers-to-imbalance.md",
    "SMOTE": "glossary.md",
    "k-fold": "how-to/cross-validate-and-report.md",
    "cross-validation": "how-to/cross-validate-and-report.md",
    "data leakage": "how-to/audit-a-cohort.md",
    "ROC curve": "glossary.md",
    "threshold": "how-to/choose-a-threshold.md",
    "sample size": "glossary.md",
    "calibration": "glossary.md",
    "DICOM": "how-to/read-dicom.md",
    "whole slide": "explanation/what-it-does-not-do.md",
    "bootstrap": "explanation/why-these-intervals.md",
    "confidence interval": "explanation/why-these-intervals.md",
    "transfer learning": "how-to/study-your-own-images.md",
    "data augmentation": "explanation/augmentation.md",
    "focal loss": "how-to/compare-answers-to-imbalance.md",
    "segmentation": "explanation/what-it-does-not-do.md",
    "external validation": "how-to/run-a-whole-study.md",
    "decision curve": "glossary.md",
    "subgroup": "how-to/report-from-a-csv.md",
}


@pytest.mark.parametrize(("words", "page"), SOUGHT.items())
def test_what_newcomers_search_for_stands_on_its_page(words: str, page: str) -> None:
    """The search of the documentation knows words that stand on a page, and no others."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")

    assert re.search(rf"\b{re.escape(words)}", text, re.IGNORECASE)
