"""Look at the built pages as readers do: links, titles, search, small screens, dark mode, axe.

    python docs/check_pages.py docs/_build/html --axe node_modules/axe-core/axe.min.js

`nox -s pages` runs it. The first checks read the files alone. The others need selenium, Chromium
and its driver, and say what is missing; axe-core (npm) looks for what bars readers who use a
screen reader, a keyboard or large letters.
"""

import argparse
import functools
import http.server
import itertools
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars",
)  # fmt: skip
WIDTHS = {"wide": (1280, 900), "narrow": (400, 800)}
SCHEMES = ("light", "dark")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Listings of the source and pages of single names: one look at each, for one template makes them.
LISTINGS = ("_modules/", "reference/api/")


@dataclass
class Page(HTMLParser):
    """What a page holds that other pages, and readers, rely on."""

    name: str
    title: str = ""
    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    in_title: bool = False

    def __post_init__(self) -> None:
        """Start the parser."""
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note ids, links and where the title begins."""
        given = dict(attrs)
        self.anchors.update(value for key in ("id", "name") if (value := given.get(key)))
        self.links.extend(value for key in ("href", "src") if (value := given.get(key)))
        self.in_title = tag == "title" if not self.title else False

    def handle_endtag(self, tag: str) -> None:
        """Leave the title."""
        self.in_title = self.in_title and tag != "title"

    def handle_data(self, data: str) -> None:
        """Read the title."""
        if self.in_title:
            self.title += data


def read_pages(folder: Path) -> dict[str, Page]:
    """Parse every page below a folder, by its address from there."""
    pages = {}
    for path in sorted(folder.rglob("*.html")):
        name = path.relative_to(folder).as_posix()
        if not name.startswith("_static/"):
            pages[name] = Page(name)
            pages[name].feed(path.read_text(encoding="utf-8"))
    return pages


def broken_links(folder: Path, pages: dict[str, Page]) -> Iterator[str]:
    """Name every link within the site whose file or anchor is not there."""
    every = ((page, link) for page in pages.values() for link in page.links)
    for page, link in every:
        address, anchor = urldefrag(urljoin(page.name, link))
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = unquote(parts.path) or page.name
        if not (folder / target).is_file():
            yield f"{page.name}: {link} leads to no file"
        elif anchor and target in pages and unquote(anchor) not in pages[target].anchors:
            yield f"{page.name}: {link} leads to no place of that page"


def shared_titles(pages: dict[str, Page]) -> Iterator[str]:
    """Name pages that a list of results could not tell apart."""
    titles = Counter(page.title for page in pages.values())
    for page in pages.values():
        if not page.title or titles[page.title] > 1:
            yield f"{page.name}: {titles[page.title]} pages have the title {page.title!r}"


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine alone, and give its address."""
    handler = functools.partial(QuietHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def opened_browser() -> Iterator[Any]:
    """Start Chromium with a profile of its own, thrown away afterwards."""
    from selenium import webdriver  # noqa: PLC0415

    options = webdriver.ChromeOptions()
    options.binary_location = next(filter(None, map(shutil.which, BROWSERS)))
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with tempfile.TemporaryDirectory() as profile:
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
        try:
            yield driver
        finally:
            driver.quit()


def show_as(driver: Any, width: str, scheme: str) -> None:
    """Set the size of the screen and the scheme that a reader prefers."""
    wide, high = WIDTHS[width]
    screen = {"width": wide, "height": high, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)


AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"]}).then(found => done(found.violations.map(
    rule => [rule.id, rule.help, rule.nodes.map(node => node.target.join(" "))])));
"""


def seen_problems(driver: Any, axe: str, width: str) -> Iterator[str]:
    """Name what is wrong with the page that is open."""
    for entry in driver.get_log("browser"):
        if entry["level"] in {"SEVERE", "WARNING"}:
            yield f"console: {entry['message']}"
    across = driver.execute_script("return document.documentElement.scrollWidth")
    if across > WIDTHS[width][0]:
        yield f"is {across} points wide on a screen of {WIDTHS[width][0]}"
    driver.execute_script(axe)
    for rule, help_text, places in driver.execute_async_script(AXE):
        yield f"axe {rule} ({help_text}): {len(places)} times, at {'; '.join(places[:3])}"


def look(driver: Any, root: str, pages: dict[str, Page], axe: str) -> Iterator[str]:
    """Open every page on both screens and in both schemes."""
    driver.set_script_timeout(120)
    for width, scheme in itertools.product(WIDTHS, SCHEMES):
        show_as(driver, width, scheme)
        for name in pages:
            if name.startswith(LISTINGS) and (width, scheme) != ("narrow", "light"):
                continue
            driver.get(root + name)
            for problem in seen_problems(driver, axe, width):
                yield f"{name} ({width}, {scheme}): {problem}"


def search_problems(driver: Any, root: str) -> Iterator[str]:
    """Search for a word that many pages hold, and for one that none does."""
    for word, wanted in (("undersampling", True), ("xylophone", False)):
        driver.get(f"{root}search.html?q={word}")
        summary = ""
        for _ in range(100):
            summary = driver.execute_script(
                "return (document.querySelector('.search-summary')?.innerText ?? '').toLowerCase()"
            )
            if "search" in summary and "searching" not in summary:
                break
            time.sleep(0.1)
        found = driver.execute_script("return document.querySelectorAll('ul.search li').length")
        if bool(found) is not wanted:
            yield f"search.html: {word!r} finds {found} pages, and says {summary!r}"


def missing_tools() -> list[str]:
    """Name what the looks in a browser need and is not here."""
    try:
        import selenium  # noqa: F401, PLC0415
    except ImportError:
        return ["selenium"]
    missing = [] if any(map(shutil.which, BROWSERS)) else ["chromium"]
    return missing + [tool for tool in ("chromedriver",) if not shutil.which(tool)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Check every page; print what is wrong, and return 1 where something is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what sphinx-build wrote")
    parser.add_argument("--axe", type=Path, help="axe.min.js; without it no browser is started")
    given = parser.parse_args(arguments)
    pages = read_pages(given.folder)
    count = 0
    for problem in every_problem(given.folder, pages, given.axe):
        print(problem, flush=True)
        count += 1
    print(f"{len(pages)} pages, {count} problems")
    return 1 if count or not pages else 0


def every_problem(folder: Path, pages: dict[str, Page], axe: Path | None) -> Iterator[str]:
    """Name what is wrong, as it is found."""
    yield from broken_links(folder, pages)
    yield from shared_titles(pages)
    if axe is None or missing_tools():
        print("Not looked at in a browser:", ", ".join(missing_tools() or ["no --axe was given"]))
        return
    with served(folder) as root, opened_browser() as driver:
        yield from search_problems(driver, root)
        yield from look(driver, root, pages, axe.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
