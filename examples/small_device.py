"""Shrink the classifier of a finished run for a small device, and refuse what costs too much.

    KERAS_BACKEND=tensorflow python examples/small_device.py runs/all --margin 0.02

Writes LiteRT files with weights in float32, float16 and int8 into the run's `small` folder. Each
scores the run's test images by LiteRT's interpreter, one image at a time on one thread. A file
stays only where sensitivity at the threshold and AUROC are shown to be less than the margin below
those of the saved predictions: by the lower limit of the paired difference, over patients.
"""

import argparse
import json
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prevalens.exceptions import PrevalensError
from prevalens.images import read_images
from prevalens.metrics import Contrast, compare_models, non_inferiority
from prevalens.models import export_classifier, load_classifier
from prevalens.predictions import Predictions

PRECISIONS = ("float32", "float16", "int8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a row for each precision; return 1 where one was refused, 2 where the run is amiss."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, help="folder of a finished run of cnmc_all.py")
    parser.add_argument("--margin", type=float, default=0.02, help="largest loss, on either scale")
    given = parser.parse_args(arguments)
    try:
        return shrink(given.run, margin=given.margin)
    except (PrevalensError, OSError) as error:
        print(f"small_device: {error}", file=sys.stderr)
        return 2


def shrink(run: Path, *, margin: float) -> int:
    """Export at each precision, score the run's test images, and judge."""
    settings = json.loads((run / "config.json").read_text(encoding="utf-8"))["settings"]
    classifier = load_classifier(run / "model.keras")
    saved = Predictions.load(
        run / "predictions.csv",
        root=run / "cells" if settings["data"] is None else settings["data"],
    )
    paths = [Path(saved.root) / image for image in saved.images]
    pixels = read_images(paths, size=classifier.model.input_shape[1:3])
    (run / "small").mkdir(exist_ok=True)
    print("| weights | MB | ms an image | change of a score | small minus saved | verdict |")
    print("|---|---|---|---|---|---|")
    refused = 0
    for precision in PRECISIONS:
        file = run / "small" / f"model-{precision}.tflite"
        export_classifier(classifier, file, precision=precision)
        scores, milliseconds = answers(file, pixels)
        kept, told = judge(saved, scores, threshold=classifier.card.threshold, margin=margin)
        print(
            f"| {precision} | {file.stat().st_size / 1e6:.2f} | {milliseconds:.1f} "
            f"| {np.abs(scores - saved.scores).max():.4f} | {told} "
            f"| {'kept' if kept else f'REFUSED: a loss of {margin:g} is not excluded'} |",
            flush=True,
        )
        if not kept:
            file.unlink()
            refused = 1
    return refused


def answers(file: Path, pixels: Sequence[Any]) -> tuple[Any, float]:
    """Score images one at a time on one thread; return scores and the median milliseconds."""
    from tensorflow import lite  # noqa: PLC0415  the refusal of another backend comes first

    with warnings.catch_warnings():
        # TensorFlow 2.21 announces that its interpreter moves to a package of its own.
        warnings.simplefilter("ignore")
        interpreter = lite.Interpreter(model_path=str(file), num_threads=1)
    interpreter.allocate_tensors()
    place = interpreter.get_input_details()[0]["index"]
    answer = interpreter.get_output_details()[0]["index"]
    scores, seconds = [], []
    for image in pixels:
        start = time.perf_counter()
        interpreter.set_tensor(place, image[None].astype(np.float32))
        interpreter.invoke()
        scores.append(float(interpreter.get_tensor(answer)[0, 0]))
        seconds.append(time.perf_counter() - start)
    return np.asarray(scores), 1000 * float(np.median(seconds))


def judge(saved: Predictions, scores: Any, *, threshold: Any, margin: float) -> tuple[bool, str]:
    """Say whether no loss reaches the margin, and each paired difference with its interval."""
    found = dict(differences(saved, scores, threshold=threshold))
    # Two that order every pair alike have no interval of their difference, which is nought.
    kept = all(
        each.difference.value == 0
        if each.difference.lower is None
        else non_inferiority(each, margin=margin).shown
        for each in found.values()
    )
    return kept, "; ".join(f"{name} {each.difference}" for name, each in found.items())


def differences(
    saved: Predictions, scores: Any, *, threshold: Any
) -> Iterator[tuple[str, Contrast]]:
    """Yield the paired differences, small network minus saved predictions, over patients."""
    for name, at in (("sensitivity", threshold), ("auroc", None)):
        yield (
            name,
            compare_models(
                saved.labels,
                scores,
                saved.scores,
                measure=name,
                threshold=at,
                patients=saved.patients,
            ),
        )


if __name__ == "__main__":
    raise SystemExit(main())
