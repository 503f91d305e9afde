"""What every loss here reads: the logarithms of the scores, and labels as shares."""

from typing import Any

import keras

# Half of what float32 keeps apart below 1, and about the smallest number that it keeps exactly.
_NEAR_ONE = 2.0**-25
_NEAR_ZERO = 1.2e-38


def log_probabilities(y_pred: Any, *, from_logits: bool) -> Any:
    """Return the logarithm of the score of each class, shape `(batch, n_classes)`, float32.

    Args:
        y_pred: Scores in `[0, 1]`, shape `(batch, 1)` for two classes or `(batch, n_classes)`.
        from_logits: Whether `y_pred` holds logits instead.
    """
    ops = keras.ops
    logits = logits_of(y_pred, from_logits=from_logits)
    scores = ops.cast(ops.convert_to_tensor(y_pred), "float32")
    if logits is None:
        if scores.shape[-1] == 1:
            return log_odds_pair(scores, None)
        return ops.log(ops.maximum(scores, _NEAR_ZERO))
    if scores.shape[-1] == 1:
        return log_odds_pair(scores, logits)
    return ops.log_softmax(logits, axis=-1)


def log_odds_pair(scores: Any, logits: Any) -> Any:
    """Return the logarithms of `1 - score` and of `score` along the last axis.

    Args:
        scores: Scores in `[0, 1]`, last axis 1.
        logits: Their logits where known, else None; then a score that float32 rounds to 1 counts
            as half a step below it, a logit of 17.3.
    """
    ops = keras.ops
    if logits is not None:
        return ops.concatenate([ops.log_sigmoid(-logits), ops.log_sigmoid(logits)], axis=-1)
    no, yes = ops.maximum(1 - scores, _NEAR_ONE), ops.maximum(scores, _NEAR_ZERO)
    return ops.log(ops.concatenate([no, yes], axis=-1))


def logits_of(y_pred: Any, *, from_logits: bool) -> Any:
    """Return the logits as float32, or None where only scores are known.

    Keras' sigmoid and softmax leave them at their output where the backend allows it (3.15:
    TensorFlow and PyTorch).
    """
    logits = y_pred if from_logits else getattr(y_pred, "_keras_logits", None)
    if logits is None or tuple(logits.shape) != tuple(y_pred.shape):
        return None
    return keras.ops.cast(keras.ops.convert_to_tensor(logits), "float32")


def label_shares_of(y_true: Any, *, n_classes: int) -> Any:
    """Return labels as the share of each class, shape `(batch, n_classes)`, float32.

    Args:
        y_true: Class numbers, shape `(batch,)` or `(batch, 1)`; with two classes they may be soft,
            the share of the positive class in `[0, 1]`; or a share for each class, shape
            `(batch, n_classes)`.
        n_classes: Number of classes, at least 2.
    """
    ops = keras.ops
    labels = ops.cast(ops.convert_to_tensor(y_true), "float32")
    if len(labels.shape) == 2 and labels.shape[-1] == n_classes:
        return labels
    labels = ops.reshape(labels, (-1,))
    if n_classes == 2:
        return ops.stack([1 - labels, labels], axis=-1)
    return ops.one_hot(ops.cast(labels, "int32"), n_classes, dtype="float32")
