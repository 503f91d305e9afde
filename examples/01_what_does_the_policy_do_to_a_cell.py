"""
What does the policy do to a cell?
==================================

A policy is a list of operations with ranges. Before training with one, look at it: each change
should be one that another laboratory, or another day, could have made of the same cell. Here is
the policy for blood smears on three synthetic cells, then each family of operations alone.
"""

# %%
# Three cells
# -----------
# Drawn on your machine, cut out onto black as in C-NMC 2019.
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from prevalens.augmentation import AugmentationPolicy, presets
from prevalens.cohorts import make_cells
from prevalens.images import read_image

folder = Path(tempfile.mkdtemp())
cohort = make_cells(folder / "cells", n_patients=3, images_per_patient=2, image_size=150, seed=4)
_, rows = np.unique(cohort.patients, return_index=True)  # one cell of each patient
cells = np.stack([read_image(cohort.path(row), size=110) for row in rows])

# %%
# The whole policy
# ----------------
# Left the cell, then eight draws. The same seed gives the same sheet on every machine.
policy = presets.blood_smear(cut_out=True)
sheet = policy.preview(cells, folder / "sheet.png", copies=8, seed=1)
plt.figure(figsize=(10, 3.6))
plt.imshow(sheet)
plt.axis("off")
plt.show()

# %%
# One family at a time
# --------------------
# Dyes weaken and strengthen in optical density, so a blue nucleus stays blue; geometry, the elastic
# bend among it, is one matrix, one field and one interpolation; focus and sensor come last.
FAMILIES = {
    "geometry": ("flip", "rotation", "shift", "zoom", "elastic"),
    "dyes": ("stain",),
    "light": ("white_balance", "exposure", "illumination", "dust"),
    "focus and sensor": ("blur", "noise"),
}
figure, axes = plt.subplots(len(FAMILIES), figsize=(10, 6))
for axis, (family, names) in zip(axes, FAMILIES.items(), strict=True):
    alone = AugmentationPolicy([policy.by_name[name] for name in names], fill=policy.fill)
    axis.imshow(alone.preview(cells[:1], copies=8, seed=2))
    axis.set_title(family, loc="left", fontsize=9)
    axis.axis("off")
figure.tight_layout()
plt.show()

# %%
# The numbers behind the pictures
# -------------------------------
# What is drawn can be logged, compared and drawn again: row `i` of an epoch depends on the seed,
# the epoch and `i` alone.
drawn = policy.draw(3, seed=1, epoch=0)
for name in ("rotation", "zoom", "stain_scale", "exposure"):
    print(f"{name:12}", np.round(drawn[name], 2).tolist())
