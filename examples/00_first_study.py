"""
A first study in ten minutes
============================

From an empty folder to a clinical report: who is in the study, who is held out, what the model
predicts, and how precise the estimates are. The cohort is drawn on your machine, so
nothing is downloaded; estimates on it say nothing about patients.
"""

# %%
# Who is in the study
# -------------------
# `make_cells` draws a small synthetic smear cohort. Your own images come in through `read_folder`
# or `read_table`; either way the result is a `Cohort`: one row per image.
import tempfile
from pathlib import Path

import keras

from prevalens.cohorts import make_cells

folder = Path(tempfile.mkdtemp())
cohort = make_cells(folder / "cells", n_patients=60, images_per_patient=10, image_size=96, seed=7)
print(cohort)
print(cohort.describe())

# %%
# Five cells of each class, each of another patient: normal lymphocytes above, blasts below.
import matplotlib.pyplot as plt
import numpy as np

from prevalens.images import read_image

_, firsts = np.unique(cohort.patients, return_index=True)
figure, axes = plt.subplots(2, 5, figsize=(8, 3.3), layout="constrained")
for line, positive in zip(axes, (False, True), strict=True):
    for axis, row in zip(line, firsts[cohort.is_positive[firsts] == positive], strict=False):
        axis.imshow(read_image(cohort.path(row)))
        axis.set_title(cohort.classes[cohort.labels[row]], fontsize=9)
        axis.axis("off")
plt.show()

# %%
# Who is held out
# ---------------
# Patients stay whole: all images of one patient are trained on, or none. The plan says how precise
# each part's estimates can be, before anything is trained. The audit looks again, at the files: a
# patient or an image in two parts would be named here.
from prevalens.splits import PatientHoldout, audit_leakage

partition = PatientHoldout(validation=0.25, test=0.25, seed=7).partition(cohort)
print(partition.describe(cohort))
print(audit_leakage(cohort, partition))

# %%
# What the model sees
# -------------------
# Each epoch shows every image of the smaller class and a fresh draw from the larger one.
from prevalens.augmentation import RandomAugmentation, presets
from prevalens.batches import ImageDataset, UndersampledDataset

train = UndersampledDataset(cohort, partition.train, image_size=64, batch_size=16, seed=7)
validation = ImageDataset(cohort, partition.validation, image_size=64, batch_size=64)
test = ImageDataset(cohort, partition.test, image_size=64, batch_size=64)
print(
    f"positive among the rows {train.cohort_prevalence:.2f}, as shown {train.train_prevalence:.2f}"
)

# %%
# A model, and what happens between epochs
# ----------------------------------------
# Any Keras model works. `LRA` lowers the learning rate when the validation loss stops improving,
# and goes back to the best epoch.
from prevalens.callbacks import LRA
from prevalens.models import create_classifier

keras.utils.set_random_seed(7)


def small_network(images):
    """Four blocks of convolution: enough for drawn cells, quick on a CPU."""
    for filters in (16, 32, 64, 128):
        images = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False)(images)
        images = keras.layers.BatchNormalization(momentum=0.9)(images)
        images = keras.layers.MaxPooling2D()(keras.layers.ReLU()(images))
    return images


model = create_classifier(
    small_network,
    image_size=64,
    weights=None,
    preprocessing="tf",
    augmentation=RandomAugmentation(presets.flip_rotate_shift(), seed=7),
)
model.compile(keras.optimizers.Adamax(3e-3), "binary_crossentropy", metrics=["accuracy"])
adjuster = LRA(patience=2, verbose=1)
history = model.fit(
    train,
    validation_data=validation,
    epochs=12,
    callbacks=[train.follow_epochs(), adjuster],
    verbose=0,
)

# %%
# The same as a picture: dotted lines are returns to the kept epoch, red is the rate.
adjuster.record.plot()
plt.show()

# %%
# Predictions, and a threshold
# ----------------------------
# Training at 50/50 makes scores too high or too low for the cohort's real prevalence; on the odds
# the correction is exact. The threshold is chosen on validation rows, for a sensitivity of 0.95.
from prevalens.decisions import choose_threshold, correct_prior_shift
from prevalens.predictions import Predictions


def predictions_of(rows, dataset):
    """Score rows, corrected from the prevalence of training to the cohort's."""
    scores = correct_prior_shift(
        model.predict(dataset, verbose=0)[:, 0],
        train_prevalence=train.train_prevalence,
        target_prevalence=train.cohort_prevalence,
    )
    return Predictions.of(cohort, rows, scores)


point = choose_threshold(predictions_of(partition.validation, validation), sensitivity=0.95)
print(point)

# %%
# The report
# ----------
# The test rows are looked at once. Every figure carries an interval over patients, not images.
from prevalens.reports import ClinicalReport

report = ClinicalReport(
    predictions_of(partition.test, test), threshold=point.threshold, threshold_origin="validation"
)
print(report)
report.save(folder / "report.html")

# %%
# The page `report.html` holds its charts; matplotlib draws them too.
from prevalens.reports import plot_chart

plot_chart(report, "roc")
plt.show()
