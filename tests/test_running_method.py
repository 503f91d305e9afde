"""The running method of a model is found on the call stack."""

from typing import Any

from prevalens._running_method import RunningMethod, running_method


class Model:
    """Stands for a Keras model."""

    def fit(self, x: Any = None, callbacks: Any = None) -> RunningMethod:
        """Return what is found from within."""
        assert x or not callbacks
        return self.evaluate() if x == "nested" else running_method(Model)

    def evaluate(self) -> RunningMethod:
        """Return what is found from within."""
        return running_method(Model)


def test_the_innermost_method_and_its_settings_are_found() -> None:
    """Within `fit` it is `fit` with what it was given; an evaluation within it is `evaluate`."""
    model = Model()
    found = model.fit(x=3, callbacks=[1, 2])

    assert (found.name, found.model, found.settings["x"]) == ("fit", model, 3)
    assert found.callbacks == [1, 2]
    assert model.fit(x="nested").name == "evaluate"


def test_outside_of_any_method_nothing_is_found() -> None:
    """No model is asking; one callback alone counts as a list of it."""
    assert running_method(Model) == RunningMethod("", None, {})
    assert Model().fit(x=1, callbacks="one").callbacks == ["one"]
    assert Model().fit().callbacks == []
