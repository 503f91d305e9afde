"""Variables as arrays by name, and back."""

from pathlib import Path

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError

keras = pytest.importorskip("keras", exc_type=ImportError)
state = pytest.importorskip("prevalens.callbacks.training_state", exc_type=ImportError)
pytestmark = pytest.mark.keras


def test_arrays_keep_their_family_and_order() -> None:
    """Eleven arrays of one family come back in order beside those of another."""
    many = [np.array(float(k)) for k in range(11)]
    kept = state.named({"a": many, "b": [np.array(-1.0)]})

    assert [float(each) for each in state.stored(kept, "a")] == list(range(11))
    assert [float(each) for each in state.stored(kept, "b")] == [-1.0]


def test_copies_do_not_follow_the_variables() -> None:
    """What was taken stays as it was; what is assigned is exact."""
    variable = keras.Variable(np.array([1.0, 2.0], "float32"))
    (taken,) = state.arrays_of([variable])
    variable.assign([5.0, 6.0])
    assert taken.tolist() == [1.0, 2.0]
    state.assign(Path("b.npz"), "model", [taken], [variable])
    assert keras.ops.convert_to_numpy(variable).tolist() == [1.0, 2.0]


def test_other_shapes_and_numbers_are_refused() -> None:
    """The text names the file, the variable and both shapes, or both numbers."""
    variable = keras.Variable(np.zeros((2, 3), "float32"), name="kernel")
    with pytest.raises(InvalidInputError, match=r"b.npz is of another model.*\(3, 2\) where"):
        state.assign(Path("b.npz"), "model", [np.zeros((3, 2))], [variable])
    with pytest.raises(InvalidInputError, match="has 0 variables where there are 1"):
        state.assign(Path("b.npz"), "optimizer", [], [variable])
