"""The shortcut audit: what tells the label is found, what does not is not."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression

from prevalens.cohorts import Cohort, read_table
from prevalens.exceptions import DataWarning, ImpossibleSplitError, InvalidInputError
from prevalens.images.appearance import Appearance, read_appearances
from prevalens.metrics import auroc
from prevalens.metrics.estimate import Estimate
from prevalens.splits import PatientKFold, ShortcutAudit, audit_shortcuts
from prevalens.splits.shortcuts import _columns_of, _held_out_ranks, _of_files

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

    assert list(audit.estimates) == SHORTCUTS
    assert audit.ok
    assert audit.estimates["width"].value == 0.5


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
    assert audit.estimates[name].value == pytest.approx(1.0, abs=0.01)
    assert audit.estimates[name].patients == 40
    assert f"{name}: 1.000" in str(audit)
    assert "suspicious" in str(audit)


def test_the_coarse_picture_is_what_to_beat_and_no_shortcut(tmp_path: Path) -> None:
    """Bright positives of 20 x 20 pixels: brightness and thumbnail tell, and nothing is warned."""
    made = columns()
    for row, positive in enumerate(made.is_positive.tolist()):
        pixels = np.full((20, 20), 100, dtype=np.uint8)
        pixels[4:16, 4:16] = 180 if positive else 140
        Image.fromarray(pixels).save(tmp_path / f"{row}.png")
    audit = audit_shortcuts(dataclasses.replace(made, labels=made.label_names, root=tmp_path))

    assert audit.estimates["mean brightness"].value == pytest.approx(1.0, abs=0.01)
    assert audit.picture == {"file size", "mean brightness", "16x16 thumbnail"}
    assert audit.ok
    assert "mean brightness: 1.000" in str(audit)
    assert "(the coarse picture: to be beaten)" in str(audit)


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
    assert set(audit.estimates) == {"covariate site", "covariate noise"}


def test_that_a_value_is_missing_can_tell_the_label() -> None:
    """Age is missing for the sick alone: the column of missing marks tells."""
    age = [math.nan if (k // 3) % 2 else 50.0 + k % 7 for k in range(120)]

    with pytest.warns(DataWarning, match="covariate age"):
        audit = audit_shortcuts(columns(age=age), images=False)

    assert audit.estimates["covariate age"].value == pytest.approx(1.0)


def test_a_number_that_tells_by_its_distance_from_the_middle_is_found() -> None:
    """Very young and very old are sick: the square tells what the number does not."""
    age = [(20 if k % 2 else 80) if (k // 3) % 2 else 50 for k in range(120)]

    with pytest.warns(DataWarning, match="covariate age"):
        assert not audit_shortcuts(columns(age=age), images=False).ok


def test_ids_are_left_out_with_the_reason() -> None:
    """A text of more than 50 values is no stratum."""
    audit = audit_shortcuts(columns(note=[f"n{k}" for k in range(120)]), images=False)

    assert audit.estimates == {}
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
    assert record["estimates"]["covariate noise"]["unit"] == "image"
    assert set(record) == {"ok", "bound", "suspicious", "estimates", "left_out", "picture"}
    assert (record["ok"], record["bound"], record["left_out"]) == (True, 0.7, {})


def test_too_few_patients_and_a_bad_bound_are_refused() -> None:
    """Four patients make no five folds; a bound below chance is none."""
    few = columns().take(range(12))
    with pytest.raises(ImpossibleSplitError, match="only 4 patients"):
        audit_shortcuts(few, images=False)
    with pytest.raises(InvalidInputError, match="`bound`"):
        audit_shortcuts(columns(), bound=0.3)


def test_an_audit_without_estimates_is_ok() -> None:
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
    assert audit.estimates["file size"].value is not None
    assert audit.estimates["file size"].value < 0.55
    assert audit.estimates["16x16 thumbnail"].value == pytest.approx(0.65, abs=0.05)


def test_an_estimate_that_cannot_be_had_is_written_with_its_reason() -> None:
    """Neither a value nor an interval is made up."""
    told = auroc([1, 1], [0.2, 0.9])
    bare = auroc([0, 0, 1, 1], [0.4] * 4)
    text = str(ShortcutAudit({"width": told, "mode": bare}, 0.7, {}))

    assert "not estimable: no negative images" in text
    assert "0.500 (no interval: " in text


def estimate_of(value: float | None, lower: float | None, upper: float | None) -> Estimate:
    """Make an estimate of an AUROC."""
    why = None if value is not None else "no images"
    return Estimate(value, lower, upper, 0.9, "AUROC", "image", 9, not_estimable=why, note="few")


def test_what_is_suspicious_is_marked_strongest_first() -> None:
    """At the bound counts; an interval that reaches 0.5 does not; without one the value decides."""
    audit = ShortcutAudit(
        {
            "none": estimate_of(None, None, None),
            "below": estimate_of(0.79, 0.6, 0.9),
            "at": estimate_of(0.8, 0.51, 0.9),
            "chance": estimate_of(0.9, 0.5, 1.0),
            "bare": estimate_of(0.95, None, None),
        },
        0.8,
        {"covariate note": "text of more than 50 values"},
    )
    assert audit.suspicious == ["bare", "at"]
    assert not audit.ok
    assert str(audit).splitlines() == [
        (
            "What tells the label without looking at the picture: AUROC of a probe over held-out "
            "patients; suspicious from 0.8"
        ),
        "  bare: 0.950 (no interval: few)  <- suspicious [shortcut-bare]",
        "  chance: 0.900 (90%: 0.500 to 1.000)",
        "  at: 0.800 (90%: 0.510 to 0.900)  <- suspicious [shortcut-at]",
        "  below: 0.790 (90%: 0.600 to 0.900)",
        "  none: not estimable: no images",
        "  covariate note: not tried, text of more than 50 values",
        (
            "Find out how the images were collected, and treat those of all classes alike. See "
            "reference/findings.html#finding-shortcut."
        ),
    ]
    record = audit.to_dict()
    assert (record["ok"], record["bound"]) == (False, 0.8)
    assert record["suspicious"] == ["bare", "at"]
    assert record["left_out"] == {"covariate note": "text of more than 50 values"}
    assert record["estimates"]["at"] == estimate_of(0.8, 0.51, 0.9).to_dict()


def test_numbers_enter_with_their_square_and_what_is_missing() -> None:
    """2, 4, nan and 6: nan becomes the median 4, and all is scaled by the root of 2."""
    found = _columns_of(np.array([2, 4, np.nan, 6]))

    root = math.sqrt(2)
    np.testing.assert_allclose(found[:, 0], [-root, 0, 0, root], atol=1e-12)
    np.testing.assert_allclose(found[:, 1], [2, 0, 0, 2], atol=1e-12)
    assert found[:, 2].tolist() == [0, 0, 1, 0]
    # An infinity has no place on the scale, and counts as missing.
    np.testing.assert_array_equal(_columns_of(np.array([2, 4, np.inf, 6])), found)
    # The median is that of the known: of 0, 0, 9 it is 0, whose place the missing take.
    skewed = _columns_of(np.array([0, 0, 9, np.nan, np.nan]))[:, 0]
    assert skewed[3] == skewed[4] == skewed[0] != skewed[2]


@pytest.mark.parametrize("kind", [np.int8, np.uint16, np.float32])
def test_numbers_without_spread_are_noughts_and_every_kind_is_read(kind: type) -> None:
    """Nothing is divided by nothing; all missing is a column of marks alone."""
    assert _columns_of(np.full(3, 7).astype(kind)).tolist() == [[0, 0, 0]] * 3
    assert _columns_of(np.array([1, 3]).astype(kind)).tolist() == [[-1, 1, 0], [1, 1, 0]]
    assert _columns_of(np.full(2, np.nan)).tolist() == [[0, 0, 1]] * 2


def test_texts_enter_as_one_column_a_value() -> None:
    """In the order of the values; a truth value is a text of two."""
    assert _columns_of(np.array(["b", "a", "b"])).tolist() == [[0, 1], [1, 0], [0, 1]]
    assert _columns_of(np.array([True, False])).tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(("n_columns", "strength"), [(3, 1.0), (49, 1.0), (50, 0.01), (60, 0.01)])
def test_ranks_are_those_of_a_probe_that_saw_the_other_fold(
    n_columns: int, strength: float
) -> None:
    """Standardised by the training rows, classes balanced, pulled harder from 50 columns."""
    rng = np.random.default_rng(n_columns)
    table = rng.normal(size=(60, n_columns)) * rng.uniform(0.1, 40, n_columns) + 3
    sick = rng.random(60) < 0.3
    table[:, 0] += sick
    folds = [(np.arange(30), np.arange(30, 60)), (np.arange(30, 60), np.arange(30))]

    ranks = _held_out_ranks(table, sick, folds)

    for train, test in folds:
        mean, spread = table[train].mean(axis=0), table[train].std(axis=0)
        weights = np.where(sick[train], 0.5 / sick[train].mean(), 0.5 / (~sick[train]).mean())
        probe = LogisticRegression(C=strength, max_iter=5000).fit(
            (table[train] - mean) / spread, sick[train], sample_weight=weights
        )
        scores = probe.decision_function((table[test] - mean) / spread).tolist()
        place = [sum(one < score for one in scores) + 0.5 for score in scores]
        assert ranks[test].tolist() == pytest.approx([rank / len(test) for rank in place])


def test_ties_share_their_rank() -> None:
    """A table of one value tells nothing: every rank is the middle of its fold."""
    folds = [(np.arange(4), np.arange(4, 8)), (np.arange(4, 8), np.arange(4))]

    ranks = _held_out_ranks(np.zeros((8, 1)), np.arange(8) % 2 == 1, folds)

    assert ranks.tolist() == [0.5] * 8


@pytest.mark.parametrize(
    ("bound", "taken"), [(0.5, True), (1.0, True), (0.499, False), (1.001, False)]
)
def test_the_bound_lies_between_chance_and_certainty(bound: float, *, taken: bool) -> None:
    """Both ends are taken; what is beyond is refused with the range."""
    made = columns(noise=np.arange(120) % 7)
    if taken:
        assert audit_shortcuts(made, bound=bound, images=False).bound == bound
    else:
        with pytest.raises(InvalidInputError, match=r"`bound` must lie in \[0\.5, 1\], got"):
            audit_shortcuts(made, bound=bound, images=False)


def test_settings_reach_folds_estimates_and_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folds and seed, confidence, workers and progress; left out, they are the documented ones."""
    cohort = drawn(tmp_path)
    seen: list[tuple[Any, ...]] = []
    split, read = PatientKFold.split, read_appearances

    def folds(self: PatientKFold, x: Any, y: Any, groups: Any) -> Any:
        seen.append((self.n_splits, self.seed, list(groups) == list(cohort.patients)))
        return split(self, x, y, groups)

    def files(paths: Any, *, reader: Any, n_jobs: Any, progress: Any) -> Any:
        assert reader is cohort.reader
        seen.append((n_jobs, progress))
        assert list(paths) == [cohort.path(row) for row in range(120)]
        return read(paths)

    monkeypatch.setattr(PatientKFold, "split", folds)
    monkeypatch.setattr("prevalens.splits.shortcuts.read_appearances", files)
    plain = audit_shortcuts(cohort)
    given = audit_shortcuts(
        cohort, bound=0.9, n_splits=3, confidence_level=0.8, seed=7, n_jobs=1, progress=True
    )

    assert seen == [(None, False), (5, 0, True), (1, True), (3, 7, True)]
    assert (plain.bound, given.bound) == (0.7, 0.9)
    for audit, confidence_level in ((plain, 0.95), (given, 0.8)):
        assert {estimate.confidence_level for estimate in audit.estimates.values()} == {
            confidence_level
        }
        assert {estimate.patients for estimate in audit.estimates.values()} == {40}
    assert plain.left_out == {}


def test_each_shortcut_of_a_file_is_its_own_measure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sizes enter by their logarithm, numbers by themselves, borders and thumbnails whole."""
    cohort = columns()
    rng = np.random.default_rng(1)
    made = [
        Appearance(
            n_bytes=int(rng.integers(100, 9000)),
            width=int(rng.integers(8, 90)),
            height=int(rng.integers(8, 90)),
            mode=str(rng.choice(["PNG L", "JPEG RGB"])),
            brightness=float(rng.uniform(0, 255)),
            border=rng.uniform(0, 255, 12),
            thumbnail=rng.uniform(0, 255, 256),
        )
        for _ in range(120)
    ]
    monkeypatch.setattr("prevalens.splits.shortcuts.read_appearances", lambda *_, **__: made)

    found = _of_files(cohort, n_jobs=None, progress=False)[0]

    assert list(found) == SHORTCUTS
    expected = {
        "file size": [math.log(one.n_bytes) for one in made],
        "width": [one.width for one in made],
        "height": [one.height for one in made],
        "mean brightness": [one.brightness for one in made],
    }
    for name, numbers in expected.items():
        np.testing.assert_allclose(found[name], _columns_of(np.array(numbers, dtype=float)))
    assert found["mode"].tolist() == [[one.mode == "JPEG RGB", one.mode == "PNG L"] for one in made]
    assert found["border colour"].tolist() == [one.border.tolist() for one in made]
    assert found["16x16 thumbnail"].tolist() == [one.thumbnail.tolist() for one in made]


def test_fifty_values_of_a_text_are_tried_and_fifty_one_are_not() -> None:
    """Numbers are tried however many there are; without images no file is read."""
    audit = audit_shortcuts(
        columns(
            room=[f"r{k % 50}" for k in range(120)],
            note=[f"n{k % 51}" for k in range(120)],
            number=np.arange(120),
            flag=np.arange(120) % 2 == 0,
        ),
        images=False,
        bound=1.0,
    )
    assert list(audit.estimates) == ["covariate room", "covariate number", "covariate flag"]
    assert audit.left_out == {"covariate note": "text of more than 50 values"}


def test_the_warning_names_each_with_its_auroc_and_what_to_do() -> None:
    """Two covariates that are the label: both are named, the other is not."""
    label = np.arange(120) // 3 % 2
    cohort = columns(site=label.astype(np.str_), age=label, noise=np.arange(120) % 7)

    with pytest.warns(DataWarning) as caught:
        audit_shortcuts(cohort, images=False)

    ours = [warning for warning in caught if warning.category is DataWarning]
    assert len(ours) == 1
    assert str(ours[0].message) == (
        "The label can be told without looking at the picture, by covariate site (AUROC 1.00), "
        "covariate age (AUROC 1.00). Find out how the images were collected before trusting any "
        "estimate on them."
    )


def test_a_notebook_shows_each_shortcut_with_its_verdict() -> None:
    """The title counts what is suspicious; the coarse picture is to be beaten."""
    strong = auroc([0] * 20 + [1] * 20, np.linspace(0, 1, 40))
    shown = ShortcutAudit(
        {"border": strong, "thumbnail": strong},
        0.7,
        {"covariate id": "text"},
        frozenset({"thumbnail"}),
    )._repr_html_()

    assert "1 of 2 shortcuts suspicious" in shown
    assert "suspicious: shortcut-border" in shown
    assert "finding-shortcut" in shown
    assert "the coarse picture: to be beaten" in shown
    assert "covariate id: not tried, text" in shown
