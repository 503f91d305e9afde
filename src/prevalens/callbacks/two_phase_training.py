"""Transfer in two phases: two `fit` calls that share one record, one history and one backup."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from prevalens.exceptions import InvalidInputError

if TYPE_CHECKING:
    from prevalens.callbacks.learning_rate_adjuster import LearningRateAdjuster
    from prevalens.callbacks.training_backup import TrainingBackup


def two_phases(
    model: Any,
    adjuster: "LearningRateAdjuster",
    *,
    epochs: int,
    unfreeze: Callable[[Any], object],
    backup: "TrainingBackup | None" = None,
) -> Iterator[int]:
    """Give the `initial_epoch` of each of two `fit` calls, and open the model between them.

    The adjuster ends the first `fit` after `unfreeze_at` epochs, or earlier where progress has
    stalled for good, with the best weights restored. The second goes on with the same record:
    what was best so far stays the bar. Where the first phase is halted, there is no second.

    Args:
        model: A freshly built and compiled model, in the state of the first phase.
        adjuster: A LearningRateAdjuster with `unfreeze_at`.
        epochs: What both `fit` calls are given as `epochs`; more than `unfreeze_at`.
        unfreeze: Called with the model between the phases; opens layers, and compiles it anew
            with the rate of the second phase and the same metrics.
        backup: The TrainingBackup of the adjuster, where a killed run is to go on, in whichever
            phase it was; it is restored here.

    Yields:
        What to give `fit` as `initial_epoch`.

    Raises:
        InvalidInputError: the adjuster has no `unfreeze_at`, or none below `epochs`; the backup
            is not the adjuster's; or `unfreeze` has not compiled the model.

    Example:
        The loop runs twice, or once where a killed run was in its second phase::

            def open_last_layers(model):
                unfreeze(model, last_layers=20)
                model.compile(keras.optimizers.Adam(1e-5), "binary_crossentropy", ["accuracy"])

            adjuster = LearningRateAdjuster(unfreeze_at=10)
            for begin in two_phases(model, adjuster, epochs=40, unfreeze=open_last_layers):
                model.fit(dataset, epochs=40, initial_epoch=begin, callbacks=[adjuster])

    Examples:
        >>> import keras
        >>> import numpy as np
        >>> from prevalens.callbacks import LearningRateAdjuster
        >>> model = keras.Sequential(
        ...     [keras.Input((2,)), keras.layers.Dense(2), keras.layers.Dense(1)]
        ... )
        >>> model.layers[0].trainable = False
        >>> model.compile("sgd", "mse")
        >>> def unfreeze(model):
        ...     model.layers[0].trainable = True
        ...     model.compile("sgd", "mse")
        >>> x, y = np.ones((4, 2), "float32"), np.zeros((4, 1), "float32")
        >>> adjuster = LearningRateAdjuster(monitor="loss", unfreeze_at=1, verbose=0)
        >>> starts = []
        >>> for start in two_phases(model, adjuster, epochs=2, unfreeze=unfreeze):
        ...     starts.append(start)
        ...     history = model.fit(
        ...         x, y, epochs=2, initial_epoch=start, callbacks=[adjuster], verbose=0
        ...     )
        >>> starts
        [0, 1]
    """
    _check(adjuster, epochs, backup)
    begin = 0
    if backup is not None:
        saved = backup.saved_state(adjuster)
        if saved is not None and saved["phases"]["number"] == 2:
            _open(model, unfreeze)
        begin = backup.restore(model, epochs=epochs)
    yield begin
    if adjuster.phases.has_ended:
        _open(model, unfreeze)
        if backup is not None:
            backup.go_on(model)
        yield adjuster.begin_second_phase()


def _check(adjuster: "LearningRateAdjuster", epochs: int, backup: "TrainingBackup | None") -> None:
    unfreeze_at = adjuster.phases.unfreeze_at
    if unfreeze_at is None or unfreeze_at >= epochs:
        raise InvalidInputError(
            f"`unfreeze_at` must be below `epochs`, got {unfreeze_at} and {epochs}. Give "
            "the adjuster the number of epochs after which the first phase ends."
        )
    if backup is not None and adjuster not in backup.callbacks:
        raise InvalidInputError(
            "The backup does not hold the adjuster's state. Make it with "
            "TrainingBackup(path, adjuster)."
        )


def _open(model: Any, unfreeze: Callable[[Any], object]) -> None:
    before = model.optimizer
    unfreeze(model)
    if model.optimizer is before:
        raise InvalidInputError(
            "`unfreeze` has not compiled the model, so its optimizer would not train what was "
            "opened. Call model.compile in it, with the optimizer of the second phase."
        )
