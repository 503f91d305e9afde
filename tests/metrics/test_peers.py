"""Agreement with other packages, where the definitions agree and the package is installed.

Install them with `pip install --group peers`. `confidenceinterval` adds a small number to its
denominators, computes the AUROC in float32, and does not cut its limits to [0, 1].
"""

import numpy as np
import pytest

from prevalens.metrics import auroc, net_benefit, sensitivity, specificity

RNG = np.random.default_rng(11)
SCORES = RNG.uniform(0.01, 0.99, 400)
LABELS = (RNG.random(400) < SCORES).astype(int)


def test_delong_and_wilson_are_those_of_confidenceinterval() -> None:
    """Value and limits of AUROC, sensitivity and specificity, to what the peer rounds to."""
    peer = pytest.importorskip("confidenceinterval", reason="confidenceinterval is not installed")
    predictions = (SCORES >= 0.5).astype(int)
    pairs = [
        (auroc(LABELS, SCORES), peer.roc_auc_score(LABELS, SCORES, method="delong")),
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
