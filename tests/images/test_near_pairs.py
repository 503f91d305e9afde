"""Near pairs: copies are found, strangers are not, and nothing is tried pair by pair."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from prevalens.cohorts.components import component_codes
from prevalens.exceptions import InvalidInputError
from prevalens.images import find_near_pairs, perceptual_hash, perceptual_hashes
from prevalens.images.fingerprints import Hashes

DATA = Path(__file__).parents[2].parent / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real data is not on this machine")


def picture(seed: int, *, size: int = 64) -> Image.Image:
    """Draw a soft picture: large blobs and finer ones, as in a photograph."""
    rng = np.random.default_rng(seed)
    total = np.zeros((size, size))
    for cells in (4, 8, 16, 32):
        blobs = Image.fromarray(rng.uniform(-1, 1, (cells, cells)).astype(np.float32))
        total += np.asarray(blobs.resize((size, size), Image.Resampling.BICUBIC)) / cells
    low, high = total.min(), total.max()
    return Image.fromarray((30 + 190 * (total - low) / (high - low)).astype(np.uint8))


def looks(*pictures: Image.Image) -> Hashes:
    """Return the perceptual hashes of pictures."""
    return np.stack([perceptual_hash(np.asarray(p.convert("RGB"))) for p in pictures])


def encoded(image: Image.Image, kind: str, quality: int) -> Image.Image:
    """Encode and decode a picture."""
    stream = io.BytesIO()
    image.convert("RGB").save(stream, kind, quality=quality)
    return Image.open(stream)


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG 90": lambda image: encoded(image, "JPEG", 90),
    "JPEG 50": lambda image: encoded(image, "JPEG", 50),
    "WebP 70": lambda image: encoded(image, "WEBP", 70),
    "half": lambda image: image.resize((image.width // 2, image.height // 2)),
    "brighter": lambda image: image.point(lambda value: min(255, value * 1.1)),
    "darker": lambda image: image.point(lambda value: value * 0.9),
    "all": lambda image: encoded(
        image.resize((image.width // 2, image.height // 2)).point(lambda v: min(255, v * 1.1)),
        "JPEG",
        75,
    ),
}
TURNS = [None, *Image.Transpose]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_near_and_strangers_are_not(change: str) -> None:
    """Of 40 pictures and one changed copy, the copy's pair is the only one."""
    pictures = [picture(seed) for seed in range(40)]

    pairs, distances = find_near_pairs(looks(*pictures, CHANGES[change](pictures[7])))

    assert pairs.tolist() == [[7, 40]]
    assert 0 <= distances[0] <= 0.25


@pytest.mark.parametrize("turn", TURNS)
def test_each_flip_and_turn_is_near_on_request(turn: Image.Transpose | None) -> None:
    """The eight flips and turns of a picture are its copies with turns=True."""
    pictures = [picture(seed) for seed in range(20)]
    turned = pictures[3] if turn is None else pictures[3].transpose(turn)
    hashes = looks(*pictures, turned)

    assert find_near_pairs(hashes, turns=True)[0].tolist() == [[3, 20]]
    assert find_near_pairs(hashes)[0].tolist() == ([[3, 20]] if turn is None else [])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 60), turns=st.booleans())
def test_all_pairs_within_the_distance_are_found_and_no_others(
    seed: int, n: int, turns: bool
) -> None:
    """Below the index's size the result is that of comparing each pair of different hashes."""
    rng = np.random.default_rng(seed)
    hashes = rng.normal(size=(6, 255))[np.arange(n) % 6] + rng.normal(0, 0.1, (n, 255))
    hashes = (hashes / np.linalg.norm(hashes, axis=1, keepdims=True)).astype(np.float32)
    wide = hashes.astype(np.float64)
    apart = np.linalg.norm(wide[:, None] - wide[None], axis=2)
    expected = np.argwhere(np.triu(apart <= 0.15, 1)).tolist()

    pairs, distances = find_near_pairs(hashes, max_distance=0.15, turns=turns)

    found = dict(zip(map(tuple, pairs.tolist()), distances.tolist(), strict=True))
    assert {tuple(pair) for pair in expected} <= set(found)
    if not turns:
        assert len(found) == len(expected)
        assert all(abs(found[a, b] - apart[a, b]) < 1e-9 for a, b in expected)


def test_the_index_finds_what_comparing_all_pairs_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    """3,000 random hashes with 300 copies at distance 0.2: the trees find every copy."""
    rng = np.random.default_rng(1)
    hashes = rng.normal(size=(3000, 255))
    hashes /= np.linalg.norm(hashes, axis=1, keepdims=True)
    step = rng.normal(size=(300, 255))
    copies = hashes[:300] + 0.2 * step / np.linalg.norm(step, axis=1, keepdims=True)
    monkeypatch.setattr("prevalens.images.near_pairs._ALL_PAIRS", 100)

    pairs, _ = find_near_pairs(np.concatenate([hashes, copies]).astype(np.float32))

    assert pairs.tolist() == [[k, 3000 + k] for k in range(300)]


@pytest.mark.parametrize("all_pairs", [4096, 100])
def test_many_alike_images_are_one_group_of_few_pairs(
    monkeypatch: pytest.MonkeyPatch, all_pairs: int
) -> None:
    """300 frames of one scene: fewer than the 44,850 pairs, and they hang together."""
    monkeypatch.setattr("prevalens.images.near_pairs._ALL_PAIRS", all_pairs)
    rng = np.random.default_rng(2)
    scene = rng.normal(size=255)
    frames = scene / np.linalg.norm(scene) + rng.normal(0, 0.002, (300, 255))

    pairs, _ = find_near_pairs(frames.astype(np.float32))

    assert len(pairs) < 44_850 * 0.75
    assert len(set(component_codes(300, pairs).tolist())) == 1


def test_equal_hashes_are_chained() -> None:
    """Four equal hashes give three pairs at distance 0, not six."""
    pairs, distances = find_near_pairs(np.repeat(looks(picture(1)), 4, axis=0))

    assert pairs.tolist() == [[0, 1], [1, 2], [2, 3]]
    assert distances.tolist() == [0, 0, 0]


@pytest.mark.parametrize("all_pairs", [4096, 2])
def test_blank_pictures_are_alike_to_nobody(
    monkeypatch: pytest.MonkeyPatch, all_pairs: int
) -> None:
    """White, black, grey, and grey with noise of one level: the hash 0, and no pair among them."""
    monkeypatch.setattr("prevalens.images.near_pairs._ALL_PAIRS", all_pairs)
    noise = np.random.default_rng(0).integers(100, 102, (50, 40), dtype=np.uint8)
    blanks = [Image.new("L", (50, 40), grey) for grey in (0, 130, 130, 255)]
    hashes = looks(*blanks, Image.fromarray(noise), picture(1), picture(1), picture(2))

    assert np.flatnonzero(~hashes.any(axis=1)).tolist() == [0, 1, 2, 3, 4]
    assert find_near_pairs(hashes)[0].tolist() == [[5, 6]]


def test_no_hashes_have_no_pairs(tmp_path: Path) -> None:
    """Nothing gives nothing, of the right shapes."""
    pairs, distances = find_near_pairs(perceptual_hashes([]))

    assert pairs.shape == (0, 2)
    assert distances.shape == (0,)


@pytest.mark.parametrize("shape", [(255,), (3, 64)])
def test_what_is_no_hash_is_refused(shape: tuple[int, ...]) -> None:
    """The shape that came is in the text."""
    with pytest.raises(InvalidInputError, match=r"shape \(n_images, 255\)"):
        find_near_pairs(np.zeros(shape, dtype=np.float32))


@pytest.mark.parametrize("max_distance", [0, 1, -0.1, float("nan")])
def test_a_distance_out_of_range_is_refused(max_distance: float) -> None:
    """The greatest distance lies between 0 and 1."""
    with pytest.raises(InvalidInputError, match="`max_distance`"):
        find_near_pairs(looks(picture(1)), max_distance=max_distance)


@needs_data
def test_the_real_smears_hold_copies_that_the_eye_confirms() -> None:
    """Two pairs of the 300 real cells are the same cell cut out twice."""
    folder = DATA / "wbc" / "images"
    names = [f"{k:03d}.bmp" for k in range(1, 301)]

    pairs, _ = find_near_pairs(perceptual_hashes([folder / name for name in names]))

    assert [[names[a], names[b]] for a, b in pairs] == [
        ["112.bmp", "139.bmp"],
        ["166.bmp", "171.bmp"],
    ]
