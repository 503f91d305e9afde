"""The shortcut audit: what tells the label is found, what does not is not."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prevalens.cohorts import Cohort, read_table
from prevalens.exceptions import DataWarning, ImpossibleSplitError, InvalidInputError
from prevalens.metrics import auroc
from prevalens.splits import ShortcutAudit, audit_shortcuts

DATA = Path(__file__).parents[2].parent / "shared" / "data"
SHORTCUTS = [
    *("file size", "width", "height", "mode", "mean brightness", "border colour"),
    "16x16 thumbnail",
]


def columns(**covariates: Any) -> Cohort:
    """Make 120 rows of 40 patients, every second patient positive."""
    return Cohort(
        images=[f"{k}.png" for k in range(120)],
        labels=["sick" if (k // 3) % 2 else "well" for k in range(120)],
        patients=[f"p{k // 3}" for k in range(120)],
        positive="sick",
        covariates=covariates,
    )


def drawn(tmp_path: Path, **wrong: Any) -> Cohort:
    """Draw the rows of `columns` as noise; `wrong` says how positive images differ."""
    made = columns()
    rng = np.random.default_rng(0)
    for row, positive in enumerate(made.is_positive.tolist()):
        side = wrong.get("side", 20) if positive else 20
        pixels = rng.integers(60, 180, (side, 20)).astype(np.uint8)
        if positive and "border" in wrong:
            pixels[0] = wrong["border"]
        picture = Image.fromarray(pixels)
        picture.convert(wrong.get("mode", "L") if positive else "L").save(tmp_path / f"{row}.png")
    return read_table(
        {"image": made.images, "label": made.label_names, "patient": made.patients},
        image="image",
        label="label",
        patient="patient",
        positive="sick",
        root=tmp_path,
    )


def test_noise_has_no_shortcut(tmp_path: Path) -> None:
    """Images of noise alone: all seven are tried, none is suspicious, nothing is warned."""
    audit = audit_shortcuts(drawn(tmp_path))

    assert list(audit.figures) == SHORTCUTS
    assert audit.ok
    assert audit.figures["width"].value == 0.5


@pytest.mark.parametrize(
    ("wrong", "name"),
    [({"side": 24}, "height"), ({"mode": "RGB"}, "mode"), ({"border": 250}, "border colour")],
)
def test_a_planted_shortcut_is_found_and_warned_of(
    tmp_path: Path, wrong: dict[str, Any], name: str
) -> None:
    """Taller, coloured or framed positive images are told apart at AUROC 1."""
    cohort = drawn(tmp_path, **wrong)

    with pytest.warns(DataWarning, match=rf"without looking.*{name} .AUROC 1\.00"):
        audit = audit_shortcuts(cohort)

    assert name in audit.suspicious
    assert audit.figures[name].value == pytest.approx(1.0, abs=0.01)
    assert audit.figures[name].patients == 40
    assert f"{name}: 1.000" in str(audit)
    assert "suspicious" in str(audit)


def test_the_warning_points_at_the_callers_line(tmp_path: Path) -> None:
    """The file that it names is the one that asked for the audit."""
    cohort = drawn(tmp_path, side=24)

    with pytest.warns(DataWarning) as caught:
        audit_shortcuts(cohort)

    # scikit-learn may warn too, of what a later scipy took away.
    ours = [warning for warning in caught if warning.category is DataWarning]
    assert ours[0].filename == __file__


def test_a_covariate_that_is_the_label_is_found() -> None:
    """A site that holds the sick alone tells the label; a number at random does not."""
    rng = np.random.default_rng(3)
    site = ["a" if (k // 3) % 2 else "b" for k in range(120)]
    cohort = columns(site=site, noise=rng.normal(size=120))

    with pytest.warns(DataWarning, match="covariate site"):
        audit = audit_shortcuts(cohort, images=False)

    assert audit.suspicious == ["covariate site"]
    assert set(audit.figures) == {"covariate site", "covariate noise"}


def test_that_a_value_is_missing_can_tell_the_label() -> None:
    """Age is missing for the sick alone: the column of missing marks tells."""
    age = [math.nan if (k // 3) % 2 else 50.0 + k % 7 for k in range(120)]

    with pytest.warns(DataWarning, match="covariate age"):
        audit = audit_shortcuts(columns(age=age), images=False)

    assert audit.figures["covariate age"].value == pytest.approx(1.0)


def test_a_number_that_tells_by_its_distance_from_the_middle_is_found() -> None:
    """Very young and very old are sick: the square tells what the number does not."""
    age = [(20 if k % 2 else 80) if (k // 3) % 2 else 50 for k in range(120)]

    with pytest.warns(DataWarning, match="covariate age"):
        assert not audit_shortcuts(columns(age=age), images=False).ok


def test_ids_are_left_out_with_the_reason() -> None:
    """A text of more than 50 values is no stratum."""
    audit = audit_shortcuts(columns(note=[f"n{k}" for k in range(120)]), images=False)

    assert audit.figures == {}
    assert audit.left_out == {"covariate note": "text of more than 50 values"}
    assert "not tried, text of more than 50 values" in str(audit)


def test_a_covariate_by_patient_alone_is_no_shortcut() -> None:
    """Patients are held out: a number that names the patient does not tell the label."""
    rng = np.random.default_rng(4)
    number = np.repeat(rng.permutation(40).astype(float), 3)

    audit = audit_shortcuts(columns(number=number), images=False)

    assert audit.ok


def test_the_dict_is_plain() -> None:
    """It goes through JSON unchanged."""
    audit = audit_shortcuts(columns(noise=np.arange(120) % 7), images=False)
    record = audit.to_dict()

    assert json.loads(json.dumps(record)) == record
    assert record["figures"]["covariate noise"]["unit"] == "image"
    assert set(record) == {"ok", "bound", "suspicious", "figures", "left_out"}
    assert (record["ok"], record["bound"], record["left_out"]) == (True, 0.7, {})


def test_too_few_patients_and_a_bad_bound_are_refused() -> None:
    """Four patients make no five folds; a bound below chance is none."""
    few = columns().take(range(12))
    with pytest.raises(ImpossibleSplitError, match="only 4 patients"):
        audit_shortcuts(few, images=False)
    with pytest.raises(InvalidInputError, match="`bound`"):
        audit_shortcuts(columns(), bound=0.3)


def test_an_audit_without_figures_is_ok() -> None:
    """Nothing tried, nothing found."""
    assert ShortcutAudit({}, 0.7, {}).ok


@pytest.mark.skipif(not DATA.is_dir(), reason="the real data is not on this machine")
def test_the_real_effusion_images_have_no_strong_shortcut() -> None:
    """File size tells nothing there, the thumbnail about 0.65: below the bound of 0.7."""
    cohort = read_table(
        DATA / "nih_effusion" / "manifest.csv",
        image="image",
        label="label",
        patient="patient",
        positive="effusion",
        covariates=["sex", "age", "view"],
    )

    audit = audit_shortcuts(cohort)

    assert audit.ok
    assert audit.figures["file size"].value is not None
    assert audit.figures["file size"].value < 0.55
    assert audit.figures["16x16 thumbnail"].value == pytest.approx(0.65, abs=0.05)


def test_a_figure_that_cannot_be_had_is_written_with_its_reason() -> None:
    """Neither a value nor an interval is made up."""
    told = auroc([1, 1], [0.2, 0.9])
    bare = auroc([0, 0, 1, 1], [0.4] * 4)
    text = str(ShortcutAudit({"width": told, "mode": bare}, 0.7, {}))

    assert "not estimable: no negative images" in text
    assert "0.500 (no interval: " in text
