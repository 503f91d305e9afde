"""A run is known by its backend, its data and its settings."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from prevalens.callbacks import run_identity
from prevalens.callbacks.run_identity import RunIdentity, identity_of, relevant_versions
from prevalens.exceptions import InvalidInputError

THEN = RunIdentity(
    backend="jax",
    versions={"keras": "3.15.1", "numpy": "2.0"},
    data={"training": {"rows": "abc", "seed": 1}},
    settings={"rate": 0.1},
)


@given(
    data=st.data(),
    values=arrays.arrays(np.float32, st.integers(1, 50), elements=st.floats(0, 1, width=32)),
)
def test_one_changed_value_changes_the_hash(data: st.DataObject, values: Any) -> None:
    """Equal arrays have one identity; one value, the order or the type makes another."""
    place = data.draw(st.integers(0, len(values) - 1))
    other = values.copy()
    other[place] += 1

    assert identity_of((values, None)) == identity_of((values.copy(), None))
    assert identity_of((values, None)) != identity_of((other, None))
    assert identity_of(values) != identity_of(values.astype(np.float64))
    assert identity_of({"a": values, "b": other}) != identity_of({"a": other, "b": values})


def test_a_large_array_is_hashed_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit first and last byte still count, and the shape."""
    monkeypatch.setattr(run_identity, "_HASHED", 4096)
    zeros = np.zeros(10_000, np.uint8)
    for place in (0, 9_999):
        changed = zeros.copy()
        changed[place] = 1
        assert identity_of(changed) != identity_of(zeros)
    assert identity_of(zeros) != identity_of(zeros[:-1])


def test_what_knows_itself_is_asked_and_the_rest_is_its_type() -> None:
    """A dataset gives its own identity; a generator is known by its type alone."""
    assert identity_of(SimpleNamespace(identity=lambda: {"rows": "abc"})) == {"rows": "abc"}
    assert identity_of(iter([])) == {"kind": "builtins.list_iterator"}
    assert identity_of([np.array(["a"], dtype=object), 3.5])["kind"] == "arrays"


def test_another_backend_or_setting_is_refused() -> None:
    """The text names both backends, or the setting with both values."""
    THEN.check_settings(THEN, where="b.npz")
    other = RunIdentity(backend="torch", versions={}, settings={"rate": 0.1})
    with pytest.raises(InvalidInputError, match=r"written on jax, and this is torch.*BACKEND=jax"):
        THEN.check_settings(other, where="b.npz")
    other = RunIdentity(backend="jax", versions={}, settings={"rate": 0.2})
    with pytest.raises(InvalidInputError, match=r"other settings: rate was 0\.1 and is 0\.2"):
        THEN.check_settings(other, where="b.npz")


def test_other_data_is_refused_and_unknown_data_is_not() -> None:
    """What differs is named; of a part that nothing was known of, nothing can be said."""
    THEN.check_data("training", {"rows": "abc", "seed": 1}, where="b.npz")
    THEN.check_data("validation", {"rows": "def"}, where="b.npz")
    with pytest.raises(InvalidInputError, match="other training data: seed was 1 and is 2"):
        THEN.check_data("training", {"rows": "abc", "seed": 2}, where="b.npz")
    with pytest.raises(InvalidInputError, match="rows was 'abc' and is None"):
        THEN.check_data("training", {"seed": 1}, where="b.npz")


def test_versions_that_changed_are_listed() -> None:
    """Only those that differ, with both; the backend's package is among the relevant ones."""
    now = RunIdentity(backend="jax", versions={"keras": "3.16.0", "numpy": "2.0"})

    assert THEN.changed_versions(now) == ["keras 3.15.1 -> 3.16.0"]
    assert {"python", "numpy", "prevalens"} <= set(relevant_versions("jax"))
    assert "torch" not in relevant_versions("jax")


def test_a_mapping_of_more_than_arrays_is_known_by_its_type() -> None:
    """Arrays by name have a content; beside a function they have none."""
    images = np.zeros((2, 3))
    assert identity_of({"images": images})["kind"] == "arrays"
    assert identity_of({"images": images, "of": len}) == {"kind": "builtins.dict"}
