"""The prevalence of unlabelled rows from their scores."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prevalens.decisions import estimate_prevalence, prevalence_estimate
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions


def shifted(seed: int, *, prevalence: float, n: int) -> np.ndarray:
    """Scores of two normals, calibrated at 50 %, of rows at another prevalence."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n) + 2 * (rng.random(n) < prevalence)
    return 1 / (1 + np.exp(-(2 * x - 2)))


def em(scores: np.ndarray, train: float) -> float:
    """Saerens' iteration, as published, until it stands still."""
    now = train
    for _ in range(20_000):
        up, down = scores * now / train, (1 - scores) * (1 - now) / (1 - train)
        now = float(np.mean(up / (up + down)))
    return now


@pytest.mark.parametrize("train", [0.5, 0.2])
def test_it_is_the_fixed_point_of_the_published_iteration(train: float) -> None:
    """Newton on the likelihood ends where 20,000 steps of EM end."""
    scores = shifted(1, prevalence=0.1, n=300)
    found = estimate_prevalence(scores, train_prevalence=train, patients=None, n_draws=50)

    assert found.value == pytest.approx(em(scores, train), abs=1e-8)


def test_a_known_shift_is_found() -> None:
    """From 50 % to 8 % among 20,000 rows: the truth lies within three standard errors."""
    found = estimate_prevalence(
        shifted(2, prevalence=0.08, n=20_000), train_prevalence=0.5, patients=None, n_draws=50
    )

    assert found.value == pytest.approx(0.08, abs=0.01)
    assert found.lower < found.value < found.upper


def test_rows_of_the_same_patients_tell_less() -> None:
    """Each row shown ten times as one patient gives the interval of the rows, not a shorter one."""
    scores = shifted(3, prevalence=0.3, n=200)
    owner = np.repeat(np.arange(200), 10)
    settings = {"train_prevalence": 0.5, "n_draws": 400}
    alone = estimate_prevalence(scores, patients=None, **settings)
    repeated = estimate_prevalence(np.repeat(scores, 10), patients=owner, **settings)

    assert repeated.value == pytest.approx(alone.value, abs=1e-8)
    assert (repeated.patients, repeated.n) == (200, 2000)
    assert repeated.upper - repeated.lower == pytest.approx(alone.upper - alone.lower, rel=0.1)


def test_ends_of_the_range_are_reached() -> None:
    """Scores of only 0 and 1 are counted; surely negative rows have prevalence 0."""
    counted = estimate_prevalence([0, 0, 0, 1], train_prevalence=0.5, patients=None, n_draws=50)
    none = estimate_prevalence([0.1, 0.2, 0.1], train_prevalence=0.5, patients=None, n_draws=50)

    assert counted.value == pytest.approx(0.25)
    assert none.value == 0.0


def test_equal_scores_tell_nothing() -> None:
    """A constant score is not estimable, not 0.5."""
    found = estimate_prevalence([0.5] * 9, train_prevalence=0.5, patients=None, n_draws=50)

    assert found.value is None
    assert "all scores are equal" in found.not_estimable


def test_one_patient_has_no_interval() -> None:
    """Draws of a single patient do not vary."""
    found = estimate_prevalence([0.2, 0.9], train_prevalence=0.5, patients=["a", "a"], n_draws=50)

    assert (found.lower, found.upper) == (None, None)


def test_logits_are_refused() -> None:
    """Only probabilities have a prevalence."""
    with pytest.raises(InvalidInputError, match="must be probabilities"):
        estimate_prevalence([-1.0, 2.0], train_prevalence=0.5, patients=None)


@pytest.mark.parametrize("prevalence", [0.05, 0.1, 0.9])
def test_few_steps_are_enough(prevalence: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Newton's steps double the right digits: eight give what halving takes fifteen for."""
    scores = shifted(1, prevalence=prevalence, n=300)
    whole = estimate_prevalence(scores, train_prevalence=0.5, patients=None, n_draws=50)
    monkeypatch.setattr("prevalens.decisions.prevalence_estimate._STEPS", 8)
    short = estimate_prevalence(scores, train_prevalence=0.5, patients=None, n_draws=50)

    assert short.value == pytest.approx(whole.value, abs=3e-5)
    assert (short.lower, short.upper) == pytest.approx((whole.lower, whole.upper), abs=3e-5)


@settings(max_examples=25, deadline=None)
@given(
    hundredths=st.lists(st.integers(1, 99), min_size=2, max_size=20),
    train=st.sampled_from([0.1, 0.5, 0.8]),
    times=st.integers(2, 4),
)
def test_turning_scores_round_and_repeating_rows(
    hundredths: list[int], train: float, times: int
) -> None:
    """1 - scores at 1 - train have the other class's share; every row n times has the same."""
    scores = np.array(hundredths) / 100
    made, turned, repeated = (
        estimate_prevalence(given, train_prevalence=share, patients=None, n_draws=50).value
        for given, share in (
            (scores, train),
            (1 - scores, 1 - train),
            (np.repeat(scores, times), train),
        )
    )
    if made is None:
        assert turned is None
        assert repeated is None
        return
    assert 0 <= made <= 1
    assert turned == pytest.approx(1 - made, abs=1e-6)
    if repeated is not None:  # so many rows may contradict an end of the range
        assert repeated == pytest.approx(made, abs=1e-6)


def test_surely_positive_rows_have_prevalence_1() -> None:
    """The likelihood rises to the end: exactly 1, not nearly."""
    found = estimate_prevalence([0.9, 0.8, 0.9], train_prevalence=0.5, patients=None, n_draws=50)
    assert found.value == 1.0


def test_draws_are_many_seeded_and_do_not_depend_on_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """500 by default from seed 0; as many in one piece as in pieces of seven."""
    scores = shifted(3, prevalence=0.3, n=60)
    made = estimate_prevalence(scores, train_prevalence=0.5, patients=None)
    told = estimate_prevalence(scores, train_prevalence=0.5, patients=None, n_draws=500, seed=0)
    other = estimate_prevalence(scores, train_prevalence=0.5, patients=None, seed=1)
    monkeypatch.setattr("prevalens.decisions.prevalence_estimate._CHUNK", 7 * 60)
    pieces = estimate_prevalence(scores, train_prevalence=0.5, patients=None)

    assert made == told
    assert "500 draws over images" in made.method
    assert (made.lower, made.upper) != (other.lower, other.upper)
    assert (made.lower, made.upper) == pytest.approx((pieces.lower, pieces.upper), abs=1e-12)


def test_limits_are_quantiles_of_a_bootstrap_of_patients() -> None:
    """Counted rows: of 40 patients half positive, the limits are those of a binomial share."""
    scores = np.repeat([0.0, 1.0], 20)
    found = estimate_prevalence(
        scores, train_prevalence=0.5, patients=np.arange(40), confidence_level=0.9, n_draws=4000
    )

    assert found.value == pytest.approx(0.5)
    # The 5th and 95th percentile of 40 draws at one half are 15 and 25.
    assert (found.lower, found.upper) == pytest.approx((15 / 40, 25 / 40), abs=0.5 / 40)
    assert (found.confidence_level, found.unit, found.n, found.patients) == (0.9, "image", 40, 40)
    assert found.method.endswith("4000 draws over patients")


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ({"train_prevalence": 0.0}, r"`train_prevalence` must lie in \(0, 1\)"),
        ({"train_prevalence": 1.0}, r"`train_prevalence` must lie in \(0, 1\)"),
        ({"confidence_level": 0.0}, r"`confidence_level` must lie in \(0, 1\)"),
        ({"confidence_level": 1.0}, r"`confidence_level` must lie in \(0, 1\)"),
        ({"n_draws": 49}, "`n_draws` must be a whole number >= 50"),
        ({"patients": ["a"]}, "`patients` has 1"),
    ],
)
def test_settings_are_refused_by_name(setting: dict[str, object], name: str) -> None:
    """The rule and what came."""
    plain: dict[str, object] = {"train_prevalence": 0.5, "patients": None}
    with pytest.raises(InvalidInputError, match=name):
        estimate_prevalence([0.2, 0.9], **(plain | setting))  # type: ignore[arg-type]


@pytest.mark.parametrize("scores", [[], [[0.5, 0.5]], [0.5, float("nan")], [0.2, 1.1]])
def test_what_is_no_column_of_scores_is_refused(scores: list[object]) -> None:
    """Empty, two columns, nan and beyond 1."""
    with pytest.raises(InvalidInputError, match=r"`scores` must be probabilities in \[0, 1\]"):
        estimate_prevalence(scores, train_prevalence=0.5, patients=None)


@pytest.mark.parametrize("chunk", [7 * 40, 10**6])
def test_a_draw_is_as_many_patients_as_there_are(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of rows that are surely negative or positive each draw counts k of 40, fifty times."""
    monkeypatch.setattr(prevalence_estimate, "_CHUNK", chunk)
    given = np.repeat([[0.0, 2.0], [2.0, 0.0]], 20, axis=0)
    drawn = prevalence_estimate._drawn(given, np.arange(40), n_draws=50, seed=0)

    assert drawn.shape == (50,)
    assert 40 * drawn == pytest.approx(np.rint(40 * drawn), abs=1e-6)


def transfer(seed: int, n: int = 600) -> tuple[Predictions, Predictions]:
    """Labelled rows at 30 %, and rows at 13 %, of one model whose logits are 3 times too large."""
    rng = np.random.default_rng(seed)
    made = []
    for prevalence in (0.3, 0.13):
        labels = (rng.random(n) < prevalence).astype(int)
        logits = 3 * (2 * labels - 1 + rng.normal(size=n)) - 4
        made.append(
            Predictions(
                labels=labels,
                scores=1 / (1 + np.exp(-logits)),
                patients=[f"{prevalence} p{k // 3}" for k in range(n)],
            )
        )
    return made[0], made[1]


def test_scores_that_contradict_their_prevalence_are_refused_not_called_none() -> None:
    """Scores five times too low say 0 % of a true 13 %: no estimate, and what to do."""
    known, here = transfer(0)
    low = here.with_scores(here.scores / 5)
    found = estimate_prevalence(low.scores, train_prevalence=0.3, patients=low.patients)

    assert found.value is None
    assert "not calibrated here" in str(found.not_estimable)
    assert "`calibration`" in str(found.not_estimable)
    again = estimate_prevalence(
        low.scores,
        train_prevalence=0.3,
        patients=low.patients,
        calibration=known.with_scores(known.scores / 5),
        n_draws=100,
    )
    assert again.lower < 0.13 < again.upper


def test_recalibrating_first_covers_the_truth() -> None:
    """Of twenty transfers at least seventeen intervals hold the true 13 % (binomial, 0.2 %)."""
    held = 0
    for seed in range(20):
        known, here = transfer(seed, 300)
        found = estimate_prevalence(
            here.scores,
            train_prevalence=0.5,
            patients=here.patients,
            calibration=known,
            n_draws=100,
        )
        held += found.lower <= 0.13 <= found.upper
        assert "recalibrated" in found.note
    assert held >= 17


def test_nobody_positive_leaves_what_so_many_patients_leave() -> None:
    """Ten patients whose scores say 0 %: up to 1 - 0.025^(1/10), never 0 to 0."""
    scores = [0.1, 0.2, 0.1, 0.3, 0.2] * 2
    ids = [f"p{k}" for k in range(10)]
    none = estimate_prevalence(scores, train_prevalence=0.5, patients=ids)
    every = estimate_prevalence(1 - np.array(scores), train_prevalence=0.5, patients=ids)

    assert (none.value, none.lower) == (0, 0)
    assert none.upper == pytest.approx(1 - 0.025**0.1)
    assert (every.value, every.upper) == (1, 1)
    assert every.lower == pytest.approx(0.025**0.1)
