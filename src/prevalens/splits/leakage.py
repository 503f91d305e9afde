"""The audit of a partition: what stands on both sides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prevalens._checks import name_some
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.duplicates import Duplicates, find_duplicates
from prevalens.exceptions import InvalidInputError, LeakageError
from prevalens.splits.partition import Partition
from prevalens.typing import Rows


@dataclass(frozen=True)
class Finding:
    """One thing that should not be.

    Args:
        kind: `"patient"`: a patient's images are in more than one part. `"identical"`: files of
            the same bytes are. `"two labels"`: files of the same bytes have different labels,
            in whatever parts.
        rows: The rows concerned, rising.
        parts: The parts they are in.
        what: The patient, or the images, in words.
    """

    kind: str
    rows: tuple[int, ...]
    parts: tuple[str, ...]
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what} ({', '.join(self.parts)})"

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain values."""
        return {
            "kind": self.kind,
            "rows": list(self.rows),
            "parts": list(self.parts),
            "what": self.what,
        }


@dataclass(frozen=True)
class LeakageAudit:
    """What an audit found, and what it looked at.

    Args:
        findings: What should not be, in the order patients, images, labels.
        checked: What was looked at, in words.
        not_checked: What could not be looked at, and why.
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
        lines = [f"{len(self.findings)} findings" if self.findings else "Nothing found"]
        lines[0] += f"; looked for: {'; '.join(self.checked)}."
        lines += [f"NOT looked for: {reason}." for reason in self.not_checked]
        lines += [f"- {finding}" for finding in self.findings[:20]]
        rest = len(self.findings) - 20
        return "\n".join([*lines, *([f"- and {rest} more"] if rest > 0 else [])])

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
    partition: Partition,
    *,
    hashes: Any = None,
    n_jobs: int | None = None,
    progress: bool = False,
) -> LeakageAudit:
    """Look for patients and images that stand in more than one part of a partition.

    Args:
        cohort: The cohort.
        partition: A partition of it.
        hashes: SHA-256 of each row's file, shape `(n_rows,)`; by default the covariate `sha256`,
            else the files are read. Where none of the files exist, only patients are looked at,
            and the audit says so.
        n_jobs: Workers that read files, as joblib counts them; None follows
            `joblib.parallel_config`.
        progress: Whether to show a line on standard error, where that is a terminal.

    Raises:
        InvalidInputError: the partition is of another cohort.
        UnreadableImageError: some files, but not all, are missing; the text names every one.
    """
    if partition.cohort_fingerprint != cohort.fingerprint:
        raise InvalidInputError(
            "The partition was drawn on another cohort. Audit it with the cohort it was drawn on."
        )
    parts = _part_of_each_row(partition)
    findings = _crossing("patient", _groups_of(cohort.patients), cohort, parts)
    checked = ["patients in two parts"]
    given = hashes is not None or "sha256" in cohort.covariates
    if not given and not any(cohort.path(row).is_file() for row in range(len(cohort))):
        reason = "identical images (no image is there, and no hashes were given)"
        return LeakageAudit(tuple(findings), tuple(checked), (reason,))
    duplicates = find_duplicates(cohort, hashes=hashes, n_jobs=n_jobs, progress=progress)
    findings += _crossing("identical", duplicates.identical, cohort, parts)
    findings += _two_labels(duplicates, cohort, parts)
    checked += ["identical files in two parts", "identical files with two labels"]
    return LeakageAudit(tuple(findings), tuple(checked))


def _part_of_each_row(partition: Partition) -> np.ndarray[Any, np.dtype[np.str_]]:
    parts = np.full(partition.n_rows, "", dtype="<U10")
    for name, rows in partition.parts().items():
        parts[rows] = name
    return parts


def _groups_of(patients: np.ndarray[Any, np.dtype[np.str_]]) -> list[Rows]:
    order = np.argsort(patients, kind="stable").astype(np.int64)
    _, starts = np.unique(patients[order], return_index=True)
    return np.split(order, starts[1:])


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
    duplicates: Duplicates, cohort: Cohort, parts: np.ndarray[Any, Any]
) -> list[Finding]:
    return [
        _finding(
            "two labels",
            rows,
            parts,
            f"{name_some(cohort.images[rows].tolist())} as "
            f"{', '.join(np.unique(cohort.label_names[rows]).tolist())}",
        )
        for rows in duplicates.identical
        if len(set(cohort.labels[rows].tolist())) > 1
    ]


def _finding(kind: str, rows: Rows, parts: np.ndarray[Any, Any], what: str) -> Finding:
    found = set(parts[rows].tolist())
    named = tuple(name for name in ("train", "validation", "test") if name in found)
    return Finding(kind, tuple(rows.tolist()), named, what)
