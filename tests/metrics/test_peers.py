"""Agreement with other packages, where the definitions agree and the package is installed.

Install them with `pip install --group peers`. `confidenceinterval` adds a small number to its
denominators, computes the AUROC in float32, and does not cut its limits to [0, 1].
"""

import numpy as np
import pytest
from scipy import special

from prevalens.metrics import auroc, net_benefit, sensitivity, specificity

RNG = np.random.default_rng(11)
SCORES = RNG.uniform(0.01, 0.99, 400)
LABELS = (RNG.random(400) < SCORES).astype(int)


def test_delong_is_that_of_confidenceinterval() -> None:
    """Value and standard error; the peer's limits are of the plain scale, ours of the logit's."""
    peer = pytest.importorskip("confidenceinterval", reason="confidenceinterval is not installed")
    value, (lower, upper) = map(np.asarray, peer.roc_auc_score(LABELS, SCORES, method="delong"))
    ours = auroc(LABELS, SCORES)
    assert ours.value == pytest.approx(float(value), abs=1e-6)
    assert ours.lower is not None
    width = special.logit(ours.upper) - special.logit(ours.lower)

    # Student's t, with the degrees of freedom of a jackknife, against the normal.
    assert width * ours.value * (1 - ours.value) == pytest.approx(float(upper - lower), rel=0.02)


def test_wilson_is_that_of_confidenceinterval() -> None:
    """Value and limits of sensitivity and specificity, to what the peer rounds to."""
    peer = pytest.importorskip("confidenceinterval", reason="confidenceinterval is not installed")
    predictions = (SCORES >= 0.5).astype(int)
    pairs = [
        (sensitivity(LABELS, predictions), peer.tpr_score(LABELS, predictions, method="wilson")),
        (specificity(LABELS, predictions), peer.tnr_score(LABELS, predictions, method="wilson")),
    ]

    for ours, (value, limits) in pairs:
        assert ours.value == pytest.approx(float(value), abs=1e-6)
        assert (ours.lower, ours.upper) == pytest.approx(tuple(map(float, limits)), abs=1e-6)


def test_net_benefit_is_that_of_dcurves() -> None:
    """The model's points and those of treating all, at four risks."""
    peer = pytest.importorskip("dcurves", reason="dcurves is not installed")
    pandas = pytest.importorskip("pandas")
    risks = [0.05, 0.1, 0.3, 0.5]
    table = peer.dca(
        data=pandas.DataFrame({"label": LABELS, "score": SCORES}),
        outcome="label",
        modelnames=["score"],
        thresholds=np.array(risks),
    )
    ours = net_benefit(LABELS, SCORES, risks)

    for name, estimates in (("score", ours.model), ("all", ours.treat_all)):
        theirs = table.loc[table["model"] == name, "net_benefit"].to_numpy()
        assert [estimate.value for estimate in estimates] == pytest.approx(theirs, abs=1e-12)
