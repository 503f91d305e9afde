"""Near-duplicates: are planted copies found, is anything else, and how long does it take?"""

import argparse
import io
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from prevalens._seeding import generator
from prevalens.cohorts import make_cells
from prevalens.images import find_near_pairs, perceptual_hash
from prevalens.images.fingerprints import Hashes

DATA = Path(__file__).parents[2].parent / "shared" / "data"
Change = Callable[[Image.Image], Image.Image]


def encoded(image: Image.Image, kind: str, quality: int) -> Image.Image:
    """Encode and decode a picture."""
    stream = io.BytesIO()
    image.save(stream, kind, quality=quality)
    return Image.open(stream).convert("RGB")


def half(image: Image.Image) -> Image.Image:
    """Halve the sides."""
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.BICUBIC)


CHANGES: dict[str, Change] = {
    "JPEG, quality 90": lambda image: encoded(image, "JPEG", 90),
    "JPEG, quality 50": lambda image: encoded(image, "JPEG", 50),
    "WebP, quality 70": lambda image: encoded(image, "WEBP", 70),
    "half the size": half,
    "brightness +10 %": lambda image: image.point(lambda value: min(255, value * 1.1)),
    "brightness -10 %": lambda image: image.point(lambda value: value * 0.9),
    "half, +10 %, JPEG 75": lambda image: encoded(
        half(image).point(lambda value: min(255, value * 1.1)), "JPEG", 75
    ),
}


def collections(scratch: Path, n: int) -> Iterator[tuple[str, list[Path]]]:
    """Yield the real images where they are at hand, and drawn ones."""
    for name, pattern in (("chest X-rays", "nih_effusion/images/*.png"), ("smears", "wbc/*/*.bmp")):
        if found := sorted(DATA.glob(pattern)):
            yield name, found[:n]
    cohort = make_cells(scratch / "cells", n_patients=24, images_per_patient=n / 24, image_size=96)
    yield "drawn cells", [cohort.path(row) for row in range(len(cohort))][:n]


def planted(paths: list[Path], n_copies: int, *, turns: bool) -> tuple[int, int, int, int, float]:
    """Plant changed copies; return images, pairs planted, found, found besides, and seconds."""
    pictures = []
    for path in paths:
        with Image.open(path) as opened:
            pictures.append(opened.convert("RGB"))
    rng = generator(0, "bench copies")
    origins = list(range(len(pictures)))
    for origin in rng.choice(len(pictures), size=n_copies, replace=False).tolist():
        for change in CHANGES.values():
            copy = change(pictures[origin])
            if turns:
                copy = copy.transpose(list(Image.Transpose)[int(rng.integers(7))])
            pictures.append(copy)
            origins.append(origin)
    hashes = np.stack([perceptual_hash(np.asarray(picture)) for picture in pictures])
    start = time.process_time()
    pairs, _ = find_near_pairs(hashes, turns=turns)
    seconds = time.process_time() - start
    same = np.asarray(origins)[pairs]
    right = int((same[:, 0] == same[:, 1]).sum())
    total = n_copies * (len(CHANGES) + 1) * len(CHANGES) // 2
    return len(pictures), total, right, len(pairs) - right, seconds


def simulated(n: int) -> tuple[Hashes, int]:
    """Simulate hashes of n images of alike patients, and 1,000 copies 0.05 to 0.25 apart."""
    rng = generator(0, "bench hashes")
    patients = rng.standard_normal((max(1, n // 100), 255), dtype=np.float32)
    patients += rng.standard_normal(255, dtype=np.float32)
    hashes = np.empty((n + 1000, 255), dtype=np.float32)
    for start in range(0, n, 10_000):  # a million in one piece would take twice their memory
        part = hashes[start : min(n, start + 10_000)]
        part[:] = rng.standard_normal(part.shape, dtype=np.float32)
        part += patients[rng.integers(len(patients), size=len(part))]
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    step = rng.normal(size=(1000, 255))
    step *= rng.uniform(0.05, 0.25, size=(1000, 1)) / np.linalg.norm(step, axis=1, keepdims=True)
    hashes[n:] = hashes[rng.choice(n, size=1000, replace=False)] + step
    return hashes, 1000


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer images")
    quick = parser.parse_args().quick
    n, n_copies, many = (60, 10, 20_000) if quick else (300, 60, 1_000_000)
    print(
        f"Each of {len(CHANGES)} changes ({', '.join(CHANGES)}) planted for {n_copies} images; "
        "every pair of an image and its copies counts. Found besides: pairs of different files "
        "of the collection, or of their copies, that look alike. Simulated: hashes of alike "
        "patients with 1,000 copies at distances of 0.05 to 0.25, through the index. "
        f"{os.cpu_count()} cores.\n"
    )
    print("| collection | turned | images | planted | found | found besides | CPU seconds |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for name, paths in collections(Path(scratch), n):
            for turns in (False, True):
                images, total, right, besides, seconds = planted(paths, n_copies, turns=turns)
                share = f"{right} ({right / total:.1%})"
                print(
                    f"| {name} | {'yes' if turns else 'no'} | {images} | {total} | {share} | "
                    f"{besides} | {seconds:.1f} |"
                )
    hashes, copies = simulated(many)
    for turns in (False, True):
        start = time.process_time()
        pairs, _ = find_near_pairs(hashes, turns=turns)
        seconds = time.process_time() - start
        right = int(((pairs[:, 0] < many) & (pairs[:, 1] >= many)).sum())
        print(
            f"| simulated | {'yes' if turns else 'no'} | {len(hashes)} | {copies} | {right} "
            f"({right / copies:.1%}) | {len(pairs) - right} | {seconds:.1f} |"
        )


if __name__ == "__main__":
    main()
