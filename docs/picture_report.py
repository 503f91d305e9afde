"""Draw the picture of a report that the README and the front page show.

    python docs/picture_report.py

On made-up scores of 120 patients; needs Chromium, and writes `docs/_static/report.png`.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport

OUTPUT = Path(__file__).parent / "_static" / "report.png"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SIZE = (1000, 940)  # pixels: key results and confusion matrix


def report() -> ClinicalReport:
    """Return a report of 1,200 made-up images of 120 patients at two sites."""
    rng = np.random.default_rng(11)
    patients = np.repeat(np.arange(120), 10)
    labels = ((patients % 4 == 0) & (rng.random(1200) < 0.8)).astype(int)
    odds = 2.6 * labels - 1.6 + 0.5 * rng.normal(size=120)[patients] + rng.normal(size=1200)
    made = Predictions(
        labels=labels,
        scores=1 / (1 + np.exp(-odds)),
        patients=[f"p{number}" for number in patients],
        covariates={"site": np.where(patients % 3 == 0, "north", "south")},
        classes=("healthy", "ALL"),
        provenance="Synthetic: scores made up by docs/picture_report.py",
    )
    return ClinicalReport(
        made, threshold=0.4, threshold_origin="validation", prevalence=0.05, by=["site"],
        made_by="docs/picture_report.py",
    )  # fmt: skip


def main() -> int:
    """Write the picture; return 0, or 1 where there is no browser."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.stderr.write(f"No browser is here: install one of {', '.join(BROWSERS)}.\n")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        page, shot = Path(folder) / "report.html", Path(folder) / "report.png"
        report().save(page)
        words = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
        size = f"--window-size={SIZE[0]},{SIZE[1]}"
        subprocess.run(  # noqa: S603 - the browser of this machine
            [browser, *words, size, f"--screenshot={shot}", page.as_uri()],
            check=True, capture_output=True,
        )  # fmt: skip
        drawn = Image.open(shot).convert("RGB").quantize(64, dither=Image.Dither.NONE)
        drawn.save(OUTPUT, optimize=True)
    sys.stdout.write(f"wrote {OUTPUT}: {OUTPUT.stat().st_size / 1000:.0f} kB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
