"""What every splitter must satisfy, over arbitrary labels, patients and strata."""

import dataclasses
import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import BaseCrossValidator, StratifiedGroupKFold

from prevalens.cohorts import Cohort
from prevalens.exceptions import ImpossibleSplitError, InvalidInputError
from prevalens.splits import (
    CovariateHoldout,
    ImageHoldout,
    ImageKFold,
    Partition,
    PatientHoldout,
    PatientKFold,
    RepeatedPatientHoldout,
    RepeatedPatientKFold,
    audit_leakage,
    audit_shortcuts,
    covariate_shifts,
)

SOME = settings(max_examples=25, deadline=None)
IGNORED = "ignore::prevalens.exceptions.LeakageWarning"
# Cohorts this small are full of patients who alone have most of a class, and of rare levels.
pytestmark = pytest.mark.filterwarnings("ignore::prevalens.exceptions.DataWarning")


@st.composite
def cohorts(draw: st.DrawFn, *, pure: int = 0) -> Cohort:
    """Draw a cohort; with `pure`, patients carry one class and each class has that many or more."""
    n_classes = draw(st.integers(2, 4))
    if pure:
        counts = draw(st.lists(st.integers(pure, pure + 4), min_size=2, max_size=4))
        classes = np.repeat(np.arange(len(counts)), counts)
        sizes = draw(st.lists(st.integers(1, 90), min_size=len(classes), max_size=len(classes)))
        labels, patients = np.repeat(classes, sizes), np.repeat(np.arange(len(classes)), sizes)
    else:
        n_rows = draw(st.integers(2, 40))
        rows = st.lists(st.integers(0, 11), min_size=n_rows, max_size=n_rows)
        patients = np.array(draw(rows))
        labels = np.array(draw(rows)) % n_classes
        labels[:2] = [0, 1]
    numbers = np.random.default_rng(draw(st.integers(0, 99))).normal(size=len(labels))
    numbers[numbers < -1] = np.nan
    return Cohort(
        images=[f"{row}.png" for row in range(len(labels))],
        labels=[f"class {label}" for label in labels],
        patients=[f"patient {patient}" for patient in patients],
        positive="class 1",
        covariates={"age": numbers, "site": np.array(list("abc"))[patients % 3]},
    )


shares = st.tuples(st.just(0.0) | st.floats(0.001, 0.6), st.floats(0.001, 0.35))


def held_parts(partition: Partition) -> list[np.ndarray]:
    """Return the parts that have a share."""
    return [rows for rows in partition.parts().values() if len(rows)]


def assert_whole(partition: Partition, cohort: Cohort, *, n_parts: int) -> None:
    """Every row is in exactly one part, no part is empty, the rows are those of the cohort."""
    parts = held_parts(partition)
    assert len(parts) == n_parts
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(cohort)))
    assert partition.cohort_fingerprint == cohort.fingerprint


def assert_patients_whole(partition: Partition, cohort: Cohort) -> None:
    """No patient is in two parts, and the record says so."""
    parts = [set(cohort.patients[rows].tolist()) for rows in held_parts(partition)]
    assert sum(map(len, parts)) == len(set.union(*parts))
    assert partition.patients_crossing == 0


def patient_partitions(
    cohort: Cohort, held_out: tuple[float, float], n_splits: int, *, seed: int, allow: bool
) -> Iterator[tuple[Partition, int]]:
    """Split by each splitter of patients; yield partitions and how many parts they have."""
    validation, test = held_out
    chosen = {"strata": ("age", ("label", "site")), "seed": seed, "allow_missing_classes": allow}
    holdout = PatientHoldout(validation=validation, test=test, **chosen)  # type: ignore[arg-type]
    yield holdout.partition(cohort), 2 + (validation > 0)
    inner = min(validation, 0.4)
    for partition in PatientKFold(n_splits, **chosen).partitions(cohort, validation=inner):  # type: ignore[arg-type]
        yield partition, 2 + (inner > 0)


@SOME
@given(cohorts(), shares, st.integers(2, 4), st.integers(0, 5), st.booleans())
def test_patients_stay_whole_or_the_split_is_refused(
    cohort: Cohort, held_out: tuple[float, float], n_splits: int, seed: int, allow: bool
) -> None:
    """Whatever comes, patients stay whole and parts full, or the ask is called impossible."""
    try:
        for partition, n_parts in patient_partitions(
            cohort, held_out, n_splits, seed=seed, allow=allow
        ):
            assert_whole(partition, cohort, n_parts=n_parts)
            assert_patients_whole(partition, cohort)
            if not allow:
                held = [set(cohort.labels[rows].tolist()) for rows in held_parts(partition)]
                assert all(classes == set(cohort.labels.tolist()) for classes in held)
    except ImpossibleSplitError:
        # With folds of several patients, one may leave too few for two parts; of two folds, one
        # may hold all patients but one, who has most of the images.
        assert not allow or n_splits == 2 or cohort.n_patients < max(3, 2 * n_splits)


@SOME
@given(cohorts(pure=5), st.integers(2, 5), st.integers(0, 9))
def test_every_fold_holds_every_class_where_each_has_as_many_patients(
    cohort: Cohort, n_splits: int, seed: int
) -> None:
    """Patients of one class each, five or more of each: five folds hold every class, always."""
    for partition in PatientKFold(n_splits, seed=seed).partitions(cohort):
        for rows in (partition.train, partition.test):
            assert set(cohort.labels[rows].tolist()) == set(cohort.labels.tolist())


@pytest.mark.parametrize("seed", range(6))
def test_folds_of_uneven_cohorts_are_at_least_as_even_as_scikit_learns(seed: int) -> None:
    """Class counts by default, prevalence where asked: never worse than StratifiedGroupKFold."""
    rng = np.random.default_rng([seed, 5])
    n_patients = int(rng.integers(15, 60))
    sizes = np.clip(np.exp(rng.normal(4.5, 1, n_patients)), 9, 757).astype(int)
    sick = rng.permutation(np.arange(n_patients) < n_patients // 3)
    labels, patients = np.repeat(sick.astype(int), sizes), np.repeat(np.arange(n_patients), sizes)

    def worst(splitter: BaseCrossValidator) -> tuple[float, float]:
        tests = [test for _, test in splitter.split(labels, labels, patients)]
        counts = np.array([np.bincount(labels[test], minlength=2) for test in tests])
        off = np.abs(counts * len(tests) / np.bincount(labels) - 1).max()
        return float(off), float(np.abs(counts[:, 1] / counts.sum(1) - labels.mean()).max())

    peer = worst(StratifiedGroupKFold(5, shuffle=True, random_state=seed))
    assert worst(PatientKFold(5))[0] <= peer[0] + 1e-9
    assert worst(PatientKFold(5, balance="prevalence"))[1] <= peer[1] + 1e-9


@SOME
@given(st.lists(st.sets(st.integers(0, 2), min_size=1), min_size=2, max_size=6), st.integers(2, 3))
def test_a_split_is_refused_only_where_trying_everything_finds_none(
    carried: list[set[int]], n_splits: int
) -> None:
    """Patients of several classes: the answer is that of trying every assignment."""
    labels = [label for classes in carried for label in sorted(classes)]
    patients = [patient for patient, classes in enumerate(carried) for _ in classes]
    everything = set(labels)
    possible = any(
        all(
            set().union(*(c for c, part in zip(carried, parts, strict=True) if part == fold))
            == everything
            for fold in range(n_splits)
        )
        for parts in itertools.product(range(n_splits), repeat=len(carried))
    )
    splitter = PatientKFold(n_splits)
    if possible:
        for _, test in splitter.split(labels, labels, patients):
            assert {labels[row] for row in test} == everything
    else:
        with pytest.raises(ImpossibleSplitError):
            next(splitter.split(labels, labels, patients))


@SOME
@given(st.data(), st.integers(2, 4))
def test_indicator_columns_keep_every_finding_in_every_fold(data: st.DataObject, n: int) -> None:
    """Findings that can occur together: every fold holds each, or the ask is impossible."""
    rows = st.lists(st.tuples(*[st.integers(0, 1)] * 3), min_size=12, max_size=40)
    findings = np.array(data.draw(rows))
    patients = np.arange(len(findings)) // 2
    try:
        folds = list(PatientKFold(n).split(findings, findings, patients))
    except ImpossibleSplitError:
        return
    for train, test in folds:
        assert not set(patients[train]) & set(patients[test])
        assert findings[test].any(axis=0).all()


@pytest.mark.filterwarnings(IGNORED)
@SOME
@given(cohorts(), shares, st.integers(2, 4), st.integers(0, 5))
def test_image_splitters_keep_rows_and_count_who_crosses(
    cohort: Cohort, held_out: tuple[float, float], n_splits: int, seed: int
) -> None:
    """Each row is in one part; the crossing patients are those found in more than one."""
    validation, test = held_out
    inner = min(validation, 0.4)
    try:
        holdout = ImageHoldout(validation=validation, test=test, seed=seed).partition(cohort)
        folds = list(ImageKFold(n_splits, seed=seed).partitions(cohort, validation=inner))
    except ImpossibleSplitError:
        assert np.bincount(cohort.labels)[np.unique(cohort.labels)].min() < 2 * n_splits
        return
    for partition in (holdout, *folds):
        n_parts = 2 + ((validation if partition is holdout else inner) > 0)
        assert_whole(partition, cohort, n_parts=n_parts)
        parts = [set(cohort.patients[rows].tolist()) for rows in held_parts(partition)]
        assert partition.patients_crossing == sum(
            sum(patient in part for part in parts) > 1 for patient in set.union(*parts)
        )


@SOME
@given(cohorts(), st.integers(0, 5), st.sampled_from(["hold_out", "leave_out"]), st.booleans())
def test_a_held_out_site_is_held_out(
    cohort: Cohort, seed: int, crossing: str, validated: bool
) -> None:
    """No row of that site outside the test part, patients whole, and what is left out counted."""
    moved = np.random.default_rng(seed).random(len(cohort)) < 0.1
    site = np.where(moved, "a", cohort.covariate("site"))
    cohort = dataclasses.replace(cohort, labels=cohort.label_names, covariates={"site": site})
    splitter = CovariateHoldout(
        "site",
        validation=0.2 * validated,
        crossing=crossing,
        seed=seed,
        allow_missing_classes=True,
    )
    for name in np.unique(site).tolist():
        inside = site == name
        left = ~np.isin(cohort.patients, cohort.patients[inside])
        try:
            partition = splitter.partition(cohort, [name])
        except InvalidInputError:  # too few are left for the parts that were asked for
            few = len(np.unique(cohort.patients[left])) < 1 + validated
            assert few or left.sum() <= 0.2 * validated * len(cohort)
            continue
        assert set(np.flatnonzero(inside).tolist()) <= set(partition.test.tolist())
        assert_patients_whole(partition, cohort)
        kept = sum(len(rows) for rows in partition.parts().values())
        assert kept + partition.settings.get("rows_left_out", 0) == len(cohort)


@settings(max_examples=8, deadline=None)
@given(cohorts(pure=5), st.integers(0, 5), st.integers(2, 3))
def test_repeats_are_splits_of_their_own(cohort: Cohort, seed: int, repeats: int) -> None:
    """Each repeat of the k-fold tests every row once; each holdout is whole; none is another."""
    folds = list(RepeatedPatientKFold(2, n_repeats=repeats, seed=seed).partitions(cohort))
    draws = list(RepeatedPatientHoldout(repeats, test=0.3, seed=seed).partitions(cohort))
    assert (len(folds), len(draws)) == (2 * repeats, repeats)
    for first in range(0, len(folds), 2):
        tested = np.concatenate([fold.test for fold in folds[first : first + 2]])
        assert sorted(tested.tolist()) == list(range(len(cohort)))
    for partition in (*folds, *draws):
        assert_patients_whole(partition, cohort)
        assert set(cohort.labels[partition.test].tolist()) == set(cohort.labels.tolist())


@pytest.mark.filterwarnings(IGNORED)
@SOME
@given(cohorts(), st.integers(0, 9))
def test_the_audit_finds_each_patient_that_crosses_and_no_other(cohort: Cohort, seed: int) -> None:
    """Rows cut at random: one finding for each patient in two parts, with all of its rows."""
    cut = np.random.default_rng(seed).integers(0, 2, len(cohort))
    cut[:2] = [0, 1]
    partition = Partition(
        train=np.flatnonzero(cut == 0),
        validation=np.empty(0, dtype=np.int64),
        test=np.flatnonzero(cut == 1),
        cohort_fingerprint=cohort.fingerprint,
        n_rows=len(cohort),
    )
    hashes = [f"{row:064d}" for row in range(len(cohort))]
    audit = audit_leakage(cohort, partition, hashes=hashes, near=False)
    crossing = {
        patient: np.flatnonzero(cohort.patients == patient).tolist()
        for patient in np.unique(cohort.patients).tolist()
        if len(set(cut[cohort.patients == patient].tolist())) == 2
    }

    assert {finding.kind for finding in audit.findings} <= {"patient"}
    assert sorted(list(finding.rows) for finding in audit.findings) == sorted(crossing.values())
    assert audit.ok == (not crossing)


@SOME
@given(cohorts(), st.integers(0, 9), st.floats(0.1, 10), st.floats(-5, 5))
def test_a_shift_has_no_unit_and_turns_with_the_parts(
    cohort: Cohort, seed: int, unit: float, zero: float
) -> None:
    """Ages in other units shift as far; train and test changed places shift the other way."""
    cut = np.random.default_rng(seed).integers(0, 2, len(cohort)).astype(bool)
    cut[:2] = [False, True]
    ages = cohort.covariate("age")

    def shifts(numbers: np.ndarray, test: np.ndarray) -> dict[tuple[str, str | None], float]:
        made = Cohort(
            images=cohort.images,
            labels=cohort.label_names,
            patients=cohort.patients,
            positive=cohort.positive,
            covariates={"age": numbers, "site": cohort.covariate("site")},
        )
        partition = Partition(
            train=np.flatnonzero(~test),
            validation=np.empty(0, dtype=np.int64),
            test=np.flatnonzero(test),
            cohort_fingerprint=made.fingerprint,
            n_rows=len(made),
        )
        found = covariate_shifts(made, partition)
        return {
            (shift.covariate, shift.value): shift.difference
            for shift in found
            if shift.difference is not None
        }

    plain, turned = shifts(ages, cut), shifts(ages, ~cut)
    assert turned == pytest.approx({key: -value for key, value in plain.items()})
    assert shifts(unit * ages + zero, cut) == pytest.approx(plain, abs=1e-6)


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 99), st.floats(0.5, 20), st.floats(-5, 5))
def test_a_shortcut_has_no_unit_and_no_direction(seed: int, unit: float, zero: float) -> None:
    """A covariate times a number, or its mirror image, tells the label as well."""
    rng = np.random.default_rng(seed)
    age = rng.normal(size=60)

    def told(numbers: np.ndarray) -> float | None:
        cohort = Cohort(
            images=[f"{row}.png" for row in range(60)],
            labels=["sick" if row // 3 % 2 else "well" for row in range(60)],
            patients=[f"p{row // 3}" for row in range(60)],
            positive="sick",
            covariates={"age": numbers},
        )
        audit = audit_shortcuts(cohort, images=False, bound=1.0)
        return audit.estimates["covariate age"].value

    assert told(age) == pytest.approx(told(unit * age + zero), abs=0.01)
    assert told(age) == pytest.approx(told(-age), abs=0.01)
