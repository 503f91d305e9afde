"""
How sure is the sensitivity?
============================

1,500 images sound like a lot. If they come from 30 patients, they are worth far fewer. This example
draws many studies from one population, computes the 95 % interval of the sensitivity in two ways,
and counts how often each holds the true value.
"""

# %%
# One study
# ---------
# Images of a patient look alike: both the score and the chance of disease vary between patients.
import matplotlib.pyplot as plt
import numpy as np
from scipy import special

from prevalens.metrics import sensitivity

N_PATIENTS, THRESHOLD = 30, 0.3


def draw_study(rng: np.random.Generator, n_patients: int) -> tuple[np.ndarray, ...]:
    """Draw labels, predictions and patients; 20 to 80 images per patient."""
    patients = np.repeat(np.arange(n_patients), rng.integers(20, 81, n_patients))
    labels = rng.random(patients.size) < special.expit(rng.normal(-1.7, 1, n_patients))[patients]
    log_odds = 1.8 * labels - 2 + 0.8 * rng.normal(size=n_patients)[patients]
    scores = special.expit(log_odds + rng.normal(size=patients.size))
    return labels, scores >= THRESHOLD, patients


labels, predictions, patients = draw_study(np.random.default_rng(1), N_PATIENTS)
print("images taken as independent:", sensitivity(labels, predictions))
over_patients = sensitivity(labels, predictions, patients=patients)
print("images inside patients:     ", over_patients)

# %%
# What the images are worth
# -------------------------
# The design effect is how much larger the variance is than that of as many independent images; the
# number of positive images over it is how many independent ones would say as much.
print(f"{over_patients.n} positive images of {over_patients.patients} patients")
print(f"design effect {over_patients.design_effect:.1f}")
print(f"worth {over_patients.effective_n:.0f} independent images")

# %%
# Many studies
# ------------
# The truth is taken from 20,000 patients. An honest 95 % interval holds it in 95 studies of 100.
population = draw_study(np.random.default_rng(0), 20_000)
truth = sensitivity(population[0], population[1]).value or 0.0
rng = np.random.default_rng(2)
held: dict[str, list[bool]] = {"independent": [], "over patients": []}
limits: dict[str, list[tuple[float, float]]] = {"independent": [], "over patients": []}
for _ in range(300):
    labels, predictions, patients = draw_study(rng, N_PATIENTS)
    for way, ids in (("independent", None), ("over patients", patients)):
        made = sensitivity(labels, predictions, patients=ids)
        low, high = made.lower or 0.0, made.upper or 1.0
        limits[way].append((low, high))
        held[way].append(low <= truth <= high)
for way, hits in held.items():
    print(f"{way:14} holds the truth in {np.mean(hits):.0%} of 300 studies")

# %%
# The first 40 studies: intervals that miss the truth are dark.
figure, axes = plt.subplots(1, 2, figsize=(8, 4), sharex=True, sharey=True, layout="constrained")
for axis, (way, ends) in zip(axes, limits.items(), strict=True):
    for row, (low, high) in enumerate(ends[:40]):
        axis.plot([low, high], [row, row], color="tab:blue" if held[way][row] else "black")
    axis.axvline(truth, color="grey", linestyle="--", linewidth=1)
    axis.set(title=way, xlabel="sensitivity")
axes[0].set_ylabel("study")
plt.show()
