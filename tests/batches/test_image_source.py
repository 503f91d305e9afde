"""Images from the cache or from their files."""

from pathlib import Path

import numpy as np
import pytest
from coded_images import rows_in

from prevalens.batches.image_source import ImagePaths, ImageSource
from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.images import PixelCache


def test_each_file_is_decoded_once(tmp_path: Path, coded_cohort: Cohort) -> None:
    """With a cache a second reading needs no file: it could be gone by then."""
    cache = PixelCache(tmp_path / "cache", announce=lambda _: None)
    source = ImageSource(coded_cohort, image_size=4, cache=cache, decoder="pillow")
    assert rows_in(source.read(np.array([4, 2]))[0]) == [4, 2]
    coded_cohort.path(2).unlink()
    images, failures = source.read(np.array([2, 9, 4]))
    assert (rows_in(images), failures) == ([2, 9, 4], {})


def test_what_cannot_be_read_is_told_by_its_place(coded_cohort: Cohort) -> None:
    """The second of three is broken; the others are there."""
    coded_cohort.path(7).write_bytes(b"broken")
    source = ImageSource(coded_cohort, image_size=4, cache=None, decoder="pillow")
    images, failures = source.read(np.array([1, 7, 3]))
    assert list(failures) == [1]
    assert "007.png" in failures[1]
    assert rows_in(images[[0, 2]]) == [1, 3]


def test_paths_are_a_sequence(coded_cohort: Cohort) -> None:
    """A slice gives the files that its rows give one by one, from either end."""
    paths = ImagePaths(coded_cohort)
    every = [str(coded_cohort.path(row)) for row in range(len(coded_cohort))]
    assert list(paths) == every
    assert paths[1:4] == every[1:4]
    assert paths[::-3] == every[::-3]


def test_an_unknown_decoder_is_refused(coded_cohort: Cohort) -> None:
    """The text lists the decoders there are."""
    with pytest.raises(InvalidInputError, match=r"'pillow', 'opencv', got 'opncv'.*Did you mean"):
        ImageSource(coded_cohort, image_size=4, cache=None, decoder="opncv")
    with pytest.raises(InvalidInputError, match=r"\(height, width\), got \(1, 2, 3\)"):
        ImageSource(coded_cohort, image_size=(1, 2, 3), cache=None, decoder="pillow")  # type: ignore[arg-type]
