"""
What does the learning-rate adjuster do on a noisy history?
===========================================================

A validation loss that falls, overfits and jitters is run through ``AdjusterRule`` without training
anything: when is the rate lowered, which epoch is gone back to, and what does a noise band change?
"""

# %%
# A loss that improves for a while and then rises again, with noise of 0.03.
import matplotlib.pyplot as plt
import numpy as np

from prevalens.callbacks import AdjusterRule, Decision

rng = np.random.default_rng(7)
epochs = np.arange(24)
loss = 0.35 + 0.6 * np.exp(-epochs / 5) + 0.006 * epochs + rng.normal(0, 0.03, epochs.size)
accuracy = 1 - 0.45 * np.exp(-epochs / 4)
history = list(zip(accuracy.tolist(), loss.tolist(), strict=True))

# %%
# The published settings, and the same with more patience and a noise band of the last five epochs.
rules = {
    "patience 1": AdjusterRule(),
    "patience 2, noise band": AdjusterRule(patience=2, noise_epochs=5, noise_width=1.0),
}
runs = {name: rule.simulate(history, rate=1e-3) for name, rule in rules.items()}
for name, rows in runs.items():
    print(f"{name}: {len(rows)} epochs, kept epoch {rows[-1].kept_epoch + 1}")


# %%
# Dots are the epochs that were kept; dotted lines are returns to the kept epoch.
def draw(axes: plt.Axes, name: str, rows: list[Decision]) -> None:
    """Draw one run: the loss, its kept epochs, the returns and the rate."""
    numbers = [row.epoch + 1 for row in rows]
    axes.plot(numbers, [row.value for row in rows], color="tab:blue")
    kept = [row for row in rows if row.keep]
    axes.plot([row.epoch + 1 for row in kept], [row.value for row in kept], "o", color="tab:blue")
    for row in rows:
        if row.restore:
            axes.axvline(row.epoch + 1, linestyle=":", color="grey")
    axes.set(title=name, xlabel="epoch", ylabel="validation loss")
    rate = axes.twinx()
    rate.step(numbers, [row.rate for row in rows], where="mid", color="tab:red")
    rate.set(yscale="log", ylabel="learning rate")


figure, panels = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
for panel, (name, rows) in zip(panels, runs.items(), strict=True):
    draw(panel, name, rows)
plt.show()
