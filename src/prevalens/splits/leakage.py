"""The audit of a partition: what stands on both sides."""

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prevalens._checks import check_kind, name_some
from prevalens._notebook import card, findings_page, note, show_text, table
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.components import repeated
from prevalens.cohorts.duplicates import HASHES, find_duplicates
from prevalens.exceptions import DataWarning, InvalidInputError, LeakageError
from prevalens.images.decoding import check_reader
from prevalens.images.near_pairs import MAX_DISTANCE
from prevalens.splits.partition import Partition
from prevalens.typing import Rows

_CHECKS = (
    "patients in two parts",
    "identical files in two parts",
    "identical files with two labels",
    "near-duplicate images in two parts",
    "near-duplicate images with two labels",
)

_ORDER = ("train", "validation", "test", "cohort", "against")
# By kind of finding: how bad it is, and what to do.
_REMEDIES = {
    "patient": ("error", "Split by patient: `prevalens split`, or `PatientHoldout`."),
    "identical": ("error", "Give their patients one id, and split anew."),
    "near-duplicate": (
        "warning",
        "Look at the pictures; where they are one image, give one patient id and split anew.",
    ),
    "identical, two labels": ("error", "Correct the label, or leave the images out."),
    "near-duplicate, two labels": ("warning", "Look at the pictures, and correct the label."),
}


@dataclass(frozen=True)
class Finding:
    """One thing that should not be.

    Args:
        kind: `"patient"`: a patient's images are in more than one part. `"identical"`: files of
            the same bytes are. `"near-duplicate"`: pictures that look alike are. With
            `", two labels"`: such images have different labels, in whatever parts they are.
        rows: The rows concerned, rising.
        parts: The parts they are in.
        what: The patient, or the images, in words.

    Examples:
        >>> made = Finding("patient", rows=(0, 3), parts=("train", "test"), what="patient 'p7'")
        >>> made.severity, made.id.startswith("patient-")
        ('error', True)
    """

    kind: str
    rows: tuple[int, ...]
    parts: tuple[str, ...]
    what: str

    @property
    def id(self) -> str:
        """Name of the finding, the same whenever the same rows are found for the same reason."""
        told = f"{self.kind}:{self.rows}".encode()
        return f"{_slug(self.kind)}-{hashlib.sha256(told).hexdigest()[:8]}"

    @property
    def page(self) -> str:
        """Page and anchor of the documentation that explain the kind of finding."""
        return findings_page(_slug(self.kind))

    @property
    def severity(self) -> str:
        """Return "error" where estimates are optimistic for certain, else "warning"."""
        return _REMEDIES[self.kind][0]

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return _REMEDIES[self.kind][1]

    def __str__(self) -> str:
        return f"{self.kind}: {self.what} ({', '.join(self.parts)})"

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain values."""
        return {
            "id": self.id,
            "kind": self.kind,
            "severity": self.severity,
            "remedy": self.remedy,
            "page": self.page,
            "rows": list(self.rows),
            "parts": list(self.parts),
            "what": self.what,
        }


def _slug(kind: str) -> str:
    return kind.replace(",", "").replace(" ", "-")


@dataclass(frozen=True)
class LeakageAudit:
    """What an audit found, and what it looked at.

    Args:
        findings: What should not be: patients first, then images, then labels.
        checked: What was looked at, in words.
        not_checked: What could not be looked at, and why.

    Examples:
        >>> found = Finding("patient", rows=(0, 3), parts=("train", "test"), what="patient 'p7'")
        >>> LeakageAudit(findings=(found,), checked=("patients",)).ok
        False
    """

    findings: tuple[Finding, ...]
    checked: tuple[str, ...]
    not_checked: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def raise_if_leaking(self) -> None:
        """Raise LeakageError with the audit's text, unless nothing was found."""
        if not self.ok:
            raise LeakageError(str(self))

    def __str__(self) -> str:
        count = len(self.findings)
        found = f"{count} finding{'s' if count > 1 else ''}" if count else "Nothing found"
        lines = [f"{found}; looked for: {'; '.join(self.checked)}."]
        lines += [f"NOT looked for: {reason}." for reason in self.not_checked]
        lines += [f"- {finding} [{finding.id}]" for finding in self.findings[:20]]
        lines += [f"- and {count - 20} more"] if count > 20 else []
        kinds = {one.kind: one for one in self.findings}.values()
        lines += [f"{one.kind} ({one.severity}): {one.remedy} See {one.page}." for one in kinds]
        return "\n".join(lines)

    _repr_pretty_ = show_text

    def _repr_html_(self) -> str:
        head = ("Severity", "What was found", "What to do", "Id")
        rows = [
            (one.severity, str(one), one.remedy, one.id)
            for one in sorted(self.findings, key=lambda one: one.severity)[:20]
        ]
        count = len(self.findings)
        pages = ", ".join(dict.fromkeys(one.page for one in self.findings))
        return card(
            f"Leakage audit: {count} finding{'' if count == 1 else 's'}",
            *([table(head, rows)] if rows else []),
            *([note(f"and {count - 20} more")] if count > 20 else []),
            *([note(f"In the documentation: {pages}.")] if pages else []),
            note(f"Looked for: {'; '.join(self.checked)}."),
            *(note(f"NOT looked for: {reason}.") for reason in self.not_checked),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the audit as plain values."""
        return {
            "ok": self.ok,
            "checked": list(self.checked),
            "not_checked": list(self.not_checked),
            "findings": [finding.to_dict() for finding in self.findings],
        }


def audit_leakage(
    cohort: Cohort,
    partition: Partition | None = None,
    *,
    against: Cohort | None = None,
    hashes: Any = None,
    near: bool | None = None,
    turns: bool = False,
    max_distance: float = MAX_DISTANCE,
    n_jobs: int | None = None,
    progress: bool = False,
) -> LeakageAudit:
    """Look for patients and images that stand in more than one part of a partition.

    Args:
        cohort: The cohort.
        partition: A partition of it.
        against: Instead of a partition: another cohort, such as an external test set, that should
            share no patient and no image with this one. Its rows follow this one's in the
            findings, whose parts are "cohort" and "against".
        hashes: SHA-256 of each row's file, shape `(n_rows,)`; by default the covariate `sha256`,
            else the files are read.
        near: Whether to look for pictures that look alike too. None looks where the images are
            there; where they are not, the audit says so and warns.
        turns: Whether pictures that look alike may also be flipped or turned by quarter turns.
        max_distance: How far apart the perceptual hashes of two pictures that look alike may be,
            see `prevalens.images.find_near_pairs`.
        n_jobs: Workers that read files, as joblib counts them; None follows
            `joblib.parallel_config`.
        progress: Whether to show a line on standard error, where that is a terminal.

    Raises:
        InvalidInputError: the partition is of another cohort, a partition and another cohort came
            both or neither, or a setting needs `near`.
        UnreadableImageError: some files, but not all, cannot be read; the text names every one.

    Warns:
        DataWarning: no image is there, so that copies were not looked for.

    Examples:
        >>> import tempfile
        >>> from prevalens.cohorts import make_cells
        >>> from prevalens.splits import PatientHoldout
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     cells = make_cells(folder, n_patients=12, images_per_patient=2, image_size=32)
        ...     partition = PatientHoldout(seed=0).partition(cells)
        ...     audit = audit_leakage(cells, partition, near=False)
        >>> audit.ok
        True
    """
    check_kind("cohort", cohort, Cohort)
    if (partition is None) == (against is None):
        raise InvalidInputError(
            "An audit needs a partition, or another cohort as `against`, not both and not neither."
        )
    if against is not None:
        cohort, parts = _side_by_side(cohort, against)
    elif partition is not None:
        check_kind("partition", partition, Partition)
        partition.check_cohort(cohort)
        parts = _part_of_each_row(partition)
    findings = _crossing("patient", repeated(cohort.patients), cohort, parts)
    matches = check_reader(cohort.reader).matches
    files = any(matches(str(cohort.path(row))) for row in range(len(cohort)))
    looks = files if near is None else near
    if hashes is None and HASHES not in cohort.covariates and not (files or looks):
        reasons = (
            "identical images (no image is there, and no hashes were given)",
            "near-duplicate images (no image is there)",
        )
        _warn_unseen(cohort, near)
        return LeakageAudit(tuple(findings), _CHECKS[:1], reasons)
    settings: dict[str, Any] = {"turns": turns, "max_distance": max_distance} if looks else {}
    found = find_duplicates(
        cohort, hashes=hashes, near=looks, n_jobs=n_jobs, progress=progress, **settings
    )
    findings += _crossing("identical", found.identical, cohort, parts)
    findings += _crossing("near-duplicate", found.near, cohort, parts)
    findings += _two_labels("identical", found.identical, cohort, parts)
    findings += _two_labels("near-duplicate", found.near, cohort, parts)
    why = "near=False" if files else "no image is there"
    left_out: tuple[str, ...] = () if looks else (f"near-duplicate images ({why})",)
    if len(found.blank):
        left_out += (f"copies among {len(found.blank)} blank pictures, all of which are alike",)
    return LeakageAudit(tuple(findings), _CHECKS if looks else _CHECKS[:3], left_out)


def _warn_unseen(cohort: Cohort, near: bool | None) -> None:  # noqa: FBT001
    if near is None and len(cohort):
        first = ", ".join(repr(str(cohort.path(row).absolute())) for row in range(len(cohort))[:2])
        warnings.warn(
            f"No image is there: none of {len(cohort):,} was found, such as {first}. Patients in "
            "two parts were looked for, copies of images were not. If the images are elsewhere, "
            "correct `root`. (In Python, give the cohort the `reader` of its images, or pass "
            "near=False to do without them.)",
            DataWarning,
            stacklevel=3,
        )


def _side_by_side(cohort: Cohort, other: Cohort) -> tuple[Cohort, np.ndarray[Any, Any]]:
    """Return one cohort of the rows of both, and which of the two each row is of."""
    if cohort.reader != other.reader:
        raise InvalidInputError(
            "Both cohorts must have the same `reader` to be compared. Read them alike."
        )
    sides = [[str(one.path(row)) for row in range(len(one))] for one in (cohort, other)]
    shared = sorted(set(sides[0]) & set(sides[1]))
    if shared:
        raise LeakageError(
            f"{len(shared)} images are listed in both cohorts: {name_some(shared)}. Take them out "
            "of one, for example with `cohort.where`."
        )
    hashed = all(HASHES in one.covariates for one in (cohort, other))
    joint = Cohort(
        images=np.array(sides[0] + sides[1]),
        labels=np.concatenate([cohort.label_names, other.label_names]),
        patients=np.concatenate([cohort.patients, other.patients]),
        positive=cohort.positive,
        covariates={HASHES: np.concatenate([one.covariates[HASHES] for one in (cohort, other)])}
        if hashed
        else {},
        reader=cohort.reader,
    )
    return joint, np.repeat(["cohort", "against"], [len(cohort), len(other)])


def _part_of_each_row(partition: Partition) -> np.ndarray[Any, np.dtype[np.str_]]:
    parts = np.full(partition.n_rows, "", dtype="<U10")
    for name, rows in partition.parts().items():
        parts[rows] = name
    return parts


def _crossing(
    kind: str, groups: Sequence[Rows], cohort: Cohort, parts: np.ndarray[Any, Any]
) -> list[Finding]:
    findings = []
    for rows in groups:
        used = rows[parts[rows] != ""]
        if len(set(parts[used].tolist())) > 1:
            what = (
                f"patient {str(cohort.patients[rows[0]])!r}"
                if kind == "patient"
                else name_some(cohort.images[used].tolist())
            )
            findings.append(_finding(kind, used, parts, what))
    return findings


def _two_labels(
    kind: str, groups: Sequence[Rows], cohort: Cohort, parts: np.ndarray[Any, Any]
) -> list[Finding]:
    return [
        _finding(
            f"{kind}, two labels",
            rows,
            parts,
            f"{name_some(cohort.images[rows].tolist())} as "
            f"{' and '.join(np.unique(cohort.label_names[rows]).tolist())}",
        )
        for rows in groups
        if len(set(cohort.labels[rows].tolist())) > 1
    ]


def _finding(kind: str, rows: Rows, parts: np.ndarray[Any, Any], what: str) -> Finding:
    found = set(parts[rows].tolist())
    named = tuple(name for name in _ORDER if name in found)
    return Finding(kind, tuple(rows.tolist()), named, what)
