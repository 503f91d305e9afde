"""Net benefit in the report: at which prevalence, and where the model is shown to do better."""

import numpy as np
import pytest

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.document import Chart, Paragraph
from prevalens.reports.sections.usefulness import SECTION, Usefulness, claim


def part_of(predictions: Predictions, **settings: object) -> Usefulness:
    """Return the part of a report."""
    found = SECTION.of(ClinicalReport(predictions, **settings).record)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_net_benefit_is_at_the_stated_prevalence() -> None:
    """Half of the rows are positive, 2 % where the model is used: 0.02 se - 0.98 (1 - sp) / 9."""
    rng = np.random.default_rng(0)
    labels = (rng.random(2000) < 0.5).astype(int)
    scores = 1 / (1 + np.exp(-(-3 + 2.5 * labels + rng.normal(size=2000))))
    held = Predictions(labels=labels, scores=scores, patients=np.arange(2000))
    part = part_of(held, threshold=0.1, prevalence=0.02)
    found, alarms = (scores[labels == 1] >= 0.1).mean(), (scores[labels == 0] >= 0.1).mean()
    expected = 0.02 * found - 0.98 * alarms / 9

    assert part.estimates["net_benefit"].value == pytest.approx(expected)
    assert (part.prevalence, part.stated, part.risk) == (0.02, True, 0.1)
    assert part.curve.treat_all[-1] < 0


def test_the_risk_follows_the_correction(predictions: Predictions) -> None:
    """Trained at 50 %, used at 5 %: a score of 0.5 is a risk of 0.05."""
    part = part_of(predictions, threshold=0.5, prevalence=0.05)

    assert part.corrected
    assert part.risk == pytest.approx(0.05)


def test_a_useless_model_is_not_said_to_do_better() -> None:
    """Of 20 models that know nothing, at 40 risks each, none is claimed to do better."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        labels = (rng.random(300) < 0.3).astype(int)
        held = Predictions(labels=labels, scores=rng.beta(3, 7, 300), patients=np.arange(300) // 2)
        assert not any(part_of(held, threshold=0.3, worst=0).curve.better), seed


def test_a_good_model_is_said_to_do_better() -> None:
    """Scores that part the classes do better at risks in the middle, and the text says where."""
    rng = np.random.default_rng(1)
    labels = (rng.random(2000) < 0.3).astype(int)
    risk = 1 / (1 + np.exp(-(3 * labels - 2 + rng.normal(size=2000))))
    part = part_of(Predictions(labels=labels, scores=risk, patients=None), threshold=0.3)

    assert sum(part.curve.better) > 20
    assert "does better than acting on all and on none at" in claim(part)


@pytest.mark.parametrize(("positives", "last"), [(1, 0.2), (20, 0.6), (90, 0.95)])
def test_the_range_follows_the_prevalence(positives: int, last: float) -> None:
    """Three times the prevalence, at least 0.2 and at most 0.95."""
    held = Predictions(
        labels=[1] * positives + [0] * (100 - positives),
        scores=np.linspace(1, 0, 100),
        patients=None,
    )
    curve = part_of(held, threshold=0.5).curve

    assert curve.risks[-1] == pytest.approx(last)
    assert {len(getattr(curve, name)) for name in curve.__struct_fields__} == {40}


def test_a_threshold_of_one_is_no_error() -> None:
    """The odds of certainty are infinite; the estimate is given just below."""
    held = Predictions(labels=[0, 1], scores=[0.2, 1.0], patients=None)

    assert part_of(held, threshold=1.0).risk == 0.9999


def test_the_chart_has_both_rivals_and_the_text_says_what_it_reads(
    report: ClinicalReport, predictions: Predictions
) -> None:
    """The model with its band, acting on all and on none; scores are read as risks."""
    blocks = SECTION.show(report.record)
    (chart,) = [block for block in blocks if isinstance(block, Chart)]
    lines = {line.name: line for line in chart.lines}
    plain = ClinicalReport(predictions.with_scores(predictions.scores), threshold=0.5)

    assert set(lines) == {"Model", "Interval at each risk", "Act on all", "Act on none"}
    assert set(lines["Act on none"].y) == {0.0}
    assert chart.description == claim(SECTION.of(report.record))
    for made, words in ((report, "corrected for prevalence"), (plain, "reads scores as risks.")):
        texts = [b.text for b in SECTION.show(made.record) if isinstance(b, Paragraph)]
        assert any(words in text for text in texts)
