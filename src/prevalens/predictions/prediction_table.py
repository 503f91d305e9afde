"""Predictions as a table: which column holds what, by name or by prefix."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prevalens._cells import as_number, as_text
from prevalens._checks import did_you_mean, name_some
from prevalens._columns import encode
from prevalens._numbers import as_every_number, as_numbers
from prevalens._tables import Cells, find_column
from prevalens.exceptions import DataWarning, InvalidInputError

if TYPE_CHECKING:
    from prevalens.predictions.predictions import Predictions

OWN = ("image", "patient", "label", "class", "score", "train_prevalence", "provenance", "ordered")
_PREFIXES = ("score_", "label_", "train_prevalence_")


@dataclass(frozen=True)
class LabelsAndScores:
    """What a table says of labels and scores.

    Args:
        labels: As `Predictions` takes them.
        scores: Likewise.
        classes: Class or label names.
        used: Names of the columns that were read.
    """

    labels: Any
    scores: Any
    classes: tuple[str, ...]
    used: set[str]


def to_columns(predictions: "Predictions") -> dict[str, Sequence[Any]]:
    """Return the columns that `save` writes.

    Raises:
        InvalidInputError: a covariate has the name of one of the file's own columns.
    """
    covariates = predictions.covariates or {}
    taken = sorted(n for n in covariates if n in OWN or n.startswith(_PREFIXES))
    if taken:
        raise InvalidInputError(
            f"The file has columns of its own called {list(OWN)}, or beginning with "
            f"{list(_PREFIXES)}; rename the covariates {taken}."
        )
    columns: dict[str, Sequence[Any]] = {}
    for name, ids in (("image", predictions.images), ("patient", predictions.patients)):
        columns |= {} if ids is None else {name: ids.tolist()}
    classes, labels = predictions.classes, predictions.labels
    if labels.ndim == 2:
        for name, column in zip(classes, labels.T.tolist(), strict=True):
            columns[f"label_{name}"] = ["" if c != c else int(c) for c in column]  # noqa: PLR0124
    else:
        columns["label"] = labels.tolist()
        columns["class"] = [classes[label] for label in labels.tolist()]
    if predictions.scores.ndim == 1:
        columns["score"] = predictions.scores.tolist()
    else:
        for name, score in zip(classes, predictions.scores.T.tolist(), strict=True):
            columns[f"score_{name}"] = score
    columns |= {name: column.tolist() for name, column in covariates.items()}
    return columns | _constants(predictions)


def _constants(predictions: "Predictions") -> dict[str, Sequence[Any]]:
    """Return what holds for all rows, once for each."""
    shares, n_rows = predictions.train_prevalence, len(predictions)
    held: dict[str, Any] = {}
    if isinstance(shares, tuple):
        held |= {
            f"train_prevalence_{n}": s for n, s in zip(predictions.classes, shares, strict=True)
        }
    elif shares is not None:
        held["train_prevalence"] = shares
    if predictions.provenance:
        held["provenance"] = predictions.provenance
    if predictions.ordered:
        held["ordered"] = True
    return {name: [value] * n_rows for name, value in held.items()}


def read_constants(table: Mapping[str, Cells], classes: tuple[str, ...]) -> dict[str, Any]:
    """Return what `save` wrote into every row because it holds for all.

    Raises:
        InvalidInputError: rows disagree.
    """
    known: dict[str, Any] = {}
    shares = [f"train_prevalence_{name}" for name in classes]
    for name in ("train_prevalence", "provenance", "ordered", *shares):
        if name in table and name not in known:
            held = {as_text(cell) for cell in table[name] if cell is not None}
            if len(held) > 1 or (held and None in table[name]):
                raise InvalidInputError(
                    f"Column {name!r} holds for all rows, but they disagree: "
                    f"{name_some(sorted(held))}. Make them agree, or rename the column."
                )
            known |= {name: held.pop()} if held else {}
    if "train_prevalence" in known:
        known["train_prevalence"] = as_number(known["train_prevalence"])
    found = [as_number(known.pop(name)) for name in shares if name in known]
    known |= {"train_prevalence": found} if found and len(found) == len(classes) else {}
    if "ordered" in known:
        known["ordered"] = known["ordered"] in {"True", "1"}
    return known


def read_labels_and_scores(
    table: Mapping[str, Cells],
    *,
    label: str | Sequence[str],
    score: str | Sequence[str],
    positive: str | None,
) -> LabelsAndScores:
    """Read labels and scores from their columns.

    Args:
        table: Named columns.
        label: Column of labels; or the prefix, or the names, of one column for each label.
        score: Column of scores; or the prefix, or the names, of one for each class or label.
        positive: Name of the positive class, where labels are names of two classes.

    Raises:
        InvalidInputError: a column is missing, a cell is no number, or labels, scores and
            `positive` do not fit one another.

    Warns:
        DataWarning: the second half of the rows repeats the first.
    """
    _warn_of_pasted(table)
    scores, score_names = _columns_of(table, score, "score")
    several, label_names = _columns_of(table, label, "label", names=scores)
    used = {*score_names, *label_names}
    values = [as_every_number(name, table[name]) for name in score_names]
    given = np.column_stack(values) if len(values) > 1 else values[0]
    if len(label_names) > 1:
        if set(several) != set(scores):
            raise InvalidInputError(
                f"Each label needs its score, but the labels are {several} and the scores "
                f"{scores}. Name the columns alike after their prefix."
            )
        held = dict(zip(several, label_names, strict=True))
        labels = np.column_stack([as_numbers(held[name], table[held[name]]) for name in scores])
        return LabelsAndScores(labels, given, tuple(scores), used)
    classes = tuple(scores) if len(scores) > 1 else ()
    codes, classes = _coded(table, label_names[0], classes, positive)
    return LabelsAndScores(codes, given, classes, used)


def _warn_of_pasted(table: Mapping[str, Cells]) -> None:
    """Warn where all rows come twice; where images are named they are refused as repeated."""
    half, odd = divmod(len(next(iter(table.values()))), 2)
    if half > 4 and not odd and all(cells[:half] == cells[half:] for cells in table.values()):
        warnings.warn(
            f"The {2 * half} rows are {half} rows twice: the second half repeats the first in "
            "every column. If a table was pasted twice, leave one copy out: each n is doubled.",
            DataWarning,
            stacklevel=4,
        )


def _columns_of(
    table: Mapping[str, Cells],
    wanted: str | Sequence[str],
    purpose: str,
    *,
    names: Sequence[str] = (),
) -> tuple[list[str], list[str]]:
    """Return what columns are of (classes, labels), and the columns."""
    if isinstance(wanted, str):
        own = [name for name in table if name.startswith(f"{wanted.rstrip('_')}_")]
        if wanted in table or len(own) < 2 or (purpose == "label" and len(names) < 2):
            find_column(table, wanted, purpose=purpose)
            return [wanted], [wanted]
        found, prefix = own, f"{wanted.rstrip('_')}_"
    else:
        found, prefix = list(wanted), f"{purpose}_"
        for name in found:
            find_column(table, name, purpose=purpose)
    if len(found) < 2:
        raise InvalidInputError(
            f"Give `{purpose}` one column name, or one for each class, got {name_some(found)}."
        )
    if not isinstance(wanted, str) and not all(name.startswith(prefix) for name in found):
        prefix = _common_prefix(found)
    return [as_text(name.removeprefix(prefix)) for name in found], found


def _common_prefix(names: Sequence[str]) -> str:
    """Return what names begin with in common, up to its last `_`."""
    alike = 0
    while len({name[: alike + 1] for name in names}) == 1 and alike < min(map(len, names)):
        alike += 1
    return names[0][:alike][: names[0][:alike].rfind("_") + 1]


def _coded(
    table: Mapping[str, Cells], label: str, classes: tuple[str, ...], positive: str | None
) -> tuple[Any, tuple[str, ...]]:
    """Return labels as class indices, and the class names."""
    # What `save` wrote holds the names too, and they say more than the codes.
    named = classes and label == "label" and "class" in table
    coded = encode("label", table["class"] if named else find_column(table, label, purpose="label"))
    chosen = None if positive is None else as_text(positive)
    if classes:
        if named and set(coded.names) <= set(classes):
            place = [classes.index(name) for name in coded.names]
            return np.array(place, dtype=np.int64)[coded.codes], classes
        return _among(coded.codes, coded.names, classes, chosen)
    if set(coded.names) <= {"0", "1"} and chosen not in coded.names:
        labels = np.array([int(name) for name in coded.names], dtype=np.int64)[coded.codes]
        negative, written = _written_names(table, labels)
        if chosen is None or chosen == written or not labels.any():
            return labels, (negative, chosen or written)
    if chosen is None or chosen not in coded.names or len(coded.names) > 2:
        raise InvalidInputError(
            f"Column {label!r} must hold 0 and 1, or two names of which `positive` is one; it "
            f"holds {name_some(coded.names)}, and `positive` is "
            f"{'not given' if positive is None else repr(positive)}. Name the positive class, or "
            "give a score column for each class."
            f"{did_you_mean(chosen, coded.names) if chosen else ''}"
        )
    rest = next((name for name in coded.names if name != chosen), f"not {chosen}")
    return np.array([name == chosen for name in coded.names], dtype=np.int64)[coded.codes], (
        rest,
        chosen,
    )


def _among(
    codes: Any, names: Sequence[str], classes: tuple[str, ...], positive: str | None
) -> tuple[Any, tuple[str, ...]]:
    """Return labels that are names of given classes, or indices into them."""
    if positive is not None:
        raise InvalidInputError(
            f"`positive` belongs to labels of two classes with one score column, got {positive!r} "
            f"beside scores of {list(classes)}. Take `one_vs_rest({positive!r})` of the result."
        )
    unknown = [name for name in names if name not in classes]
    indices = [str(index) for index in range(len(classes))]
    if unknown and set(names) <= set(indices):
        return np.array([int(name) for name in names], dtype=np.int64)[codes], classes
    if unknown:
        raise InvalidInputError(
            f"Every label must be one of the classes {list(classes)}, but {name_some(unknown)} "
            "came. Correct them, or add a score column for each class."
            + did_you_mean(unknown[0], classes)
        )
    if set(names) <= set(indices) and list(classes) != indices:
        raise InvalidInputError(
            f"The labels {name_some(names)} are either names or indices of the classes "
            f"{list(classes)}; here they could be both. Write the names into a column `class`."
        )
    return np.array([classes.index(name) for name in names], dtype=np.int64)[codes], classes


def _written_names(table: Mapping[str, Cells], labels: Any) -> tuple[str, str]:
    """Return the names in the column `class` that `save` writes beside 0 and 1."""
    names = ["negative", "positive"]
    if "class" in table:
        written = np.array([as_text(cell) for cell in table["class"]], dtype=object)
        for code in (0, 1):
            found = sorted(set(written[labels == code].tolist()))
            names[code] = found[0] if len(found) == 1 else names[code]
    return names[0], names[1]
