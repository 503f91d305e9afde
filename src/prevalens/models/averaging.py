"""Several classifiers, such as those of the folds, as one that averages their answers."""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import keras
import numpy as np

from prevalens.exceptions import InvalidInputError
from prevalens.models.classifier_card import ClassifierCard, prior_ratios
from prevalens.models.classifier_file import load_classifier
from prevalens.models.loaded_classifier import Classifier
from prevalens.models.mean_log_odds import MeanLogOdds

Threshold: TypeAlias = float | Sequence[float] | None


def average_classifiers(
    classifiers: Sequence[Classifier | str | os.PathLike[str]],
    *,
    threshold: Threshold = None,
    threshold_origin: str = "",
) -> Classifier:
    """Make one classifier whose log-odds are the mean of those of several.

    Each member's scores are first taken to its card's temperature, and to the mean of the
    members' training prevalences. Of several classes the logarithms of the scores are averaged,
    and the scores sum to 1. Scores are kept 1e-7 away from 0 and 1.

    Every member is computed for every image: five folds cost five times one network.

    No threshold of a member is that of the mean, whose scores are spread less. Choose it on
    images that no member was trained on; where there are none, state it, or choose it on the
    out-of-fold scores of `cross_predict`, and say so in `threshold_origin`. Images of the folds'
    own cohort are no test of the mean: all members but one were trained on each.

    Args:
        classifiers: At least two, loaded or as paths of `.keras` files; their classes, their
            order, image size and the prevalence they answer for are the same. A Keras model
            with its card is `Classifier(model, card)`.
        threshold: Corrected score from which the mean's prediction is positive, in `[0, 1]`, or
            one a class or label. None is for several classes, where the largest score decides,
            and for members that all have the same.
        threshold_origin: How it was chosen, in words for a report; by default the members' own
            words where they share them.

    Returns:
        The classifier; `save_classifier(mean.model, path, mean.card)` writes it as one file.

    Raises:
        InvalidInputError: fewer than two are given, or they do not answer the same question; or
            no threshold is given where their thresholds differ.

    Examples:
        >>> import keras
        >>> import numpy as np
        >>> def fold(bias):
        ...     end = keras.layers.Dense(
        ...         1, "sigmoid", kernel_initializer="zeros",
        ...         bias_initializer=keras.initializers.Constant(bias),
        ...     )
        ...     layers = [keras.Input((8, 8, 3)), keras.layers.Flatten(), end]
        ...     card = ClassifierCard(
        ...         classes=("well", "sick"), threshold=0.3, train_prevalence=0.5
        ...     )
        ...     return Classifier(keras.Sequential(layers), card)
        >>> mean = average_classifiers([fold(0.0), fold(2.0)])
        >>> float(mean(np.zeros((1, 8, 8, 3))).scores[0].round(3))  # log-odds of 1
        0.731
    """
    members = _members(classifiers)
    first = members[0]
    size = first.model.input_shape[1:]
    for number, member in enumerate(members):
        _check_alike(number, member, first)
    cards = [member.card for member in members]
    shares = np.mean([np.atleast_1d(card.train_prevalence) for card in cards], axis=0)
    common = float(shares[0]) if first.card.is_binary else tuple(map(float, shares))
    pixels = keras.Input(size, name="images")
    # Names of a network's own layers must differ; so each gets a new one over the same layers.
    found = [
        keras.Model(member.model.inputs, member.model.outputs, name=f"member_{number}")(pixels)
        for number, member in enumerate(members)
    ]
    scores = [one[0] if isinstance(one, list) else one for one in found]
    if first.card.is_binary:
        scores = [one[:, -1:] for one in scores]
    mean = MeanLogOdds(
        [card.temperature for card in cards],
        [_shift(card, common).tolist() for card in cards],
        classes=not (first.card.is_binary or first.card.multilabel),
        name="mean_log_odds",
    )
    network = keras.Model(pixels, mean(scores), name="classifier")
    chosen, origin = _threshold(cards, threshold, threshold_origin)
    card = ClassifierCard(
        classes=first.card.classes,
        threshold=chosen,
        threshold_origin=origin,
        train_prevalence=common,
        prevalence=first.card.prevalence,
        multilabel=first.card.multilabel,
    )
    return Classifier(network, card)


def _members(classifiers: Any) -> list[Classifier]:
    if isinstance(classifiers, str | os.PathLike | Classifier | keras.Model):
        classifiers = [classifiers]
    given = list(classifiers)
    if len(given) < 2:
        raise InvalidInputError(
            f"A mean is of at least two classifiers, got {len(given)}. Give the classifier of "
            "each fold, loaded or by its path."
        )
    found = []
    for one in given:
        if isinstance(one, Classifier):
            found.append(one)
        elif isinstance(one, str | os.PathLike):
            found.append(load_classifier(one))
        else:
            raise InvalidInputError(
                f"`classifiers` must be loaded classifiers or paths, got {type(one).__name__}. A "
                "Keras model with its card is `Classifier(model, card)`."
            )
    return found


def _check_alike(number: int, member: Classifier, first: Classifier) -> None:
    """Refuse a member that answers another question than the first."""
    asked: dict[str, tuple[Any, Any]] = {
        "image shape": (member.model.input_shape[1:], first.model.input_shape[1:])
    }
    for name in ("classes", "multilabel", "prevalence"):
        asked[name] = (getattr(member.card, name), getattr(first.card, name))
    for name, (here, there) in asked.items():
        if here != there:
            raise InvalidInputError(
                f"Classifiers that are averaged answer the same question, but the {name} of "
                f"classifier {number} is {here!r}, and of classifier 0 {there!r}. Average those "
                "of one study, each with the same card but for its threshold."
            )


def _shift(card: ClassifierCard, common: Any) -> Any:
    """Return what takes log-odds at the card's training prevalence to those at another."""
    ratios: Any = prior_ratios(replace(card, prevalence=common), dtype="float64")
    return np.log(ratios)


def _threshold(
    cards: Sequence[ClassifierCard], threshold: Threshold, origin: str
) -> tuple[Any, str]:
    """Return the threshold of the mean and its origin."""
    if threshold is not None:
        return threshold, origin
    own = {card.threshold for card in cards}
    if len(own) > 1:
        told = ", ".join(sorted(str(one) for one in own))
        raise InvalidInputError(
            f"The classifiers' thresholds differ ({told}), and none of them is that of their "
            "mean. Give `threshold=`, chosen on images that none was trained on, and "
            "`threshold_origin=`."
        )
    origins = {card.threshold_origin for card in cards}
    return cards[0].threshold, origin or (origins.pop() if len(origins) == 1 else "")
