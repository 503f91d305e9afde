"""Tests of the precision to expect of each part."""

import json
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import t as student

from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.splits import PatientHoldout, PrecisionPlan
from prevalens.splits.precision_plan import intra_patient_correlation, plan_precision


def cohort_of(sick: list[int], well: list[int]) -> Cohort:
    """Make a cohort of patients with so many images each."""
    sizes = sick + well
    patients = np.repeat(np.arange(len(sizes)), sizes)
    return Cohort(
        images=[f"{row}.png" for row in range(sum(sizes))],
        labels=["sick"] * sum(sick) + ["well"] * sum(well),
        patients=patients,
        positive="sick",
    )


def test_independent_images_give_wilsons_interval() -> None:
    """100 patients of one image, 0.9 assumed: Wilson's half-width with t on 99 is 0.06007."""
    cohort = cohort_of([1] * 100, [1] * 100)

    plan = plan_precision(cohort, {"test": np.arange(200)})

    t, n = 1.984216951586431, 100  # Student's t, 99 degrees of freedom, from printed tables
    expected = t * math.sqrt(0.09 / n + t**2 / (4 * n**2)) / (1 + t**2 / n)
    assert plan.parts[0].sensitivity.half_width == pytest.approx(expected, rel=1e-9)
    assert plan.parts[0].sensitivity.effective_images == 100


def test_images_of_one_patient_tell_less() -> None:
    """Ten patients of 11 images at r = 0.2: the design effect is 1 + 0.2 x 10 = 3, so n = 110/3."""
    cohort = cohort_of([11] * 10, [1, 3] * 5)

    plan = plan_precision(cohort, {"test": np.arange(130)}, correlation=0.2)

    part = plan.parts[0]
    assert part.sensitivity.effective_images == pytest.approx(110 / 3)
    # Sizes 1 and 3: sum of squares 50 over 20 images, so 1 + 0.2 x 1.5 = 1.3.
    assert part.specificity.effective_images == pytest.approx(20 / 1.3)
    assert (part.images, part.patients) == ({"well": 20, "sick": 110}, {"well": 10, "sick": 10})


def test_predictions_that_all_agree_leave_one_image_per_patient() -> None:
    """With correlation 1 and equal sizes, 40 images of 4 patients are worth 4."""
    plan = plan_precision(cohort_of([10] * 4, [1] * 4), {"test": np.arange(44)}, correlation=1)

    assert plan.parts[0].sensitivity.effective_images == pytest.approx(4)


def test_one_patient_gives_no_interval() -> None:
    """Over patients there is no spread to be had from one, and the text says so."""
    plan = plan_precision(cohort_of([30], [5, 5]), {"test": np.arange(40)})

    assert plan.parts[0].sensitivity.half_width is None
    assert plan.parts[0].specificity.half_width is not None
    assert "none: 1 patient" in str(plan)


def test_a_partition_describes_itself(cohort: Cohort) -> None:
    """Each part is named with its counts, in a text and in plain values."""
    partition = PatientHoldout(test=0.3).partition(cohort)

    plan = partition.describe(cohort, sensitivity=0.8, confidence_level=0.9)

    record = json.loads(json.dumps(plan.to_dict()))
    assert set(record) == {"correlation", "confidence_level", "parts"}
    assert list(record["parts"]) == ["train", "validation", "test"]
    assert list(record["parts"]["test"]) == [
        *("n_images", "n_patients", "images", "patients", "sensitivity", "specificity")
    ]
    assert record["parts"]["test"]["n_images"] == len(partition.test)
    assert record["parts"]["test"]["sensitivity"]["assumed"] == 0.8
    assert "90 % intervals over patients" in str(plan)
    assert plan.test is not None
    assert f"{plan.test.images['sick']} ({plan.test.patients['sick']})" in str(plan)


def test_another_cohort_is_refused(cohort: Cohort) -> None:
    """Rows mean nothing in another cohort."""
    partition = PatientHoldout().partition(cohort)

    with pytest.raises(InvalidInputError, match="another cohort"):
        partition.describe(cohort.take(range(30)))


@pytest.mark.parametrize(
    ("name", "value"), [("sensitivity", 1.0), ("correlation", 1.2), ("confidence_level", 0)]
)
def test_assumptions_out_of_range_are_refused_by_name(
    cohort: Cohort, name: str, value: float
) -> None:
    """The error names the assumption."""
    with pytest.raises(InvalidInputError, match=f"`{name}`"):
        plan_precision(cohort, {"test": np.arange(9)}, **{name: value})


def test_a_part_without_a_class_expects_nothing_of_it() -> None:
    """No sick image, no sensitivity: not 0, and no half-width."""
    plan = plan_precision(cohort_of([2], [5, 5]), {"test": np.arange(2, 12)})

    held = plan.parts[0].sensitivity
    assert (held.images, held.patients, held.effective_images) == (0, 0, 0.0)
    assert held.half_width is None
    assert "none: 0 patients" in str(plan)


@pytest.mark.parametrize(
    ("name", "taken", "refused", "span"),
    [
        ("sensitivity", [1e-9, 1 - 1e-9], [0, 1, -0.1, 1.1], r"\(0, 1\)"),
        ("specificity", [1e-9, 1 - 1e-9], [0, 1, -0.1, 1.1], r"\(0, 1\)"),
        ("confidence_level", [1e-9, 1 - 1e-9], [0, 1, -0.1, 1.1], r"\(0, 1\)"),
        ("correlation", [0, 1], [-1e-9, 1 + 1e-9], r"\[0, 1\]"),
    ],
)
def test_assumptions_are_taken_up_to_their_limits(
    name: str, taken: list[float], refused: list[float], span: str
) -> None:
    """Just inside is taken; the limit of an open range, and just outside, are refused by name."""
    cohort = cohort_of([1, 1], [1, 1])
    for value in taken:
        assert plan_precision(cohort, {"test": np.arange(4)}, **{name: value}).parts
    for value in refused:
        with pytest.raises(InvalidInputError, match=f"`{name}` must lie in {span}, got"):
            plan_precision(cohort, {"test": np.arange(4)}, **{name: value})


def wilson(value: float, n: float, patients: int, confidence_level: float) -> float:
    """Return half the width of Wilson's interval with Student's t of the patients."""
    t = float(student.ppf((1 + confidence_level) / 2, patients - 1))
    return (t / (1 + t**2 / n)) * math.sqrt(value * (1 - value) / n + t**2 / (4 * n**2))


@pytest.mark.parametrize("correlation", [0.0, 0.35, 1.0])
@pytest.mark.parametrize("confidence_level", [0.8, 0.99])
def test_each_proportion_has_its_own_patients(correlation: float, confidence_level: float) -> None:
    """Three classes: the positive one against the two others, sizes by patient over both."""
    rng = np.random.default_rng(3)
    patients, labels = rng.integers(0, 9, 80), rng.choice(["mild", "none", "sick"], 80)
    labels[patients < 3] = "none"
    cohort = Cohort(
        images=[f"{row}" for row in range(80)], labels=labels, patients=patients, positive="sick"
    )
    plan = plan_precision(
        cohort,
        {"train": np.arange(50), "validation": np.array([], dtype=np.int64), "test": np.arange(80)},
        sensitivity=0.7,
        specificity=0.95,
        correlation=correlation,
        confidence_level=confidence_level,
    )
    assert (plan.correlation, plan.confidence_level) == (correlation, confidence_level)
    assert [part.name for part in plan.parts] == ["train", "test"]
    for part, end in zip(plan.parts, (50, 80), strict=True):
        held, whose = cohort.label_names[:end], patients[:end]
        assert part.n_images == end
        assert part.n_patients == len(set(whose.tolist()))
        for name in ("mild", "none", "sick"):
            assert part.images[name] == (held == name).sum()
            assert part.patients[name] == len(set(whose[held == name].tolist()))
        for told, chosen, value in (
            (part.sensitivity, held == "sick", 0.7),
            (part.specificity, held != "sick", 0.95),
        ):
            sizes = [int(n) for n in np.bincount(whose[chosen]) if n]
            effect = 1 + correlation * (sum(n * n for n in sizes) / sum(sizes) - 1)
            n = sum(sizes) / effect
            assert (told.assumed, told.images, told.patients) == (value, sum(sizes), len(sizes))
            assert told.effective_images == pytest.approx(n)
            half = wilson(value, n, len(sizes), confidence_level)
            assert told.half_width == pytest.approx(half, rel=1e-9)


def test_two_patients_give_an_interval_and_one_keeps_its_counts() -> None:
    """Student's t has one degree of freedom of two patients; of one patient the counts remain."""
    part = plan_precision(cohort_of([3], [2, 2]), {"test": np.arange(7)}).parts[0]

    assert (part.sensitivity.images, part.sensitivity.patients) == (3, 1)
    assert part.sensitivity.effective_images == pytest.approx(3 / 1.4)
    assert part.sensitivity.half_width is None
    # t on one degree of freedom is the tangent of the confidence level's half angle.
    t, n = math.tan(math.pi * 0.95 / 2), 4 / 1.2
    expected = t * math.sqrt(0.09 / n + t**2 / (4 * n**2)) / (1 + t**2 / n)
    assert part.specificity.half_width == pytest.approx(expected, rel=1e-9)
    assert type(part.specificity.half_width) is float


def test_the_text_and_the_dict_hold_every_number() -> None:
    """One line a part, in columns; patients in brackets; no interval where there is one patient."""
    plan = plan_precision(
        cohort_of([2], [5, 5]),
        {"train": np.arange(2, 12), "test": np.arange(7)},
        specificity=0.75,
        correlation=0.5,
        confidence_level=0.9,
    )
    train, test = plan.parts
    # 10 images of two patients of 5: 10 / 3 effective ones.
    half = wilson(0.75, 10 / 3, 2, 0.9)
    head, *lines, last = str(plan).splitlines()
    assert head == (
        "part   images  patients  well: images (patients)  sick: images (patients)  "
        "sensitivity       specificity"
    )
    assert lines[0] == (
        "train  10      2         10 (2)                   0 (0)                    "
        f"none: 0 patients  0.75 +- {half:.3f}"
    )
    assert lines[1] == (
        "test   7       2         5 (1)                    2 (1)                    "
        "none: 1 patient   none: 1 patient"
    )
    assert last == (
        "Expected 90 % intervals over patients, assuming a correlation of 0.5 between "
        "predictions on two images of one patient."
    )
    assert len(lines) == 2
    assert plan.test is test
    assert PrecisionPlan((train,), 0.5, 0.9).test is None
    record = plan.to_dict()
    assert (record["correlation"], record["confidence_level"]) == (0.5, 0.9)
    assert record["parts"]["test"] == {
        "n_images": 7,
        "n_patients": 2,
        "images": {"well": 5, "sick": 2},
        "patients": {"well": 1, "sick": 1},
        "sensitivity": {
            "assumed": 0.9,
            "images": 2,
            "patients": 1,
            "effective_images": pytest.approx(2 / 1.5),
            "half_width": None,
        },
        "specificity": {
            "assumed": 0.75,
            "images": 5,
            "patients": 1,
            "effective_images": pytest.approx(5 / 3),
            "half_width": None,
        },
    }


def test_the_correlation_of_a_pilot_by_hand() -> None:
    """Two patients alike within, one torn: 1/2 between, 1/6 within, two rows each: 1/2."""
    assert intra_patient_correlation([1, 1, 0, 0, 1, 0], list("aabbcc")) == 0.5
    assert intra_patient_correlation([1, 1, 0, 0], list("aabb")) == 1
    assert intra_patient_correlation([1, 0, 1, 0], list("aabb")) == 0
    assert intra_patient_correlation([1, 1, 1, 1], list("aabb")) == 0
    with pytest.raises(InvalidInputError, match="got 2 rows of 2 patients"):
        intra_patient_correlation([1, 0], list("ab"))


def test_kinds_of_images_have_a_correlation(cohort: Cohort) -> None:
    """Cells 0.1, lesions 0.5; another word is refused with both."""
    rows = {"test": np.arange(len(cohort))}
    for kind, number in (("cells", 0.1), ("lesions", 0.5)):
        assert plan_precision(cohort, rows, correlation=kind) == plan_precision(
            cohort, rows, correlation=number
        )
    with pytest.raises(InvalidInputError, match="must be one of 'cells', 'lesions'"):
        plan_precision(cohort, rows, correlation="cell")


@given(
    rows=st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=6, max_size=40),
    seed=st.integers(0, 99),
)
def test_a_correlation_of_a_pilot_knows_no_order(rows: list[tuple[bool, int]], seed: int) -> None:
    """It lies in [0, 1], and rows in another order, or turned round, leave it as it was."""
    predicted, patients = (np.array(column) for column in zip(*rows, strict=True))
    k = np.unique(patients).size
    assume(1 < k < len(rows))
    order = np.random.default_rng(seed).permutation(len(rows))
    found = intra_patient_correlation(predicted, patients)

    assert 0 <= found <= 1
    assert intra_patient_correlation(predicted[order], patients[order]) == pytest.approx(found)
    assert intra_patient_correlation(~predicted, patients) == pytest.approx(found)


def test_a_notebook_shows_parts_as_bars_with_their_precision(cohort: Cohort) -> None:
    """A bar of classes for each part, and the numbers of the text."""
    partition = PatientHoldout(test=0.3, seed=0).partition(cohort)
    page = partition.describe(cohort)._repr_html_()

    assert page.count('role="img"') == 3
    assert "correlation of 0.2" in page
    assert "partition.describe(cohort)" in partition._repr_html_()


@given(
    sick=st.lists(st.integers(1, 9), min_size=2, max_size=8),
    well=st.lists(st.integers(1, 9), min_size=2, max_size=8),
    correlations=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_more_correlation_never_tells_more(
    sick: list[int], well: list[int], correlations: tuple[float, float]
) -> None:
    """Images are worth fewer, and no fewer than one of Kish's patients each."""
    cohort = cohort_of(sick, well)
    less, more = (
        plan_precision(cohort, {"test": np.arange(len(cohort))}, correlation=each).parts[0]
        for each in sorted(correlations)
    )
    kish = sum(sick) ** 2 / sum(size**2 for size in sick)

    assert more.sensitivity.effective_images <= less.sensitivity.effective_images + 1e-9
    assert kish - 1e-9 <= more.sensitivity.effective_images
    assert less.sensitivity.effective_images <= sum(sick) + 1e-9


def test_a_pilot_has_predictions_and_patients_in_every_row() -> None:
    """A missing id is no patient of its own, and a score is no prediction."""
    for missing in (None, np.nan):
        with pytest.raises(InvalidInputError, match="1 of 6 have none: rows 5 "):
            intra_patient_correlation([1, 1, 0, 0, 1, 0], ["a", "a", "b", "b", "c", missing])
    with pytest.raises(InvalidInputError, match="`predicted` must be 0 or 1"):
        intra_patient_correlation([0.7, 1, 0, 0, 1, 0], list("aabbcc"))
