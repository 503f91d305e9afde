"""The callback that tells a dataset which epoch it is."""

from collections.abc import Callable

import keras


class EpochFollower(keras.callbacks.Callback):
    """Tells a dataset exactly when an epoch begins, and which; made by `follow_epochs`.

    A dataset's own hooks cannot: Keras 3.15 calls `on_epoch_end` before the first epoch and
    opens an extra epoch to build a model, differently on each backend.

    Args:
        dataset: Whose epochs to follow.
        begin: Called with the epoch and the number of batches that Keras will ask for in it.
        end: Called when training begins and when it ends.
        unreadable: Lists the files left out so far; None where none may be.
    """

    def __init__(
        self,
        dataset: object,
        *,
        begin: Callable[[int, int], None],
        end: Callable[[], None],
        unreadable: Callable[[], list[str]] | None = None,
    ) -> None:
        super().__init__()
        self.dataset = dataset
        self._begin = begin
        self._end = end
        self._unreadable = unreadable

    def on_train_begin(self, logs: dict[str, object] | None = None) -> None:  # noqa: ARG002
        """Forget an earlier run, which may have been interrupted."""
        self._end()

    def on_epoch_begin(self, epoch: int, logs: dict[str, object] | None = None) -> None:  # noqa: ARG002
        """Open `epoch`."""
        self._begin(epoch, int(self.params["steps"]))

    def on_epoch_end(self, epoch: int, logs: dict[str, object] | None = None) -> None:  # noqa: ARG002
        """Count and list what could not be read."""
        if self._unreadable is None:
            return
        files = self._unreadable()
        if logs is not None:
            logs["unreadable_images"] = len(files)
        # Progress bars and loggers take numbers only, so the names go to the history directly.
        self.model.history.history.setdefault("unreadable_files", []).append(files)

    def on_train_end(self, logs: dict[str, object] | None = None) -> None:  # noqa: ARG002
        """Stop following."""
        self._end()
