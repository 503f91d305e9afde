"""Randomness has one entrance: a seed and the names of what is drawn."""

import hashlib

import numpy as np

from prevalens._checks import check_integer


def generator(seed: int, *purpose: str | int) -> np.random.Generator:
    """Make the generator of one draw.

    Args:
        seed: Seed of the whole run, at least 0.
        purpose: Words and numbers that name this draw, for example `"epoch", 3`; draws with
            different purposes are independent.

    Returns:
        A generator whose stream depends on nothing but the arguments.
    """
    check_integer("seed", seed, minimum=0)
    text = "\x1f".join(f"{type(part).__name__}:{part}" for part in purpose)
    digest = hashlib.sha256(text.encode()).digest()
    # PCG64 by name: default_rng may choose another algorithm in a later numpy.
    entropy = [seed, *np.frombuffer(digest, dtype="<u4").tolist()]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))
