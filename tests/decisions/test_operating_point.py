"""Thresholds: the largest that keeps its promise, or a refusal with a number in it."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prevalens.decisions import OperatingPoint, PriorShift, choose_threshold
from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.metrics import confusion_estimates
from prevalens.predictions import Predictions


def twenty() -> Predictions:
    """Twenty positives at 0.05, 0.10, ... 1.00 and five negatives at 0.01, 0.3, 0.5, 0.6, 0.9."""
    positive = [k / 20 for k in range(1, 21)]
    return Predictions(
        labels=[1] * 20 + [0] * 5, scores=[*positive, 0.01, 0.3, 0.5, 0.6, 0.9], patients=None
    )


def large(seed: int, *, k: int, each: int) -> Predictions:
    """Patients with `each` rows of either class, alike within a patient."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(k), each)
    labels = (owner % 2).astype(int)
    logits = 3 * labels - 1.5 + rng.normal(size=k)[owner] + rng.normal(size=k * each)
    scores = 1 / (1 + np.exp(-logits))
    return Predictions(labels=labels, scores=scores, patients=[f"p{i}" for i in owner])


def test_without_confidence_the_rows_themselves_meet_the_ask() -> None:
    """19 of 20 positives lie at 0.10 or above; 0.15 would keep 18, which is 90 %."""
    point = choose_threshold(twenty())

    assert point.threshold == 0.1
    assert point.estimates["sensitivity"].value == 0.95
    assert point.guarantee is None
    assert "by its point estimate" in point.rule


def test_the_dual_asks_for_specificity() -> None:
    """Four of five negatives lie below the next score above 0.6, which is 0.65."""
    point = choose_threshold(twenty(), specificity=0.8)

    assert point.threshold == 0.65
    assert point.estimates["specificity"].value == 0.8
    assert choose_threshold(twenty(), specificity=0.79).threshold == 0.65


def test_a_promise_lowers_the_threshold() -> None:
    """The guaranteed threshold lies below the plain one, and its lower limit meets the ask."""
    predictions = large(1, k=300, each=8)
    plain = choose_threshold(predictions, sensitivity=0.9)
    promised = choose_threshold(predictions, sensitivity=0.9, confidence=0.95)

    assert promised.threshold < plain.threshold
    assert promised.estimates["sensitivity"].value > plain.estimates["sensitivity"].value
    assert "confidence 0.95" in promised.guarantee
    assert "at least 0.9" in promised.guarantee


def test_patients_promise_less_than_as_many_images() -> None:
    """The same rows called independent would allow a higher threshold."""
    predictions = large(2, k=200, each=10)
    alone = Predictions(labels=predictions.labels, scores=predictions.scores, patients=None)

    clustered = choose_threshold(predictions, sensitivity=0.9, confidence=0.9)
    independent = choose_threshold(alone, sensitivity=0.9, confidence=0.9)

    assert clustered.threshold < independent.threshold


def test_too_few_patients_are_told_how_many_it_takes() -> None:
    """Twenty positives cannot promise 95 %: it takes 59, and 0.860 is what twenty can promise."""
    with pytest.raises(InvalidInputError, match=r"needs at least 59 such images.*at most 0\.860"):
        choose_threshold(twenty(), sensitivity=0.95, confidence=0.95)
    with pytest.raises(InvalidInputError, match=r"10 patients \(50 images, worth 10\.0 patients"):
        choose_threshold(large(3, k=20, each=5), sensitivity=0.95, confidence=0.95)


def test_the_largest_ask_that_a_refusal_names_is_met() -> None:
    """What the refusal says is possible, is."""
    assert choose_threshold(twenty(), sensitivity=0.86, confidence=0.95).threshold == 0.05


def test_specificity_is_sensitivity_turned_round() -> None:
    """Swapping labels and turning scores round swaps the two rules, promise included."""
    one = large(4, k=200, each=4)
    other = Predictions(labels=1 - one.labels, scores=1 - one.scores, patients=one.patients)
    for settings_ in ({}, {"confidence": 0.9}):
        first = choose_threshold(one, sensitivity=0.9, **settings_)
        second = choose_threshold(other, specificity=0.9, **settings_)

        assert first.estimates["sensitivity"].value == pytest.approx(
            second.estimates["specificity"].value
        )


@pytest.mark.filterwarnings("ignore:The threshold .* predicts")
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), ask=st.floats(0.05, 0.99))
def test_no_larger_threshold_would_do(seed: int, ask: float) -> None:
    """The next higher score among the positives misses the ask; the chosen one meets it."""
    rng = np.random.default_rng(seed)
    labels = np.append(rng.integers(0, 2, 30), [0, 1])
    predictions = Predictions(labels=labels, scores=np.round(rng.random(32), 1), patients=None)
    point = choose_threshold(predictions, sensitivity=ask)
    positives = predictions.scores[labels == 1]

    assert np.mean(positives >= point.threshold) >= ask - 1e-9
    higher = positives[positives > point.threshold]
    assert higher.size == 0 or np.mean(positives >= higher.min()) < ask


def test_youden_costs_and_net_benefit_by_hand() -> None:
    """Positives 0.4, 0.8, 0.9; negatives 0.1, 0.5, 0.6, 0.7, counted at every threshold.

    Youden at 0.8 is 2/3 + 1 - 1, at 0.4 it is 1 + 1/4 - 1. Where a miss costs 4 alarms, 0.4 costs
    3 alarms and 0.8 one miss, 4. At threshold probability 0.5 a miss and an alarm weigh alike.
    """
    predictions = Predictions(
        labels=[1, 1, 1, 0, 0, 0, 0], scores=[0.4, 0.8, 0.9, 0.1, 0.5, 0.6, 0.7], patients=None
    )

    assert choose_threshold(predictions, youden=True).threshold == 0.8
    assert choose_threshold(predictions, cost_ratio=4).threshold == 0.4
    assert choose_threshold(predictions, cost_ratio=2).threshold == 0.8
    assert choose_threshold(predictions, net_benefit=0.5).threshold == 0.8
    assert choose_threshold(predictions, net_benefit=0.2).threshold == 0.4


def test_where_no_call_pays_nobody_is_called() -> None:
    """Scores that run backwards: with costly alarms the threshold lies above every score."""
    predictions = Predictions(labels=[1, 0, 0], scores=[0.1, 0.8, 0.9], patients=None)
    point = choose_threshold(predictions, cost_ratio=0.1)

    assert point.threshold > 0.9
    assert point.estimates["sensitivity"].value == 0
    full = Predictions(labels=[1, 0, 0], scores=[0.1, 0.8, 1.0], patients=None)
    with pytest.raises(InvalidInputError, match=r"would have to lie above 1"):
        choose_threshold(full, cost_ratio=0.1)


def test_a_point_maps_along_the_correction() -> None:
    """From 50 % to 5 %, a threshold of 0.5 becomes 0.05 and its rule says so."""
    predictions = Predictions(labels=[0, 1], scores=[0.2, 0.5], patients=None)
    moved = choose_threshold(predictions).corrected(PriorShift(0.5, 0.05))

    assert moved.threshold == pytest.approx(0.05)
    assert "mapped from 0.5" in moved.rule
    assert moved.to_dict()["estimates"]["sensitivity"]["value"] == 1


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        ({"sensitivity": 0.9, "youden": True}, r"by one rule, got \['sensitivity', 'youden'\]"),
        ({"sensitivity": 1.0}, r"must lie in \(0, 1\)"),
        ({"youden": True, "confidence": 0.95}, "nothing is promised"),
        ({"cost_ratio": -1}, r"`cost_ratio` must lie in \(0"),
        ({"net_benefit": 1}, r"`net_benefit` must lie in \(0, 1\)"),
        ({"sensitivity": 0.9, "confidence": 1.0}, r"`confidence` must lie in \(0, 1\)"),
    ],
)
def test_an_unclear_ask_is_refused(ask: dict[str, float], message: str) -> None:
    """Two rules, or one outside its range."""
    with pytest.raises(InvalidInputError, match=message):
        choose_threshold(twenty(), **ask)  # type: ignore[arg-type]


def test_one_class_chooses_nothing() -> None:
    """A threshold needs rows of both of two classes."""
    with pytest.raises(InvalidInputError, match="rows of both classes"):
        choose_threshold(Predictions(labels=[1, 1], scores=[0.2, 0.9], patients=None))
    wide = Predictions(labels=[0, 1], scores=np.eye(3)[:2], patients=None, classes=("a", "b", "c"))
    with pytest.raises(InvalidInputError, match="one_vs_rest"):
        choose_threshold(wide)


def test_a_point_reads_as_a_sentence() -> None:
    """What `print` shows: the threshold, its rule, both estimates, and what is promised."""
    text = str(choose_threshold(twenty()))

    assert text.startswith("Threshold 0.1: largest threshold whose sensitivity is at least 0.95")
    assert "(sensitivity 0.950, specificity 0.200)" in text
    assert text.endswith("Nothing is promised of new patients.")


def brute(predictions: Predictions, worth: Callable[[float, float], float]) -> tuple[float, float]:
    """Return the most that any threshold is worth, and the highest threshold worth that."""
    labels, scores = predictions.labels, predictions.scores
    found = {}
    for threshold in [*scores.tolist(), float(np.nextafter(scores.max(), 2))]:
        calls = scores >= threshold
        found[threshold] = worth(np.mean(calls[labels == 1]), np.mean(~calls[labels == 0]))
    most = max(found.values())
    return most, max(at for at, value in found.items() if value > most - 1e-9)


@pytest.mark.filterwarnings("ignore:The threshold .* predicts")
@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=25),
    ask=st.sampled_from([0.1, 0.3, 0.5, 0.8]),
)
def test_no_other_threshold_is_worth_more(rows: list[tuple[bool, int]], ask: float) -> None:
    """Youden, cost and net benefit against every threshold there is; of equals the highest."""
    labels, tenths = zip(*rows, (True, 4), (False, 4), (False, 2), strict=True)
    made = Predictions(labels=np.array(labels) * 1, scores=np.array(tenths) / 10, patients=None)
    n, positives = len(labels), sum(labels)

    def net(sensitivity: float, specificity: float, odds: float) -> float:
        return sensitivity * positives - odds * (1 - specificity) * (n - positives)

    for rule, worth in (
        ({"youden": True}, lambda hit, free: hit + free - 1),
        ({"cost_ratio": ask}, lambda hit, free: net(hit, free, 1 / ask)),
        ({"net_benefit": ask}, lambda hit, free: net(hit, free, ask / (1 - ask))),
    ):
        point = choose_threshold(made, **rule)  # type: ignore[arg-type]
        most, highest = brute(made, worth)
        estimates = point.estimates
        assert worth(
            estimates["sensitivity"].value, estimates["specificity"].value
        ) == pytest.approx(most)
        assert point.threshold == pytest.approx(highest)


def test_rules_and_promises_are_written_out() -> None:
    """Which end, which estimate, on what ground: the words that a report quotes."""
    rows = large(1, k=300, each=8)
    assert choose_threshold(rows, sensitivity=0.9, confidence=0.95).rule == (
        "largest threshold whose sensitivity is at least 0.9 by its lower limit at one-sided "
        "confidence 0.95, tested in sequence"
    )
    assert choose_threshold(rows, specificity=0.9).rule == (
        "smallest threshold whose specificity is at least 0.9 on these rows, by its point estimate"
    )
    assert choose_threshold(rows, youden=True).rule == (
        "largest Youden index (sensitivity + specificity - 1), on these rows"
    )
    assert choose_threshold(rows, youden=True).estimates["sensitivity"].patients == 150


def test_a_refusal_names_estimate_rows_class_and_unit() -> None:
    """Independent images count as images, patients as patients."""
    with pytest.raises(
        InvalidInputError,
        match=r"A sensitivity of at least 0\.95 .* 0\.95 from 20 independent images of class "
        r"'positive', even",
    ):
        choose_threshold(twenty(), sensitivity=0.95, confidence=0.95)
    with pytest.raises(InvalidInputError, match=r"of class 'negative'.* at least 59 such patients"):
        choose_threshold(large(3, k=20, each=5), specificity=0.95, confidence=0.95)
    with pytest.raises(InvalidInputError, match="`specificity` must lie in"):
        choose_threshold(twenty(), specificity=0.0)


def test_an_estimate_without_a_value_is_written_as_such() -> None:
    """A point may be made by hand, for rows of one class."""
    estimates = confusion_estimates([0, 0], [0, 1])
    text = str(OperatingPoint(0.5, "by hand", "All is promised.", estimates))
    assert text == (
        "Threshold 0.5: by hand (sensitivity not estimable, specificity 0.500). All is promised."
    )


def test_a_promise_says_what_it_costs_and_is_checked_elsewhere() -> None:
    """Kept where all is as it was, broken where every score is lower, undecided on few rows."""
    here, there = large(1, k=300, each=8), large(5, k=300, each=8)
    point = choose_threshold(here, sensitivity=0.9, confidence=0.95)

    plain = choose_threshold(here, sensitivity=0.9).estimates["specificity"].value
    assert f"costs specificity: {point.estimates['specificity'].value:.3f}" in point.guarantee
    assert f"and {plain:.3f} without the promise" in point.guarantee
    assert point.promise == ("sensitivity", 0.9, 0.95)
    low = there.with_scores(there.scores / 3)
    assert "broken here" in str(point.check_promise(low))
    found = point.check_promise(there)
    assert found.verdict in {"kept", "undecided"}
    assert found.estimate.confidence_level == pytest.approx(0.9)
    assert point.check_promise(there.take(range(40))).verdict == "undecided"
    with pytest.raises(InvalidInputError, match="promises nothing"):
        choose_threshold(here).check_promise(there)
    with pytest.raises(InvalidInputError, match="rows of its class"):
        point.check_promise(there.take(there.labels == 0))


def test_a_threshold_that_calls_everybody_positive_is_told_of() -> None:
    """Scores that say nothing: 95 % sensitivity takes all negatives along."""
    made = Predictions(labels=[0, 1] * 40, scores=[0.5, 0.6, 0.6, 0.5] * 20, patients=None)
    with pytest.warns(DataWarning, match="predicts 100% of these rows positive, and 100% of the"):
        choose_threshold(made, sensitivity=0.95)


@pytest.mark.parametrize(
    ("rule", "threshold"),
    [
        ({"cost_ratio": 1e308}, 0.2),  # both positives, at whatever false alarms
        ({"cost_ratio": 1e-300}, 0.4),  # one positive without a false alarm is a gain
        ({"net_benefit": 1 - 1e-15}, 0.4),
        ({"net_benefit": 1e-300}, 0.2),
    ],
)
def test_costs_of_any_size_are_weighed(rule: dict[str, float], threshold: float) -> None:
    """No sum of costs overflows, and a gain is no rounding because the other cost is large."""
    rows = Predictions(labels=[0, 1, 0, 1], scores=[0.1, 0.2, 0.3, 0.4], patients=None)
    assert choose_threshold(rows, **rule).threshold == threshold  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match=r"`cost_ratio` must lie in \(0, inf\), got inf"):
        choose_threshold(rows, cost_ratio=np.inf)
