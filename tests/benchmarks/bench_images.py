"""What do the steps of opening an image cost: resizing, looking paths up, checking a cached one?"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from prevalens._paths import find_strays, is_file
from prevalens.exceptions import MissingExtraError
from prevalens.images import resizing
from prevalens.images.cached_images import _sum
from prevalens.typing import Image


def scene(side: int) -> Image:
    """Return a picture of smooth colours with noise, as a photograph has."""
    rng = np.random.default_rng(side)
    down, across = np.mgrid[0:side, 0:side] / side
    waves = [np.sin(rng.uniform(4, 30) * down + rng.uniform(4, 30) * across) for _ in range(3)]
    noise = rng.normal(0, 4, (side, side, 1))
    return (128 + 90 * np.stack(waves, axis=2) + noise).clip(0, 255).astype(np.uint8)


def cheapest(call: Callable[[], object], *, times: int) -> float:
    """Return the least CPU seconds of one call, of five rounds of `times` calls."""
    call()
    rounds = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(times):
            call()
        rounds.append((time.process_time() - start) / times)
    return min(rounds)


def resizes(times: int) -> None:
    """Print what each kernel costs, and how far it is from Pillow."""
    print("| resize | kernel | CPU ms an image | times Pillow's speed | most grey levels apart |")
    print("|---|---|---|---|---|")
    for side, wanted in ((450, 300), (1024, 300), (450, 224)):
        pixels = scene(side)
        size = (wanted, wanted)
        right = resizing.resize_by_pillow(pixels, size).astype(int)
        slow = cheapest(lambda p=pixels, s=size: resizing.resize_by_pillow(p, s), times=times)  # type: ignore[misc]
        for name, (_, kernel) in resizing._KERNELS.items():
            try:
                apart = np.abs(kernel(pixels, size).astype(int) - right).max()
            except MissingExtraError:
                print(f"| {side} to {wanted} | {name} | not installed | | |")
                continue
            spent = cheapest(lambda k=kernel, p=pixels, s=size: k(p, s), times=times)  # type: ignore[misc]
            cells = f"{name} | {1e3 * spent:.2f} | {slow / spent:.1f} | {apart}"
            print(f"| {side} to {wanted} | {cells} |")


def lookups(n: int) -> None:
    """Print what looking a path up costs, beside resolving each by itself."""
    with tempfile.TemporaryDirectory() as scratch:
        names = [f"part{row % 10}/{row:07d}.png" for row in range(n)]
        for part in range(10):
            Path(scratch, f"part{part}").mkdir()
        for name in names:
            Path(scratch, name).touch()
        base = os.path.realpath(scratch)

        def by_itself() -> list[bool]:
            paths = [os.path.realpath(os.path.join(base, name)) for name in names]  # noqa: PTH118
            return [path.startswith(base) and is_file(path) for path in paths]

        plain = cheapest(by_itself, times=1)
        ours = cheapest(lambda: find_strays(names, scratch), times=1)
    print("\n| looking up | CPU microseconds a path | times faster |\n|---|---|---|")
    print(f"| each path resolved by itself | {1e6 * plain / n:.1f} | 1.0 |")
    print(f"| each folder once, one look a file | {1e6 * ours / n:.1f} | {plain / ours:.1f} |")


def checksums(times: int) -> None:
    """Print what the checksum of a cached image costs, beside the plain sum of its words."""
    flat = scene(224).reshape(-1)
    plain = cheapest(lambda: flat.view(np.uint64).sum(dtype=np.uint64), times=10 * times)
    ours = cheapest(lambda: _sum(flat), times=10 * times)
    print("\n| checking a cached image of 224 x 224 | CPU microseconds |\n|---|---|")
    print(f"| sum of its words, which misses swapped pages | {1e6 * plain:.1f} |")
    print(f"| words weighed by their place | {1e6 * ours:.1f} |")


def main() -> None:
    """Print three tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and paths")
    quick = parser.parse_args().quick
    resizes(3 if quick else 20)
    lookups(2_000 if quick else 30_000)
    checksums(5 if quick else 50)


if __name__ == "__main__":
    main()
