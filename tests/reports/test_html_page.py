"""One page that needs nothing else, opened in a real browser where there is one."""

import html
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.document import (
    Chart,
    Details,
    Document,
    Gallery,
    Paragraph,
    Passage,
    Table,
)
from prevalens.reports.estimate_text import NOT_ESTIMABLE, interval_text, value_text
from prevalens.reports.html_page import html_page, policy
from prevalens.reports.record_parts import EstimatePart

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
QUIET = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --enable-logging=stderr"
)


class Rows(HTMLParser):
    """Collects the cells of each row that names an estimate, and counts what must not be."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, list[str]] = {}
        self.loads: list[str] = []
        self.ids: list[str] = []
        self._now: list[str] | None = None
        self._in_cell = False
        self.scripts: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note rows, identifiers and everything that would load something."""
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "tr":
            self._now = (
                self.rows.setdefault(given["data-estimate"], [])
                if given.get("data-estimate")
                else None
            )
        if tag in {"td", "th"} and self._now is not None:
            self._now.append("")
            self._in_cell = True
        if tag == "script":
            self.scripts.append("")
            self._in_script = given.get("type") is None
        if tag in {"iframe", "object", "embed", "form", "base"}:
            self.loads.append(tag)
        for name in ("src", "href"):
            value = given.get(name) or ""
            if value and not value.startswith(("#", "data:")):
                self.loads.append(value)
        self.loads += [name for name, _ in attrs if name.startswith("on")]

    def handle_endtag(self, tag: str) -> None:
        """Close a cell."""
        if tag in {"td", "th"}:
            self._in_cell = False
        if tag == "script":
            self._in_script = False

    def handle_data(self, data: str) -> None:
        """Collect the text of a cell."""
        if self._in_cell and self._now:
            self._now[-1] += data
        if self._in_script:
            self.scripts[-1] += data


def read(page: str) -> Rows:
    """Parse a page."""
    rows = Rows()
    rows.feed(page)
    return rows


def at(record: dict[str, object], address: str) -> dict[str, object]:
    """Return the estimate at an address such as `subgroups.0.levels.1.estimates.auroc`."""
    found: object = record
    for part in address.split("."):
        found = found[int(part)] if isinstance(found, list) else found[part]  # type: ignore[index]
    return found  # type: ignore[return-value]


def check_estimates(rows: Rows, record: dict[str, object]) -> None:
    """Compare each row that names an estimate with the record, text for text."""
    assert len(rows.rows) > 30
    for address, cells in rows.rows.items():
        estimate = EstimatePart(**at(record, address))  # type: ignore[arg-type]
        if estimate.value is None:
            assert cells[1:3] == [NOT_ESTIMABLE, estimate.not_estimable], address
        else:
            assert cells[1:3] == [value_text(estimate), interval_text(estimate)], address


def test_every_estimates_text_equals_the_record(report: ClinicalReport, tmp_path: Path) -> None:
    """Value and limits in the page are the JSON's, for images, patients and subgroups."""
    report.save(tmp_path / "r.html")
    rows = read((tmp_path / "r.html").read_text("utf-8"))

    check_estimates(rows, report.to_dict())
    assert {
        "estimates.auroc",
        "calibration.corrected.estimates.brier",
        "patient_level.estimates.ppv",
    } <= set(rows.rows)


def test_the_page_loads_nothing_and_runs_one_script(report: ClinicalReport, tmp_path: Path) -> None:
    """No address outside the page, no handler; the script is the one the policy names."""
    report.save(tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text("utf-8")
    rows = read(page)

    assert rows.loads == []
    (script,) = [text for text in rows.scripts if text]
    assert html.escape(policy(script), quote=False) in html.unescape(page)
    assert "script-src 'sha256-" in html.unescape(page)
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=&#34;alert(1)&#34;&gt;&amp;" in page
    assert len(rows.ids) == len(set(rows.ids))
    assert "url(" not in page
    assert "@import" not in page


def test_tables_and_charts_speak_to_screen_readers(report: ClinicalReport, tmp_path: Path) -> None:
    """Captions, scopes, titles, descriptions, a language and a way past the links."""
    report.save(tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text("utf-8")

    assert page.count("<table") == page.count("<caption>") > 5
    assert page.count('scope="col"') >= 3 * page.count("<table")
    assert page.count("<desc id=") == page.count('role="img"') > 0
    assert '<html lang="en">' in page
    assert 'href="#content"' in page
    assert page.count("<h1>") == 1


def test_twenty_thumbnails_stay_below_a_megabyte(pictured: Predictions, tmp_path: Path) -> None:
    """Noise is the worst picture for JPEG; twenty of them still fit."""
    ClinicalReport(pictured, threshold=0.9, worst=20).save(tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text("utf-8")

    assert page.count("data:image/jpeg;base64,") >= 20
    assert len(page.encode()) < 1_000_000


def test_the_pictures_are_explained_where_they_were_drawn(
    pictured: Predictions, tmp_path: Path
) -> None:
    """The author's words stand below the pictures, as text; without words nothing does."""
    note = "Red spoke for it, blue against <it>."
    for name, said in (("with", note), ("without", "")):
        report = ClinicalReport(pictured, threshold=0.9, worst=1, picture_note=said)
        report.save(tmp_path / f"{name}.html")
    texts = [(tmp_path / f"{name}.html").read_text("utf-8") for name in ("with", "without")]

    assert "<p>Red spoke for it, blue against &lt;it&gt;.</p>" in texts[0]
    assert texts[0].index("data:image/jpeg;base64,") < texts[0].index("Red spoke for it")
    assert texts[1].count("<p") == texts[0].count("<p") - 1


def test_charts_between_tables_keep_their_place() -> None:
    """Blocks come out in the order they went in, charts grouped where they stand together."""
    one, two = (Chart(name, "C", "d", "x", "y", []) for name in ("one", "two"))
    section = Passage(
        "a", "A", [Table("first", ("h",), [("r",)]), one, two, Table("last", ("h",), [])]
    )
    page = html_page(Document("t", [], [section]), generator="test")
    places = [
        page.index(word) for word in (">first<", "chart-one-title", "chart-two-title", ">last<")
    ]

    assert places == sorted(places)
    assert page.count('<div class="charts">') == 1


def test_misses_stand_beside_false_alarms_and_folds_together() -> None:
    """Blocks of one kind share an element; a picture is described once, by its text."""
    galleries = [Gallery(name, [(f"{name}.png", "QUJD")]) for name in ("misses", "alarms")]
    folds = [Details(name, [Paragraph(name)]) for name in ("first", "second")]
    passage = Passage("a", "A", [*galleries, Paragraph("between"), *folds])
    page = html_page(Document("t", [], [passage]), generator="test")

    assert page.count('<div class="pairs">') == page.count('<div class="parts">') == 1
    assert page.index(">alarms<") < page.index("between") < page.index('<div class="parts">')
    assert page.count('alt=""') == 2
    assert page.count("misses.png") == 1


def test_a_row_leads_to_its_section() -> None:
    """The last cell of a row is a link where the row names a section, and text otherwise."""
    table = Table("c", ("Item", "Where"), [("1", "Study: <b>"), ("2", "")], leads=["#study", ""])
    page = html_page(Document("t", [], [Passage("a", "A", [table])]), generator="test")

    assert '<a href="#study">Study: &lt;b&gt;</a>' in page
    assert page.count('href="#study"') == 1


def dumped(page: Path, profile: Path) -> str:
    """Return what a browser makes of a page, after its script."""
    words = [str(CHROMIUM), *QUIET.split(), f"--user-data-dir={profile}", "--dump-dom"]
    done = subprocess.run([*words, page.as_uri()], capture_output=True, timeout=60, check=True)
    return done.stdout.decode()


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_the_sliders_start_at_the_reports_own_values(tmp_path: Path) -> None:
    """A prevalence of 3 in 4, which no step of the slider is, is told as it is."""
    held = Predictions(labels=[0, 1, 1, 1] * 10, scores=[0.1, 0.4, 0.6, 0.9] * 10, patients=None)
    ClinicalReport(held, threshold=0.5, worst=0).save(tmp_path / "r.html")
    page = dumped(tmp_path / "r.html", tmp_path / "profile")

    assert '<output id="x-prevalence">75.0 %</output>' in page
    assert "On these rows: 20 found, 10 missed, 0 false alarms, 10 cleared." in page
    told = "Of 1,000 images, 75.0 % of them positive (counts are rounded): 500 found, 250 missed"
    assert told in page


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
@pytest.mark.parametrize(
    ("prevalence", "told"),
    [
        (0.0123, "Of 1,000 images, 1.2 % of them positive (counts are rounded): 8 found, 4 missed"),
        (
            0.0007,
            "Of 100,000 images, 0.070 % of them positive (counts are rounded): 47 found, 23 m",
        ),
    ],
)
def test_frequencies_are_whole_images_that_add_up(
    prevalence: float, told: str, tmp_path: Path
) -> None:
    """Two of three are found: 8.2 of 12.3; where fewer than ten would be ill, of more images."""
    held = Predictions(labels=[0, 1, 1, 1] * 10, scores=[0.1, 0.4, 0.6, 0.9] * 10, patients=None)
    report = ClinicalReport(held, threshold=0.5, worst=0, prevalence=prevalence)
    report.save(tmp_path / "r.html")

    assert told in dumped(tmp_path / "r.html", tmp_path / "profile")


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_browser_finds_no_fault(report: ClinicalReport, tmp_path: Path) -> None:
    """Opened in headless Chromium: no console line, no request, every estimate as in the JSON."""
    report.save(tmp_path / "r.html")
    report.save(tmp_path / "r.json")
    done = subprocess.run(
        [
            str(CHROMIUM),
            *QUIET.split(),
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--log-net-log={tmp_path / 'net.json'}",
            "--dump-dom",
            (tmp_path / "r.html").as_uri(),
        ],
        capture_output=True,
        timeout=60,
        check=True,
    )
    rows = read(done.stdout.decode())
    log = (tmp_path / "net.json").read_text("utf-8", errors="replace")
    # The browser's own calls home are Google's; the page would have to ask for another host.
    hosts = set(re.findall(r'"url":"https?://([^/"]+)', log))

    assert b"CONSOLE" not in done.stderr
    assert {
        host for host in hosts if not re.search(r"(google|googleapis|gstatic)\.com$", host)
    } == set()
    check_estimates(rows, json.loads((tmp_path / "r.json").read_text("utf-8")))
    title = re.search(r"<h1>(.*?)</h1>", done.stdout.decode())
    assert title is not None
    assert html.unescape(title[1]) == report.to_dict()["title"]
