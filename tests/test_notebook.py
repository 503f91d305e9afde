"""The pieces of HTML that records are shown by: escaped, told in words too, of nothing outside."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from prevalens._notebook import bars, card, frame, note, pictures, table
from prevalens.metrics import all_estimates

HOSTILE = '"><img src=x onerror=alert(1)>'


def test_every_text_is_escaped() -> None:
    """Names from the data end up as text, in attributes as well."""
    page = card(
        HOSTILE,
        table((HOSTILE,), [(HOSTILE, HOSTILE)]),
        bars({HOSTILE: {HOSTILE: 3}}),
        pictures([(HOSTILE, np.zeros((4, 6, 3), dtype=np.uint8))]),
        note(HOSTILE),
    )

    assert "<img src=x" not in page
    assert page.count("&lt;img src=x") >= 8
    assert "http" not in page


def test_bars_are_as_long_as_their_counts() -> None:
    """Of the longest bar the pieces fill the whole; counts are told in words."""
    drawn = bars({"train": {"sick": 30, "well": 50}, "test": {"sick": 10, "well": 0}})

    assert re.findall(r"width:([\d.]+)%", drawn) == ["37.5000", "62.5000", "12.5000"]
    assert "sick 10, well 0" in drawn


def test_bars_of_nothing_have_no_length() -> None:
    """An empty part divides nothing by 0."""
    assert "%" not in bars({"test": {"sick": 0}})


def test_a_page_is_framed_as_an_attribute() -> None:
    """Its quotes cannot end the attribute, so its style and script stay inside."""
    framed = frame('<p class="x">text</p>', title="A report", height=100)

    assert 'srcdoc="&lt;p class=&#34;x&#34;&gt;' in framed
    assert framed.count("<") == 2


# By cell: what its text must hold, which a reader without HTML sees.
DRAWN = """
from prevalens.cohorts import make_cells
cohort = make_cells("cells", n_patients=12, images_per_patient=4, image_size=32, seed=7)
"""
RECORDS = {
    DRAWN + "cohort": r"Cohort\(48 images of 12 patients: ",
    "cohort.show(3)": r"^3 images:\n.*\.bmp, row 0",
    """
from prevalens.splits import Partition, PatientHoldout, audit_leakage, audit_shortcuts
partition = PatientHoldout(validation=0.25, test=0.25, seed=7).partition(cohort)
partition
""": r"Partition\(train \d+, validation \d+, test \d+ of 48 rows",
    "partition.describe(cohort)": r"part +images +patients",
    """
from prevalens.cohorts import Cohort
same = Cohort(images=cohort.images, labels=cohort.label_names, positive="all", root=cohort.root,
              patients=[f"p{row // 3}" for row in range(48)])
halves = Partition(train=range(25), validation=(), test=range(25, 48),
                   cohort_fingerprint=same.fingerprint, n_rows=48)
audit_leakage(same, halves)
""": r"^1 finding; looked for: patients in two parts",
    "audit_shortcuts(cohort, n_splits=2)": r"file size: \d.*\n",
    """
from prevalens.metrics import all_estimates
import numpy as np
scores = np.random.default_rng(0).beta(2, 2, 48) * 0.5 + 0.4 * cohort.is_positive
found = all_estimates(cohort.is_positive, scores, patients=cohort.patients, threshold=0.5)
found
""": r"sensitivity +0\.\d+ \(95% CI 0\.\d+ to",
    "found['auroc']": r"^[01]\.\d{3} \(",
    """
from prevalens.predictions import Predictions
from prevalens.reports import AcceptanceCriteria, BoundCriterion, ClinicalReport, accept_model
predictions = Predictions.of(cohort, range(48), scores)
ClinicalReport(predictions, threshold=0.5)
""": r"ClinicalReport\(48 images of 12 patients, threshold 0\.5\)",
    """
bound = BoundCriterion(measure="specificity", at_least=0.1)
criteria = AcceptanceCriteria(name="Retraining", threshold=0.5, bounds=[bound])
accept_model(predictions, predictions, criteria)
""": r"Acceptance\(accepted=",
    """
from prevalens.augmentation import presets
presets.flip_rotate_shift()
""": r"Rotation",
}
TRAINED = {
    DRAWN
    + """
from prevalens.batches import ImageDataset, UndersampledDataset
ImageDataset(cohort, range(48), image_size=32, batch_size=16)
""": r"ImageDataset\(48 images an epoch, 3 batches\)",
    "UndersampledDataset(cohort, range(48), image_size=32, batch_size=16, seed=7)": (
        r"UndersampledDataset\(\d+ images an epoch, \d batches\)"
    ),
    """
import keras
import numpy as np
from prevalens.callbacks import LRA
model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1, activation="sigmoid")])
model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
rows, labels = np.eye(2)[[0, 1] * 8], np.array([0.0, 1.0] * 8)
adjuster = LRA(verbose=0)
fitted = model.fit(
    rows, labels, validation_data=(rows, labels), epochs=2, verbose=0, callbacks=[adjuster]
)
adjuster
""": r"epoch +loss(.*\n)+ +1 .*\n +2 ",
}


@pytest.fixture
def run_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that runs a notebook of these cells and returns them with their outputs."""
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))

    def run(sources: list[str]) -> list[Any]:
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        notebook = nbformat.v4.new_notebook(cells=cells)
        where = {"metadata": {"path": str(tmp_path)}}
        nbclient.NotebookClient(notebook, timeout=300, resources=where).execute()
        return list(notebook.cells)

    return run


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param(RECORDS, id="without Keras"),
        pytest.param(TRAINED, id="with Keras", marks=pytest.mark.keras),
    ],
)
def test_a_notebook_shows_each_record_as_html_with_text_behind(
    run_cells: Any, cells: dict[str, str]
) -> None:
    """A kernel runs cells that end with a record, and each has both forms as its only result."""
    for cell, text in zip(run_cells(list(cells)), cells.values(), strict=True):
        results = [each.data for each in cell.outputs if each.output_type == "execute_result"]
        assert len(results) == 1, cell.source
        html = results[0]["text/html"]
        assert html.startswith(('<div class="prevalens"', "<iframe")), cell.source
        assert re.search(text, results[0]["text/plain"]), results[0]["text/plain"]
        # Nothing else is below the cell but a warning that Python prints.
        assert {each.output_type for each in cell.outputs} <= {"execute_result", "stream"}


def test_a_notebook_shows_how_far_a_call_is(run_cells: Any) -> None:
    """One line, which says at its end that all is done, also where the call fails midway."""
    start = "import sys\nfrom prevalens._progress import progress_line\nsys.executable"
    done = "with progress_line('read', 48, 'files') as advance:\n    advance(20)\n    advance(28)"
    failed = (
        "try:\n    with progress_line('read', 48, 'files') as advance:\n"
        "        advance(20)\n        1 / 0\nexcept ZeroDivisionError:\n    pass"
    )
    here, whole, half = run_cells([start, done, failed])

    assert here.outputs[0].data["text/plain"] == repr(sys.executable)
    for cell, count in ((whole, 48), (half, 20)):
        (line,) = cell.outputs
        assert line.output_type == "display_data"
        assert line.data["text/plain"] == f"read {count} of 48 files"
        assert f'<progress value="{count}" max="48"' in line.data["text/html"]


def test_ipython_shows_a_record_as_str_gives_it() -> None:
    """An estimate's line, not the `__repr__` of its dataclass."""
    made = all_estimates([0, 1], [0.2, 0.9], threshold=0.5, measures=["sensitivity"])
    written: list[str] = []
    made["sensitivity"]._repr_pretty_(SimpleNamespace(text=written.append), False)
    assert written == [str(made["sensitivity"])]
    assert written[0].startswith("1.000 (95% CI ")
