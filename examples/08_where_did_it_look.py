"""
Where did it look?
==================

A network that is right for the wrong reason fails in the next hospital. These cells are drawn, so
where the class lies is known: mostly in the nucleus. An activation map asks the network's head
about each place of the last feature map; an occlusion map covers places and sees what that costs.
"""

# %%
# A small network learns drawn cells
# ----------------------------------
# `draw_image` returns, besides the pixels, which of them are nucleus: the truth to compare with.
import keras
import matplotlib.pyplot as plt
import numpy as np

from prevalens.cohorts.drawn_patients import draw_patients
from prevalens.cohorts.synthetic import draw_image
from prevalens.metrics import auroc

patients = draw_patients(
    n_patients=40, n_positive=20, n_images=640, positive_share=0.5, effect=2.0, seed=3
)
drawn = [
    (patient, draw_image(patient, number, image_size=64, seed=3))
    for patient in patients
    for number in range(patient.n_images)
]
images = np.stack([cell.image for _, cell in drawn])
labels = np.array([float(patient.positive) for patient, _ in drawn], dtype="float32")
names = np.array([patient.name for patient, _ in drawn])
held_out = np.isin(names, [patient.name for patient in patients[::4]])

keras.utils.set_random_seed(3)
pixels = keras.Input((64, 64, 3))
features = keras.layers.Rescaling(1 / 255)(pixels)
for filters, step in ((12, 1), (24, 2), (32, 2)):
    features = keras.layers.Conv2D(filters, 3, step, padding="same", activation="relu")(features)
features = keras.layers.GlobalAveragePooling2D()(features)
model = keras.Model(pixels, keras.layers.Dense(1, activation="sigmoid")(features))
model.compile(keras.optimizers.Adam(4e-3), "binary_crossentropy")
model.fit(images[~held_out], labels[~held_out], epochs=20, verbose=0)

# %%
# Only a network that ranks unseen patients' cells well is worth asking where it looks.
scores = model.predict(images, verbose=0)[:, 0]
print(auroc(labels[held_out] == 1, scores[held_out], patients=names[held_out]))

# %%
# How much of the map lies on the nucleus?
# ----------------------------------------
# Log-odds of places have no zero of their own, so the maps are compared with healthy cells'.
# Chance is the nucleus' share of the image.
from prevalens.explanations import compute_activation_map, compute_occlusion_map, mass_inside

ill = np.flatnonzero(held_out & (labels == 1))
healthy = np.flatnonzero(~held_out & (labels == 0))
maps = compute_activation_map(model, images[ill], reference=images[healthy])
masks = [drawn[row][1].nucleus for row in ill]
print(f"of the map on the nucleus: {np.mean([*map(mass_inside, maps, masks)]):.2f}")
print(f"chance: {np.mean(masks):.2f}")

# %%
# Look at them
# ------------
# Cell, activation map, occlusion map: red speaks for leukaemia, blue against.
from prevalens.explanations import draw_overlay

chosen = ill[np.argsort(-scores[ill])[:: max(1, len(ill) // 4)]][:4]
covered = compute_occlusion_map(model, images[chosen], patch=10, stride=3, fill=0)
seen = compute_activation_map(model, images[chosen], reference=images[healthy])
figure, axes = plt.subplots(4, 3, figsize=(6, 8))
for row, (index, first, second) in enumerate(zip(chosen, seen, covered, strict=True)):
    overlays = [draw_overlay(images[index], heat) for heat in (first, second)]
    for axis, picture in zip(axes[row], [images[index], *overlays], strict=True):
        axis.imshow(picture)
        axis.axis("off")
figure.tight_layout()
