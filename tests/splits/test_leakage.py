"""The leakage audit: what stands on both sides is found and named."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prevalens.cohorts import Cohort, find_duplicates, read_cnmc
from prevalens.exceptions import DataWarning, InvalidInputError, LeakageError, UnreadableImageError
from prevalens.splits import Finding, LeakageAudit, Partition, audit_leakage

MANIFEST = Path(__file__).parents[2].parent / "shared" / "data" / "cnmc" / "manifest.csv"


def by_patient(cohort: Cohort, *, modulus: int = 3) -> Partition:
    """Give each patient's rows to one part, by the patient's position."""
    _, codes = np.unique(cohort.patients, return_inverse=True)
    return Partition(
        train=np.flatnonzero(codes % modulus > 1),
        validation=np.flatnonzero(codes % modulus == 1),
        test=np.flatnonzero(codes % modulus == 0),
        cohort_fingerprint=cohort.fingerprint,
        n_rows=len(cohort),
    )


def split_at(cohort: Cohort, train: list[int], test: list[int]) -> Partition:
    """Make a partition of the rows given."""
    return Partition(
        train=np.array(train),
        validation=np.array([], dtype=np.int64),
        test=np.array(test),
        cohort_fingerprint=cohort.fingerprint,
        n_rows=len(cohort),
    )


def columns(hashes: str, patients: str, labels: str) -> Cohort:
    """Make a cohort of one-letter hashes, patients and labels."""
    return Cohort(
        images=[f"{k}.png" for k in range(len(hashes))],
        labels=list(labels),
        patients=list(patients),
        positive="a",
        covariates={"sha256": list(hashes)},
    )


def test_a_patient_wise_partition_passes(image_cohort: Cohort) -> None:
    """Whole patients with different images: nothing is found, and nothing is raised."""
    audit = audit_leakage(image_cohort, by_patient(image_cohort))

    assert audit.ok
    assert audit.findings == ()
    audit.raise_if_leaking()
    assert str(audit).startswith("Nothing found; looked for: patients")


def test_a_patient_in_two_parts_is_named() -> None:
    """Patient p has row 0 in train and row 1 in test."""
    cohort = columns("stuv", "ppqr", "abab")

    audit = audit_leakage(cohort, split_at(cohort, [0, 2], [1, 3]))

    assert [(f.kind, f.rows, f.parts, f.what) for f in audit.findings] == [
        ("patient", (0, 1), ("train", "test"), "patient 'p'")
    ]
    with pytest.raises(LeakageError, match="patient 'p'"):
        audit.raise_if_leaking()


def test_identical_images_of_two_patients_are_named() -> None:
    """Rows 0 and 2 have the same bytes and different patients, on different sides."""
    cohort = columns("xyxz", "ppqr", "abab")

    audit = audit_leakage(cohort, split_at(cohort, [0, 1], [2, 3]))

    assert [(f.kind, f.rows) for f in audit.findings] == [("identical", (0, 2))]
    assert str(audit).startswith("1 finding; looked for")
    assert "'0.png', '2.png'" in str(audit)


def test_rows_in_no_part_do_not_leak() -> None:
    """A patient whose other image is in no part is on one side only."""
    cohort = columns("xyxz", "ppqr", "abab")

    assert audit_leakage(cohort, split_at(cohort, [0], [3])).ok


def test_an_image_with_two_labels_is_named_even_within_a_part() -> None:
    """The same bytes as a and as b are a wrong label, wherever they are."""
    cohort = columns("xxyz", "ppqr", "abab")

    audit = audit_leakage(cohort, split_at(cohort, [0, 1], [2, 3]))

    assert [(f.kind, f.rows, f.parts) for f in audit.findings] == [
        ("identical, two labels", (0, 1), ("train",))
    ]
    assert "as a and b" in str(audit)


def test_a_copied_file_is_found_from_its_bytes(image_cohort: Cohort) -> None:
    """Without hashes the files are read."""
    partition = by_patient(image_cohort)
    a, b = int(partition.train[0]), int(partition.test[0])
    image_cohort.path(b).write_bytes(image_cohort.path(a).read_bytes())

    found = audit_leakage(image_cohort, partition).findings

    assert ("identical", tuple(sorted((a, b)))) in [(f.kind, f.rows) for f in found]


def test_a_near_duplicate_is_found_and_its_labels_compared(image_cohort: Cohort) -> None:
    """A darker copy in another part is named, and that it has another label."""
    partition = by_patient(image_cohort)
    a = int(partition.train[image_cohort.is_positive[partition.train]][0])
    b = int(partition.test[~image_cohort.is_positive[partition.test]][0])
    with Image.open(image_cohort.path(a)) as picture:
        picture.point(lambda value: value * 0.9).save(image_cohort.path(b))

    audit = audit_leakage(image_cohort, partition)

    rows = tuple(sorted((a, b)))
    assert [(f.kind, f.rows) for f in audit.findings] == [
        ("near-duplicate", rows),
        ("near-duplicate, two labels", rows),
    ]
    assert audit_leakage(image_cohort, partition, near=False).ok


def test_a_turned_copy_is_found_on_request(image_cohort: Cohort) -> None:
    """A copy turned by a quarter is found with turns=True alone."""
    partition = by_patient(image_cohort)
    a, b = int(partition.train[0]), int(partition.test[0])
    with Image.open(image_cohort.path(a)) as picture:
        picture.transpose(Image.Transpose.ROTATE_90).save(image_cohort.path(b))

    assert audit_leakage(image_cohort, partition).ok
    turned = audit_leakage(image_cohort, partition, turns=True)
    assert tuple(sorted((a, b))) in [f.rows for f in turned.findings]


def test_a_setting_that_would_be_ignored_is_refused(image_cohort: Cohort) -> None:
    """Turns need a look at the pictures."""
    with pytest.raises(InvalidInputError, match="near=False does not look"):
        find_duplicates(image_cohort, turns=True)


def test_without_any_file_the_audit_says_what_it_did_not_check(cohort: Cohort) -> None:
    """No files and no hashes: patients are checked, and the rest is named as unchecked."""
    with pytest.warns(DataWarning, match="copies of images were not"):
        audit = audit_leakage(cohort, by_patient(cohort))

    assert audit.ok
    assert [reason.split(" (")[0] for reason in audit.not_checked] == [
        "identical images",
        "near-duplicate images",
    ]
    assert "NOT looked for" in str(audit)


def test_some_missing_files_are_an_error(image_cohort: Cohort) -> None:
    """Where only some files are missing, they are named rather than passed over."""
    image_cohort.path(4).unlink()

    with pytest.raises(UnreadableImageError, match=Path(image_cohort.images[4]).name):
        audit_leakage(image_cohort, by_patient(image_cohort))


def test_a_partition_of_another_cohort_is_refused(cohort: Cohort) -> None:
    """The fingerprints must agree."""
    other = cohort.take(range(10))

    with pytest.raises(InvalidInputError, match="another cohort"):
        audit_leakage(other, by_patient(cohort))


def test_the_audit_as_a_dict_is_plain() -> None:
    """The dict goes through JSON unchanged and counts the same findings."""
    cohort = columns("xyxz", "ppqp", "abab")
    record = audit_leakage(cohort, split_at(cohort, [0, 1], [2, 3])).to_dict()

    assert json.loads(json.dumps(record)) == record
    assert [finding["kind"] for finding in record["findings"]] == ["patient", "identical"]
    assert record["ok"] is False
    assert set(record) == {"ok", "checked", "not_checked", "findings"}
    assert record["findings"][0] == {
        "id": audit_leakage(cohort, split_at(cohort, [0, 1], [2, 3])).findings[0].id,
        "severity": "error",
        "remedy": "Split by patient: `prevalens split`, or `PatientHoldout`.",
        "page": "reference/findings.html#finding-patient",
        "kind": "patient",
        "rows": [0, 1, 3],
        "parts": ["train", "test"],
        "what": "patient 'p'",
    }


def test_a_long_audit_counts_what_it_does_not_list() -> None:
    """Twenty findings are listed, the other ten counted."""
    letters = "".join(chr(ord("A") + k) for k in range(30))
    cohort = columns(letters * 2, letters * 2, "ab" * 30)
    audit = audit_leakage(cohort, split_at(cohort, list(range(30)), list(range(30, 60))))

    assert len(audit.findings) == 60
    assert str(audit).startswith("60 findings; looked for")
    lines = str(audit).splitlines()
    assert lines[lines.index("- and 40 more") + 1].startswith("patient (error): ")


@pytest.mark.skipif(not MANIFEST.is_file(), reason="the real file list is not on this machine")
def test_the_real_file_list_leaks_until_its_patients_are_joined() -> None:
    """A split by patient id alone leaves identical images across; after joining, none."""
    cohort = read_cnmc(MANIFEST)
    leaking = audit_leakage(cohort, by_patient(cohort))
    joined = cohort.join_patients(find_duplicates(cohort).patient_pairs)

    assert {finding.kind for finding in leaking.findings} == {"identical"}
    assert audit_leakage(joined, by_patient(joined)).ok


CHECKS = (
    "patients in two parts",
    "identical files in two parts",
    "identical files with two labels",
    "near-duplicate images in two parts",
    "near-duplicate images with two labels",
)
NOTHING_THERE = (
    "identical images (no image is there, and no hashes were given)",
    "near-duplicate images (no image is there)",
)


@pytest.mark.filterwarnings("ignore:No image is there:prevalens.exceptions.DataWarning")
@pytest.mark.parametrize(
    ("there", "hashes", "near", "checked", "not_checked"),
    [
        (False, False, None, 1, NOTHING_THERE),
        (False, False, False, 1, NOTHING_THERE),
        (False, True, None, 3, ("near-duplicate images (no image is there)",)),
        (False, True, False, 3, ("near-duplicate images (no image is there)",)),
        (True, False, None, 5, ()),
        (True, False, True, 5, ()),
        (True, False, False, 3, ("near-duplicate images (near=False)",)),
        (True, True, None, 5, ()),
        (True, True, False, 3, ("near-duplicate images (near=False)",)),
    ],
)
def test_an_audit_says_what_it_looked_for_and_what_not(
    cohort: Cohort,
    image_cohort: Cohort,
    *,
    there: bool,
    hashes: bool,
    near: bool | None,
    checked: int,
    not_checked: tuple[str, ...],
) -> None:
    """Files there or not, hashes given or not, pictures looked at or not: the text says it all."""
    used = image_cohort if there else cohort
    given = [f"{row}" for row in range(len(used))] if hashes else None

    audit = audit_leakage(used, by_patient(used), hashes=given, near=near)

    assert audit.ok
    assert audit.checked == CHECKS[:checked]
    assert audit.not_checked == not_checked
    assert str(audit).splitlines() == [
        f"Nothing found; looked for: {'; '.join(CHECKS[:checked])}.",
        *(f"NOT looked for: {reason}." for reason in not_checked),
    ]
    assert audit.to_dict() == {
        "ok": True,
        "checked": list(CHECKS[:checked]),
        "not_checked": list(not_checked),
        "findings": [],
    }


def test_pictures_that_are_not_there_cannot_be_looked_at(cohort: Cohort) -> None:
    """Asked to look at pictures, the audit names the files that it cannot read."""
    with pytest.raises(UnreadableImageError, match=Path(cohort.images[0]).name):
        audit_leakage(cohort, by_patient(cohort), near=True)


@pytest.mark.parametrize("near", [None, True, False])
def test_every_setting_is_handed_on(
    image_cohort: Cohort, monkeypatch: pytest.MonkeyPatch, *, near: bool | None
) -> None:
    """Turns and distance where pictures are looked at, workers and progress always."""
    seen: list[dict[str, Any]] = []

    def spied(_: Cohort, **settings: Any) -> Any:
        seen.append(settings)
        return find_duplicates(image_cohort, hashes=settings["hashes"])

    monkeypatch.setattr("prevalens.splits.leakage.find_duplicates", spied)
    hashes = [f"{row}" for row in range(len(image_cohort))]
    partition = by_patient(image_cohort)
    audit_leakage(
        image_cohort,
        partition,
        hashes=hashes,
        near=near,
        turns=True,
        max_distance=0.125,
        n_jobs=1,
        progress=True,
    )
    audit_leakage(image_cohort, partition, near=near)

    looks = near is not False
    assert seen == [
        {
            "hashes": hashes,
            "near": looks,
            "n_jobs": 1,
            "progress": True,
            **({"turns": True, "max_distance": 0.125} if looks else {}),
        },
        {
            "hashes": None,
            "near": looks,
            "n_jobs": None,
            "progress": False,
            **({"turns": False, "max_distance": 0.25} if looks else {}),
        },
    ]


def test_findings_come_patients_first_then_images_then_labels() -> None:
    """Rows 0 and 2 are one patient, 1 and 3 one file of labels a and b, 0 and 5 of label a."""
    cohort = columns("xyzyvx", "pqprst", "aaabaa")
    partition = Partition(
        train=np.array([0, 1]),
        validation=np.array([2, 5]),
        test=np.array([3]),
        cohort_fingerprint=cohort.fingerprint,
        n_rows=6,
    )
    audit = audit_leakage(cohort, partition)

    named = {"id", "severity", "remedy", "page"}
    found = [finding.to_dict() for finding in audit.findings]
    assert [{key: one[key] for key in one if key not in named} for one in found] == [
        {
            "kind": "patient",
            "rows": [0, 2],
            "parts": ["train", "validation"],
            "what": "patient 'p'",
        },
        {
            "kind": "identical",
            "rows": [0, 5],
            "parts": ["train", "validation"],
            "what": "'0.png', '5.png'",
        },
        {
            "kind": "identical",
            "rows": [1, 3],
            "parts": ["train", "test"],
            "what": "'1.png', '3.png'",
        },
        {
            "kind": "identical, two labels",
            "rows": [1, 3],
            "parts": ["train", "test"],
            "what": "'1.png', '3.png' as a and b",
        },
    ]
    assert str(audit.findings[0]) == "patient: patient 'p' (train, validation)"
    with pytest.raises(LeakageError) as caught:
        audit.raise_if_leaking()
    assert str(caught.value) == str(audit)
    lines = str(audit).splitlines()[2:]
    assert lines[:4] == [f"- {finding} [{finding.id}]" for finding in audit.findings]
    # Once for each kind, in the order of the findings.
    assert [line.partition(" (")[0] for line in lines[4:]] == [
        "patient",
        "identical",
        "identical, two labels",
    ]
    assert lines[6] == (
        "identical, two labels (error): Correct the label, or leave the images out. See "
        "reference/findings.html#finding-identical-two-labels."
    )


def test_rows_in_no_part_are_left_out_of_what_crosses_but_not_of_what_is_labelled_twice() -> None:
    """Rows 0, 1 and 2 share a file; 1 is in no part. Labels are compared over all three."""
    cohort = columns("xxxy", "pqrs", "abab")
    audit = audit_leakage(cohort, split_at(cohort, [0], [2, 3]))

    assert [(f.kind, f.rows, f.parts) for f in audit.findings] == [
        ("identical", (0, 2), ("train", "test")),
        ("identical, two labels", (0, 1, 2), ("train", "test")),
    ]
    unused = columns("xxyz", "pqrs", "abab")
    (found,) = audit_leakage(unused, split_at(unused, [2], [3])).findings
    assert (found.kind, found.rows, found.parts) == ("identical, two labels", (0, 1), ())


@pytest.mark.parametrize(
    ("count", "last"), [(20, "- patient: patient (train, test) ["), (21, "- and 1 more")]
)
def test_twenty_findings_are_listed_and_no_more(count: int, last: str) -> None:
    """The twenty-first is counted."""
    findings = [Finding("patient", (k, k + 1), ("train", "test"), "patient") for k in range(count)]

    *lines, kind = str(LeakageAudit(tuple(findings), CHECKS)).splitlines()

    assert lines[0] == f"{count} findings; looked for: {'; '.join(CHECKS)}."
    assert len(lines) == min(count + 1, 22)
    assert lines[-1].startswith(last)
    assert kind.startswith("patient (error): ")
    assert LeakageAudit((), CHECKS).not_checked == ()


def stranger(name: str, patients: list[str], hashes: list[str]) -> Cohort:
    """Make a cohort without files, known by its hashes."""
    return Cohort(
        images=[f"{name}/{row}.png" for row in range(len(patients))],
        labels=["s", "w"] * (len(patients) // 2),
        patients=patients,
        positive="s",
        covariates={"sha256": hashes},
    )


def test_a_patient_and_a_file_in_two_cohorts_are_found() -> None:
    """Patient q and the file "2" are in both; rows of the other follow, and parts say whose."""
    here = stranger("a", ["p", "p", "q", "q"], ["1", "2", "3", "4"])
    there = stranger("b", ["q", "r"], ["5", "2"])
    audit = audit_leakage(here, against=there, near=False)

    assert [(one.kind, one.rows, one.parts) for one in audit.findings] == [
        ("patient", (2, 3, 4), ("cohort", "against")),
        ("identical", (1, 5), ("cohort", "against")),
    ]
    assert audit_leakage(here, against=stranger("b", ["r", "t"], ["5", "6"]), near=False).ok
    with pytest.raises(LeakageError, match=r"1 images are listed in both cohorts: 'a/0\.png'"):
        audit_leakage(here, against=here.take([0, 1]).take([0]))
    with pytest.raises(InvalidInputError, match="not both and not neither"):
        audit_leakage(here)


def test_a_finding_has_a_name_a_severity_and_a_remedy() -> None:
    """The same rows have the same name; another kind has another; the record holds all three."""
    one, again = (Finding("patient", (1, 2), ("train", "test"), "patient 'p'") for _ in range(2))
    other = Finding("near-duplicate", (1, 2), ("train", "test"), "'a.png', 'b.png'")

    assert one.id == again.id != other.id
    assert one.id.startswith("patient-")
    assert (one.severity, other.severity) == ("error", "warning")
    assert "PatientHoldout" in one.remedy
    assert {"id", "severity", "remedy"} <= one.to_dict().keys()


def test_a_notebook_shows_errors_first_with_id_and_remedy() -> None:
    """Every finding has its row; what was not looked for is said."""
    findings = [
        Finding("near-duplicate", (0, 5), ("train", "test"), "a.png, f.png"),
        Finding("patient", (1, 6), ("train", "test"), "patient '<b>'"),
    ]
    page = LeakageAudit(tuple(findings), ("patients",), ("copies (no image is there)",))
    shown = page._repr_html_()

    assert shown.index(">error<") < shown.index(">warning<")
    assert all(one.id in shown for one in findings)
    assert "&lt;b&gt;" in shown
    assert "NOT looked for: copies (no image is there)." in shown
    assert all(one.page in shown for one in findings)
