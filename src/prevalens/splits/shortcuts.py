"""The audit of a cohort: what tells the label without looking at the picture."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from prevalens._checks import check_kind, check_number
from prevalens._notebook import card, findings_page, note, show_text, table
from prevalens._threads import one_blas_thread
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import DataWarning
from prevalens.images.appearance import read_appearances
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.ranking import auroc
from prevalens.splits.patient_kfold import PatientKFold
from prevalens.typing import Column

Table = NDArray[np.float64]  # (n_rows, n_columns)

# Text covariates of more values than this are ids or free text, not strata.
_MANY = 50
_PICTURE = frozenset({"mean brightness", "16x16 thumbnail"})
_PAGE = findings_page("shortcut")
_REMEDY = "Find out how the images were collected, and treat those of all classes alike."
_SMALL = 100 * 100  # pixels, up to which the size of a file is what its picture compresses to


@dataclass(frozen=True)
class ShortcutAudit:
    """How well each shortcut tells the label; `str()` gives the text.

    Args:
        estimates: By name of the shortcut: AUROC of its probe, patients held out, and its limits.
        bound: AUROC from which a shortcut is suspicious.
        left_out: Covariates that were not tried, and why.
        picture: Names of those that are the coarse picture itself, not something beside it. They
            may carry real signal: a network has to beat them, and they are never suspicious.

    Examples:
        >>> from prevalens.metrics import auroc
        >>> made = auroc([0, 0, 1, 1] * 10, [0.1, 0.2, 0.8, 0.9] * 10)
        >>> ShortcutAudit({"scanner": made}, bound=0.7, left_out={}).suspicious
        ['scanner']
    """

    estimates: Mapping[str, Estimate]
    bound: float
    left_out: Mapping[str, str]
    picture: frozenset[str] = frozenset()

    @property
    def suspicious(self) -> list[str]:
        """Names of the shortcuts at or past the bound and beyond chance, strongest first."""
        return [name for name, estimate in self._ranked() if self._is_suspicious(name, estimate)]

    @property
    def ok(self) -> bool:
        """Whether no shortcut is suspicious."""
        return not self.suspicious

    def _is_suspicious(self, name: str, estimate: Estimate) -> bool:
        if name in self.picture:
            return False
        chance = estimate.lower is not None and estimate.lower <= 0.5
        return estimate.value is not None and estimate.value >= self.bound and not chance

    def _ranked(self) -> list[tuple[str, Estimate]]:
        return sorted(self.estimates.items(), key=lambda item: -(item[1].value or 0.0))

    def __str__(self) -> str:
        head = "What tells the label without looking at the picture: AUROC of a probe over "
        lines = [f"{head}held-out patients; suspicious from {self.bound:g}"]
        for name, estimate in self._ranked():
            mark = f"  <- suspicious [{_id(name)}]" if self._is_suspicious(name, estimate) else ""
            mark = "  (the coarse picture: to be beaten)" if name in self.picture else mark
            lines.append(f"  {name}: {_in_words(estimate)}{mark}")
        lines += [f"  {name}: not tried, {why}" for name, why in self.left_out.items()]
        lines += [] if self.ok else [f"{_REMEDY} See {_PAGE}."]
        return "\n".join(lines)

    _repr_pretty_ = show_text

    def _repr_html_(self) -> str:
        rows = []
        for name, estimate in self._ranked():
            verdict = f"suspicious: {_id(name)}" if self._is_suspicious(name, estimate) else ""
            verdict = "the coarse picture: to be beaten" if name in self.picture else verdict
            rows.append((name, _in_words(estimate), verdict))
        return card(
            f"Shortcut audit: {len(self.suspicious)} of {len(rows)} shortcuts suspicious",
            table(("Shortcut", "AUROC of its probe", "Verdict"), rows),
            *(note(f"{name}: not tried, {why}") for name, why in self.left_out.items()),
            *([] if self.ok else [note(f"{_REMEDY} In the documentation: {_PAGE}.")]),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the audit as plain values."""
        return {
            "ok": self.ok,
            "bound": self.bound,
            "suspicious": self.suspicious,
            "estimates": {name: estimate.to_dict() for name, estimate in self.estimates.items()},
            "left_out": dict(self.left_out),
            "picture": sorted(self.picture),
        }


def audit_shortcuts(
    cohort: Cohort,
    *,
    bound: float = 0.7,
    images: bool = True,
    n_splits: int = 5,
    confidence_level: float = 0.95,
    seed: int = 0,
    n_jobs: int | None = None,
    progress: bool = False,
) -> ShortcutAudit:
    """Measure what tells the positive class without looking at the picture.

    For each shortcut (file size, width, height, mode, mean brightness, border colour, a grey 16 x
    16 thumbnail, each covariate) a logistic regression with balanced classes is trained on some
    patients and scores the others, `PatientKFold` being the folds. Single numbers enter with their
    square, texts as one column per value, and missing numbers as the median with a column that
    says so. Scores become ranks within their fold before they are pooled.

    A shortcut that works is no proof that a network takes it, but the network could score as well
    by it alone. File size, mode and border should tell nothing. The thumbnail and the mean
    brightness are the picture itself, seen coarsely, and so is the file size of pictures of at most
    100 x 100 pixels, which tells how well they compress: they are what a network has to beat, and
    never suspicious. A covariate such as age may carry real signal too.

    Args:
        cohort: The cohort; of more than two classes, the positive one against the rest.
        bound: AUROC from which a shortcut is suspicious, if its interval excludes 0.5.
        images: Whether to read the files; False tries the covariates alone.
        n_splits: Number of folds.
        confidence_level: Coverage the intervals aim at.
        seed: Seed of the folds.
        n_jobs: Workers that read files, as joblib counts them; None follows
            `joblib.parallel_config`.
        progress: Whether to show a line on standard error, where that is a terminal.

    Returns:
        The audit; every estimate has its patient-level interval.

    Raises:
        ImpossibleSplitError: a class has fewer patients than `n_splits`.
        UnreadableImageError: files cannot be read; the text names every one of them.

    Warns:
        DataWarning: a shortcut is suspicious; the text names each.

    Examples:
        >>> import warnings
        >>> from prevalens.cohorts import Cohort
        >>> cohort = Cohort(
        ...     images=[f"{k}.png" for k in range(80)], labels=(["sick"] * 4 + ["well"] * 4) * 10,
        ...     patients=[f"p{k // 4}" for k in range(80)], positive="sick",
        ...     covariates={"scanner": (["A"] * 4 + ["B"] * 4) * 10},
        ... )
        >>> with warnings.catch_warnings():  # a warning says the same
        ...     warnings.simplefilter("ignore")
        ...     audit_shortcuts(cohort, images=False).suspicious
        ['covariate scanner']
    """
    check_kind("cohort", cohort, Cohort)
    check_number("bound", bound, low=0.5, high=1.0)
    shortcuts: dict[str, Table] = {}
    picture = frozenset[str]()
    if images:
        shortcuts, picture = _of_files(cohort, n_jobs=n_jobs, progress=progress)
    left_out = {}
    for name, column in cohort.covariates.items():
        if column.dtype.kind not in "iuf" and len(np.unique(column.astype(np.str_))) > _MANY:
            left_out[f"covariate {name}"] = f"text of more than {_MANY} values"
        else:
            shortcuts[f"covariate {name}"] = _columns_of(column)
    folds = list(
        PatientKFold(n_splits, seed=seed).split(cohort.labels, cohort.labels, cohort.patients)
    )
    audit = ShortcutAudit(
        {
            name: auroc(
                cohort.is_positive,
                _held_out_ranks(table, cohort.is_positive, folds),
                patients=cohort.patients,
                confidence_level=confidence_level,
            )
            for name, table in shortcuts.items()
        },
        bound,
        left_out,
        picture & shortcuts.keys(),
    )
    _warn(audit)
    return audit


def _warn(audit: ShortcutAudit) -> None:
    if not audit.ok:
        told = (f"{name} (AUROC {audit.estimates[name].value:.2f})" for name in audit.suspicious)
        warnings.warn(
            f"The label can be told without looking at the picture, by {', '.join(told)}. Find "
            "out how the images were collected before trusting any estimate on them.",
            DataWarning,
            stacklevel=3,
        )


def _of_files(
    cohort: Cohort, *, n_jobs: int | None, progress: bool
) -> tuple[dict[str, Table], frozenset[str]]:
    """Return the columns of each shortcut, and which of them are the coarse picture."""
    paths = [cohort.path(row) for row in range(len(cohort))]
    seen = read_appearances(paths, reader=cohort.reader, n_jobs=n_jobs, progress=progress)
    small = float(np.median([one.width * one.height for one in seen])) <= _SMALL
    picture = _PICTURE | {"file size"} if small else _PICTURE
    tables = {
        "file size": _columns_of(np.log([max(1, one.n_bytes) for one in seen])),
        "width": _columns_of(np.array([one.width for one in seen])),
        "height": _columns_of(np.array([one.height for one in seen])),
        "mode": _columns_of(np.array([one.mode for one in seen])),
        "mean brightness": _columns_of(np.array([one.brightness for one in seen])),
        "border colour": np.stack([one.border for one in seen]),
        "16x16 thumbnail": np.stack([one.thumbnail for one in seen]),
    }
    return tables, picture


def _columns_of(column: Column) -> Table:
    if column.dtype.kind not in "iuf":
        words = column.astype(np.str_)
        return np.stack([words == word for word in np.unique(words)], axis=1).astype(np.float64)
    numbers = column.astype(np.float64)
    missing = ~np.isfinite(numbers)  # an infinity has no place on a scale
    filled = np.where(missing, 0.0 if missing.all() else np.median(numbers[~missing]), numbers)
    spread = filled.std() or 1.0
    scaled = (filled - filled.mean()) / spread
    return np.stack([scaled, scaled**2, missing], axis=1)


def _held_out_ranks(
    table: Table, is_positive: NDArray[np.bool_], folds: list[tuple[Any, Any]]
) -> NDArray[np.float64]:
    """Return the score of each row by a probe that never saw its patient, as a rank in (0, 1)."""
    ranks = np.empty(len(table))
    for train, test in folds:
        # Many columns, few patients: the thumbnail's 256 need a stronger pull towards 0.
        strength = 1.0 if table.shape[1] < _MANY else 0.01
        probe = make_pipeline(
            StandardScaler(),
            LogisticRegression(C=strength, class_weight="balanced", max_iter=2000),
        )
        with one_blas_thread():
            probe.fit(table[train], is_positive[train])
        ranks[test] = (rankdata(probe.decision_function(table[test])) - 0.5) / len(test)
    return ranks


def _id(name: str) -> str:
    """Return the id of a suspicious shortcut, the same for the same name."""
    return f"shortcut-{name.replace(' ', '-')}"


def _in_words(estimate: Estimate) -> str:
    if estimate.value is None:
        return f"not estimable: {estimate.not_estimable}"
    if estimate.lower is None or estimate.upper is None:
        why = (estimate.note or "no reason given").removeprefix("No interval: ")
        return f"{estimate.value:.3f} (no interval: {why})"
    limits = f"{estimate.lower:.3f} to {estimate.upper:.3f}"
    return f"{estimate.value:.3f} ({estimate.confidence_level:.0%}: {limits})"
