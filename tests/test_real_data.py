"""Runs on real images, where they are at hand: chest X-rays by patient, blood cells by image."""

import re
import runpy
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
def test_effusion_is_found_in_patients_never_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every arm beats the smaller probes, and the correction repairs calibration.

    The probes: file size alone 0.46, a 16x16 thumbnail 0.65, MobileNet-0.25 features 0.66. One
    cut of 500 images is noise enough to move an arm between 0.70 and 0.75.
    """
    run = runpy.run_path(str(ROOT / "examples" / "study_from_table.py"))["main"]
    weights = DATA / "weights" / "mobilenet_1.0_to_conv_pw_12.weights.h5"
    table = DATA / "nih_effusion" / "manifest.csv"
    code = run(
        [
            *("--table", str(table), "--positive", "effusion", "--weights", str(weights)),
            *("--partitions", "1", "--output", str(tmp_path)),
        ]
    )
    said = capsys.readouterr().out
    rows = {
        row[0]: [[float(x) for x in re.findall(r"-?\d+\.\d+", cell)] for cell in row[1:]]
        for row in (line.strip("| ").split(" | ") for line in said.splitlines()[7:])
    }

    assert code == 0
    assert "500 images of 371 patients: no_effusion 410, effusion 90" in said
    assert len(rows) == 9
    for (value, lower, upper), *_ in rows.values():
        assert value > 0.66
        assert 0.55 < lower < value < upper < 0.85
    for arm in ("undersampling", "class weights", "logit-adjusted loss", "focal loss"):
        raw, corrected = rows[f"{arm}, as trained"], rows[f"{arm}, corrected"]
        assert corrected[2][0] < raw[2][0]  # Brier
        assert abs(corrected[3][0]) < abs(raw[3][0])  # calibration intercept
        if arm != "focal loss":  # its folds are corrected each by a map of its own
            assert corrected[0] == raw[0]  # the correction keeps the ranking
    assert len(list(tmp_path.glob("predictions_*.csv"))) == 5


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
