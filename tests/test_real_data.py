"""Runs on real images, where they are at hand: chest X-rays by patient, blood cells by image."""

import re
import runpy
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from prevalens.cohorts import read_table
from prevalens.exceptions import LeakageWarning
from prevalens.images import read_images
from prevalens.metrics import auroc
from prevalens.splits import ImageKFold

pytestmark = pytest.mark.keras

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real images are not here; they are not redistributable"
)


@needs_data
@pytest.mark.published
def test_the_answers_to_imbalance_rank_effusions_alike(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On patients never seen all rank above chance; each interval holds the others' values."""
    script = ROOT / "examples" / "study_from_table.py"
    table = DATA / "nih_effusion" / "manifest.csv"
    network = DATA / "weights" / "efficientnet_lite0_notop.keras"
    monkeypatch.setattr(sys, "argv", [str(script), str(table), "effusion", str(network)])
    runpy.run_path(str(script), run_name="__main__")
    said = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    ranks = [
        [float(number) for number in re.findall(r"0\.\d+", text)][:3]
        for name, text in said.items()
        if name.startswith("auroc")
    ]

    assert len(ranks) == 3
    for value, lower, upper in ranks:
        assert 0.45 < lower < value < upper < 0.85
        assert value > 0.55
        assert all(lower < other < upper for other, *_ in ranks)


@needs_data
def test_lymphocytes_are_told_from_other_white_cells(tmp_path: Path) -> None:
    """300 real crops, no patient ids, so split by image: frozen features rank 53 lymphocytes.

    The estimate is optimistic by as much as cells of one smear are alike; the data cannot tell.
    """
    names = (DATA / "wbc" / "labels.csv").read_text().split()[2:]
    columns = [line.split(",") for line in names if "," in line and line[0].isdigit()]
    cohort = read_table(
        {
            "image": [f"images/{int(number):03d}.bmp" for number, _ in columns],
            "label": ["lymphocyte" if kind == "2" else "other" for _, kind in columns],
            "patient": [f"cell {number}" for number, _ in columns],
        },
        image="image",
        label="label",
        patient="patient",
        positive="lymphocyte",
        root=DATA / "wbc",
    )
    assert (len(cohort), int(cohort.is_positive.sum())) == (300, 53)

    backbone = keras.applications.MobileNet(
        alpha=0.25, include_top=False, weights=None, input_shape=(224, 224, 3), pooling="avg"
    )
    backbone.load_weights(DATA / "weights" / "mobilenet_025_notop.weights.h5")
    pixels = np.stack(read_images([cohort.path(row) for row in range(300)], size=224))
    features = backbone.predict(pixels / np.float32(127.5) - 1, verbose=0, batch_size=32)
    scores = np.zeros(300)
    with pytest.warns(LeakageWarning, match="splits image by image"):
        folds = list(ImageKFold(5, seed=0).split(features, cohort.labels))
    for train, test in folds:
        head = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
        head.fit(features[train], cohort.labels[train])
        scores[test] = head.predict_proba(features[test])[:, 1]

    assert float(auroc(cohort.is_positive, scores).value or 0) > 0.9
