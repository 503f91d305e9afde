"""The time of a study: a sum by hand, what is left out in which order, and what is said."""

import msgspec
import pytest

from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.studies.plan_choices import BudgetChoice, Evaluation
from prevalens.studies.plan_rules import HEAD
from prevalens.studies.time_budget import StudyCost, say_time, within

FIVE = Evaluation(kind="cross-fitting", n_splits=5, reason="few")
COST = StudyCost(10_000, 4.0, [100, 200, 300, 400], FIVE, HEAD)


def test_the_estimate_is_a_sum_by_hand() -> None:
    """Six fits of 3,000 images on 1,000 features at 5 penalties by 4 inner folds, and the rest.

    4e-8 (3000 x 1000 x 16 + 3000 x 900 x (16 + 3 x 3) + 10000 x 900 x 4) = 6.06 seconds a fold.
    """
    seconds = COST.seconds()

    assert seconds["reading images"] == pytest.approx(60)
    assert seconds["features"] == pytest.approx(5000)
    assert seconds["heads"] == pytest.approx(6 * 6.06)
    assert COST.fine_tuning() == pytest.approx(6 * 10 * 3 * 5000)


def test_a_test_part_is_two_fits() -> None:
    """The one that is tested, and the one that is saved."""
    part = Evaluation(kind="test part", reason="many")
    cost = StudyCost(10_000, 4.0, COST.widths, part, HEAD)

    assert cost.seconds()["heads"] == pytest.approx(2 * 6.06)


def test_enough_time_leaves_nothing_out() -> None:
    """The study is as it is without a budget, and its time is told."""
    cost, budget = within(COST, 86)

    assert cost == COST
    assert budget.left_out == []
    assert budget.reason.startswith("85.4 minutes of 86 estimated for one core: start and report")
    assert "training it in each fold would take 15000.0 minutes" in budget.reason


def test_what_is_worth_least_goes_first() -> None:
    """Each bound below leaves out one thing more; the estimate keeps to every one."""
    tight, minutes, kept = [], 86.0, []
    while True:
        try:
            cost, budget = within(COST, minutes)
        except InvalidInputError:
            break
        assert sum(cost.seconds().values()) <= 60 * minutes
        if len(budget.left_out) > len(tight):
            assert budget.left_out[: len(tight)] == tight
            tight, kept = budget.left_out, [*kept, cost]
        minutes -= 0.01

    assert [each.split()[0] for each in tight] == ["the", "comparing", "class", "folds"]
    assert kept[0].head.penalties == [1.0, 0.1, 0.01]
    assert kept[-1].head.at_most == 1000
    assert kept[-1].head.kinds == ["logistic"]
    assert kept[-1].evaluation.n_splits == 3
    assert kept[-1].images == COST.images


def test_too_little_time_is_refused_with_what_is_needed() -> None:
    """Features of 83 minutes, reading and start of 1.5, and heads of four times 2.06 seconds."""
    with pytest.raises(
        InvalidInputError, match=r"estimated to take 85\.0 minutes .* got 5\. Allow"
    ):
        within(COST, 5)


def test_what_it_took_is_said_and_too_much_is_warned_of() -> None:
    """With a bound and without."""
    said: list[str] = []
    budget = BudgetChoice(minutes=2, estimated_seconds={"all": 90.0}, reason="by hand")
    say_time(None, 66, said.append)
    say_time(budget, 66, said.append)
    with pytest.warns(DataWarning, match=r"took 3\.0 minutes of the 2 that were allowed"):
        say_time(budget, 180, said.append)

    assert said[:2] == [
        "took 1.1 minutes",
        "took 1.1 minutes of the 2 that were allowed (1.5 minutes were estimated)",
    ]


def test_a_budget_is_above_zero_in_a_file_too() -> None:
    """An edited plan is checked as it is read."""
    raw = b'{"minutes": 0, "estimated_seconds": {}, "reason": ""}'
    with pytest.raises(msgspec.ValidationError, match="minutes"):
        msgspec.json.decode(raw, type=BudgetChoice)


def test_the_learning_curve_is_left_out_first() -> None:
    """Its seconds by hand: 5 folds of 1.75 times the rows, 3 fits' worth, of the widest layer."""
    cost = StudyCost(1000, 0.1, [100, 300], FIVE, HEAD, curve_orders=2)
    plain = StudyCost(1000, 0.1, [100, 300], FIVE, HEAD)

    assert cost.seconds()["learning curve"] == pytest.approx(4e-8 * 2 * 26.25 * 1000 * 300)
    assert "learning curve" not in plain.seconds()
    tight = sum(plain.seconds().values()) / 60
    made, told = within(cost, tight + 1e-6)
    assert (made.curve_orders, told.left_out) == (0, ["the learning curve"])


def test_several_classes_cost_a_head_for_each_but_one() -> None:
    """Heads of seven classes take six times as long."""
    two = StudyCost(1000, 0.1, [100], FIVE, HEAD)
    seven = StudyCost(1000, 0.1, [100], FIVE, HEAD, classes=7)

    assert seven.seconds()["heads"] == pytest.approx(6 * two.seconds()["heads"])
