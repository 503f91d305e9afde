"""Look at reports as readers do: two screens, light and dark, axe, and the pages of a print.

    python docs/check_reports.py FOLDER --axe node_modules/axe-core/axe.min.js

`nox -s reports` runs it. It draws made-up studies, writes their reports into the folder with a
picture of each screen and a PDF of each print, and ends with exit status 1 where something is
wrong: a line on the console, a page wider than its screen, a violation that axe-core finds, or a
file over 1.5 MB. It needs selenium, Chromium and its driver.
"""

import argparse
import base64
import itertools
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from check_pages import SCHEMES, WIDTHS, missing_tools, opened_browser, seen_problems, show_as
from PIL import Image

from prevalens.cohorts import Cohort
from prevalens.decisions import choose_threshold
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.splits import Partition

LARGEST = 1_500_000  # bytes of a page with twenty pictures
A4 = {"paperWidth": 8.27, "paperHeight": 11.69, "printBackground": False}


def two_classes(folder: Path) -> ClinicalReport:
    """A study with every part: images, parts, sites, ages, another model, exclusions."""
    rng = np.random.default_rng(4)
    patients = np.repeat(np.arange(240), rng.integers(2, 12, 240))
    labels = (patients % 4 == 0) & (rng.random(patients.size) < 0.8)
    site, female = patients // 4 % 3, patients // 12 % 2
    odds = 2.4 * labels - 1.4 + 0.6 * rng.normal(size=240)[patients]
    odds += rng.normal(size=patients.size) - 1.1 * (labels & (female == 0))
    cohort = Cohort(
        images=[f"cell_{row:04d}.png" for row in range(patients.size)],
        labels=np.where(labels, "ALL", "healthy"),
        patients=[f"p{number:03d}" for number in patients],
        positive="ALL",
        covariates={
            "site": np.array(["north", "south", "University hospital of the west"])[site],
            "sex": np.where(female, "female", "male"),
            "age": (patients * 7 % 60 + 2).astype(float),
        },
        root=folder / "images",
        provenance="Synthetic: made up by docs/check_reports.py",
    )
    cohort.root.mkdir(parents=True, exist_ok=True)
    for name in cohort.images:
        _cell(rng).save(cohort.root / str(name))
    rows = np.arange(patients.size)
    train, validation, test = (
        rows[patients % 5 < 2],
        rows[patients % 5 == 2],
        rows[patients % 5 > 2],
    )
    scores = 1 / (1 + np.exp(-odds))
    held, chosen_on = (
        Predictions.of(cohort, part, scores[part], train_prevalence=0.5)
        for part in (test, validation)
    )
    noisy = 1 / (1 + np.exp(-odds[test] + 0.8 * rng.normal(size=test.size)))
    return ClinicalReport(
        held,
        threshold=choose_threshold(chosen_on, sensitivity=0.8),
        prevalence=0.02,
        by=("site", "sex", "age"),
        compare=held.with_scores(noisy),
        partition=Partition(
            train=train, validation=validation, test=test, method="by hand",
            cohort_fingerprint=cohort.fingerprint, n_rows=patients.size,
        ),
        cohort=cohort,
        excluded={"out of focus": 31, "no consent": 4},
        patient_score="mean",
        picture_note="The cell as the model saw it.",
        made_by="docs/check_reports.py",
        title="Detection of ALL in blood smears: test set",
    )  # fmt: skip


def _cell(rng: np.random.Generator) -> Image.Image:
    """Draw something round, so that the gallery has pictures."""
    y, x = np.mgrid[-1:1:96j, -1:1:96j]
    nucleus = (x**2 + y**2 * rng.uniform(0.7, 1.4) < rng.uniform(0.25, 0.6))[..., None]
    pixels = np.where(nucleus, [120, 60, 150], [225, 190, 205]) + 12 * rng.normal(size=(96, 96, 3))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


SEVEN = ("nevus", "melanoma", "keratosis", "carcinoma", "actinic keratosis", "vascular", "fibroma")


def seven_classes(_folder: Path) -> ClinicalReport:
    """Seven diagnoses, the last rare, from two sites, beside another model."""
    rng = np.random.default_rng(5)
    owner = np.repeat(np.arange(500), rng.integers(1, 4, 500))
    labels = rng.choice(7, owner.size, p=[0.6, 0.13, 0.11, 0.07, 0.05, 0.025, 0.015])
    scores = []
    for sharpness in (2.5, 1.8):
        logits = rng.normal(size=(owner.size, 7)) + 0.4 * rng.normal(size=(500, 7))[owner]
        logits[np.arange(owner.size), labels] += sharpness
        scores.append(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))
    held = Predictions(
        labels=labels, scores=scores[0], patients=[f"p{k}" for k in owner], classes=SEVEN,
        covariates={"site": np.array(["north", "south"])[owner % 2]},
        provenance="Synthetic: made up by docs/check_reports.py",
    )  # fmt: skip
    return ClinicalReport(
        held, by=("site",), compare=held.with_scores(scores[1]), excluded={"duplicate": 12},
        positive=("melanoma", "carcinoma"), threshold={"melanoma": 0.2},
        prevalence={"melanoma": 0.02}, made_by="docs/check_reports.py",
        title="Diagnoses of skin lesions: test set",
    )  # fmt: skip


def labels(_folder: Path) -> ClinicalReport:
    """Five findings of a radiograph, some of them not known on some rows."""
    rng = np.random.default_rng(6)
    owner = np.repeat(np.arange(300), rng.integers(1, 5, 300))
    known = (rng.random((owner.size, 5)) < [0.3, 0.2, 0.12, 0.06, 0.02]).astype(float)
    odds = 2 * known - 1.5 + 0.5 * rng.normal(size=(300, 5))[owner]
    odds += rng.normal(size=known.shape)
    known[:40, 1] = np.nan
    held = Predictions(
        labels=known, scores=1 / (1 + np.exp(-odds)), patients=[f"p{k}" for k in owner],
        classes=("effusion", "atelectasis", "nodule", "pneumothorax", "hernia"),
        covariates={"view": np.array(["front", "side"])[owner % 2]},
        provenance="Synthetic: made up by docs/check_reports.py",
    )  # fmt: skip
    return ClinicalReport(
        held, threshold=0.5, threshold_origin="pre-specified", by=("view",),
        made_by="docs/check_reports.py", title="Findings of chest radiographs: test set",
    )  # fmt: skip


def alarming(_folder: Path) -> ClinicalReport:
    """Nine patients, everything predicted positive, no threshold rule."""
    rng = np.random.default_rng(7)
    truth = np.repeat([0, 0, 0, 1, 1, 0, 0, 1, 0], [3, 4, 2, 30, 3, 2, 5, 2, 4])
    owner = np.repeat(np.arange(9), [3, 4, 2, 30, 3, 2, 5, 2, 4])
    held = Predictions(labels=truth, scores=rng.uniform(0.5, 1, truth.size), patients=owner)
    return ClinicalReport(held, threshold=0.4, made_by="docs/check_reports.py")


STUDIES = {
    "two-classes": two_classes,
    "seven-classes": seven_classes,
    "labels": labels,
    "alarming": alarming,
}


def write_reports(folder: Path, names: Sequence[str]) -> list[Path]:
    """Write the report of each study; return the pages."""
    pages = [folder / f"{name}.html" for name in names]
    for name, page in zip(names, pages, strict=True):
        STUDIES[name](folder).save(page)
    return pages


def page_count(pdf: bytes) -> int:
    """Count the pages of a PDF that Chromium wrote."""
    return len(re.findall(rb"/Type\s*/Page[^s]", pdf))


PAPER = {"width": 720, "height": 1040, "deviceScaleFactor": 1, "mobile": False}  # A4, no margins
OVER = """
return [...document.querySelectorAll("table, figure")].filter(each => {
    const own = each.getBoundingClientRect().width;
    return own > each.closest("details, section").getBoundingClientRect().width + 1;
}).map(each => (each.querySelector("caption, figcaption") || each).textContent.slice(0, 60));
"""


def printed_over(driver: Any, page: Path) -> list[str]:
    """Name tables and charts that are wider than their column of a printed page."""
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PAPER)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    driver.get(page.as_uri())
    found: list[str] = driver.execute_script(OVER)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    return found


def look(driver: Any, page: Path, axe: str) -> Iterator[str]:
    """Open a report on each screen and in print; write what is seen, name what is wrong."""
    driver.set_script_timeout(120)
    for width, scheme in itertools.product(WIDTHS, SCHEMES):
        show_as(driver, width, scheme)
        driver.get(page.as_uri())
        driver.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
        for problem in seen_problems(driver, axe, width):
            yield f"{page.name} ({width}, {scheme}): {problem}"
        shot = {"captureBeyondViewport": True, "format": "png"}
        seen = driver.execute_cdp_cmd("Page.captureScreenshot", shot)["data"]
        page.with_name(f"{page.stem}-{width}-{scheme}.png").write_bytes(base64.b64decode(seen))
    for table in printed_over(driver, page):
        yield f"{page.name} (print): wider than its column: {table}"
    driver.get(page.as_uri())
    pdf = base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", A4)["data"])
    page.with_suffix(".pdf").write_bytes(pdf)
    print(f"{page.name}: {page.stat().st_size / 1000:.0f} kB, {page_count(pdf)} pages in print")
    if page.stat().st_size > LARGEST:
        yield f"{page.name} has {page.stat().st_size:,} bytes, more than {LARGEST:,}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write and look; print what is wrong, and return 1 where something is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where reports, pictures and PDFs are written")
    parser.add_argument("--only", nargs="*", choices=list(STUDIES), help="these studies alone")
    parser.add_argument("--axe", type=Path, required=True, help="axe.min.js")
    given = parser.parse_args(arguments)
    if missing_tools():
        print("Not here:", ", ".join(missing_tools()))
        return 1
    given.folder.mkdir(parents=True, exist_ok=True)
    axe, count = given.axe.read_text(encoding="utf-8"), 0
    began = time.monotonic()
    pages = write_reports(given.folder.resolve(), given.only or list(STUDIES))
    with opened_browser() as driver:
        for page in pages:
            for problem in look(driver, page, axe):
                print(problem, flush=True)
                count += 1
    print(f"{len(pages)} reports, {count} problems, {time.monotonic() - began:.0f} s")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
