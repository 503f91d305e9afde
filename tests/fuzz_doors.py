"""Every door that a file from outside comes in by: files to begin from, and what is tried."""

import contextlib
import io
import json
import random
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fuzz_mutations
import h5py
import numpy as np
from dicom_writer import write_dicom
from image_files import small_files

from prevalens import cohorts, decisions, predictions, reports, splits
from prevalens._records import Record, read_json
from prevalens._tables import read_all_columns
from prevalens.augmentation import AugmentationPolicy, presets
from prevalens.callbacks.backup_record import BackupRecord
from prevalens.callbacks.run_identity import RunIdentity
from prevalens.callbacks.weight_snapshot import read_arrays, write_arrays
from prevalens.cohorts.drawing_record import DrawingRecord
from prevalens.command import main
from prevalens.exceptions import UnreadableImageError
from prevalens.features.feature_store import FeatureStore
from prevalens.images import FileReader, PixelCache, read_appearance, read_image
from prevalens.metrics import all_estimates
from prevalens.models.classifier_card import ClassifierCard, read_card
from prevalens.models.keras_file import check_keras_file
from prevalens.reports.lineage import LineageRecord
from prevalens.reports.report_record import read_record
from prevalens.studies.cross_prediction import FoldScores
from prevalens.studies.plan_choices import (
    AuditStep,
    Evaluation,
    HeadChoice,
    NetworkChoice,
    ThresholdChoice,
)
from prevalens.studies.probe import ProbeRecord
from prevalens.studies.study_plan import StudyPlan
from prevalens.studies.study_summary import StudySummary

Try = Callable[[Path, random.Random], object]
FILES = Path(__file__).parent / "files" / "0.1.0"


@dataclass(frozen=True)
class Door:
    """One way in.

    Args:
        share: How often it is tried, relative to the others.
        suffix: What the file's name ends with.
        seeds: Whole files to begin from.
        mutate: What changes one.
        attempt: What is done with the file; raises what the caller would see.
    """

    share: float
    suffix: str
    seeds: Sequence[bytes]
    mutate: fuzz_mutations.Mutate
    attempt: Try


def doors(folder: Path) -> dict[str, Door]:
    """Return every door by its name; `folder` is for what they need beside the file."""
    tables = _tables()
    made = {
        "picture": Door(30, ".png", [*small_files()], fuzz_mutations.of_bytes, _picture),
        "png": Door(8, ".png", _pngs(), fuzz_mutations.of_parts, _by_both_decoders),
        "dicom": Door(8, ".dcm", _dicoms(folder), fuzz_mutations.of_bytes, _picture),
        "npy": Door(5, ".npy", _arrays("npy"), fuzz_mutations.of_bytes, _array),
        "npz": Door(4, ".npz", _arrays("npz"), fuzz_mutations.of_archive, _array),
        "h5": Door(2, ".h5", _arrays("h5"), fuzz_mutations.of_bytes, _array),
        "images table": Door(14, ".csv", [tables["images"]], fuzz_mutations.of_table, _images),
        "predictions table": Door(
            12,
            ".csv",
            [data for name, data in tables.items() if name != "images"],
            fuzz_mutations.of_table,
            _predictions,
        ),
        "backup": Door(2, ".npz", [_backup(folder)], fuzz_mutations.of_archive, _read_backup),
        "keras": Door(
            1, ".keras", [(FILES / "model.keras").read_bytes()], fuzz_mutations.of_archive, _keras
        ),
        "pixel cache": Door(0.3, ".bin", [b""], _cache_bytes, _cache_of(folder)),
        "feature store": Door(1, ".bin", [b""], _cache_bytes, _store_of(folder)),
        "command": Door(0.4, ".csv", [tables["images"]], fuzz_mutations.of_table, _command(tables)),
    }
    for name, (plain, attempt) in records().items():
        seed = json.dumps(plain).encode()
        share = 0.2 if len(seed) > 20_000 else 1.6
        made[name] = Door(share, ".json", [seed], fuzz_mutations.of_record, attempt)
    return made


# ---- pictures and arrays


def _picture(path: Path, rng: random.Random) -> None:
    if rng.random() < 0.15:
        found = read_appearance(path)
        assert np.isfinite(found.values).all() if hasattr(found, "values") else found
        return
    reader = rng.choice(
        (None, None, FileReader(decoder="opencv"), FileReader(bits=12), FileReader(window="lung"))
    )
    channels = rng.choice((1, 3))
    pixels = read_image(path, size=rng.choice((None, (5, 9))), channels=channels, reader=reader)
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.shape[2] == channels


def _pngs() -> list[bytes]:
    return [data for data in small_files() if data.startswith(b"\x89PNG")]


def _by_both_decoders(path: Path, _: random.Random) -> None:
    """What Pillow and OpenCV both take is one picture."""
    seen = []
    for decoder in ("pillow", "opencv"):
        with contextlib.suppress(UnreadableImageError):
            seen.append(read_image(path, reader=FileReader(decoder=decoder)))
    if len(seen) == 2:
        np.testing.assert_array_equal(*seen)


def _dicoms(folder: Path) -> list[bytes]:
    made = []
    path = folder / "seed.dcm"
    for settings in (
        {},
        {"WindowCenter": 900, "WindowWidth": 700},
        {"RescaleSlope": "-1", "RescaleIntercept": "-1024"},
        {"PhotometricInterpretation": "MONOCHROME1"},
    ):
        write_dicom(path, np.arange(63, dtype=np.uint16).reshape(7, 9) * 60, **settings)
        made.append(path.read_bytes())
    return made


def _arrays(kind: str) -> list[bytes]:
    rng = np.random.default_rng(0)
    stack = rng.integers(0, 256, (3, 7, 9, 3), dtype=np.uint8)
    held = [io.BytesIO() for _ in range(3)]
    if kind == "npy":
        for file, array in zip(
            held, (stack, stack[..., 0] > 9, stack[..., 0] * np.uint16(9)), strict=True
        ):
            np.save(file, array)
    elif kind == "npz":
        np.savez(held[0], a=stack, b=stack[..., 0])
        np.savez_compressed(held[1], a=stack)
        held.pop()
    else:
        for file, options in zip(
            held, ({}, {"compression": "gzip"}, {"chunks": (1, 7, 9, 3)}), strict=True
        ):
            with h5py.File(file, "w") as made:
                made.create_dataset("a", data=stack, **options)
    return [file.getvalue() for file in held]


def _array(path: Path, rng: random.Random) -> None:
    inside = rng.choice(("0", "2", "a/0", "a/2", "a", "", "b/1", "3", "-1"))
    pixels = read_image(f"{path}#{inside}")
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3


# ---- tables


def _tables() -> dict[str, bytes]:
    rows = range(12)
    images = [
        "image,label,patient,site,age",
        *(f"{k}.png,{'sick' if k % 3 == 0 else 'well'},p{k // 2},s{k % 2},{40 + k}" for k in rows),
    ]
    two = [
        "image,patient,label,score,site",
        *(f"{k}.png,p{k // 2},{int(k % 3 == 0)},{(7 * k % 11) / 11},s{k % 2}" for k in rows),
    ]
    three = [
        "patient,label,score_a,score_b,score_c",
        *(f"p{k // 2},{'abc'[k % 3]},0.5,0.25,0.25" for k in rows),
    ]
    labels = [
        "patient,label_a,label_b,score_a,score_b",
        *(f"p{k // 2},{k % 2},{'' if k == 5 else int(k % 3 == 0)},0.{k},0.{11 - k}" for k in rows),
    ]
    held = {"images": images, "two": two, "three": three, "labels": labels}
    return {name: "\n".join([*lines, ""]).encode() for name, lines in held.items()}


def _images(path: Path, rng: random.Random) -> None:
    what = rng.randrange(4)
    if what == 0:
        columns = read_all_columns(path)
        assert len({len(cells) for cells in columns.values()}) <= 1
        return
    cohort = cohorts.read_table(
        path,
        image="image",
        label="label",
        patient=rng.choice(("patient", ["site", "patient"], None)),
        positive="sick",
        covariates=rng.choice(([], ["site", "age"])),
        check_files=rng.random() < 0.1,
    )
    assert len(cohort.fingerprint) == 64
    str(cohort.describe())
    if rng.random() < 0.003:
        part = splits.PatientHoldout(validation=0.2, test=0.2, seed=1).partition(cohort)
        assert sum(map(len, part.parts().values())) == len(cohort)


def _predictions(path: Path, rng: random.Random) -> None:
    keys: Mapping[str, Any] = rng.choice(
        (
            {},
            {"positive": "1"},
            {"label": "label_", "score": "score_"},
            {"score": "score_"},
            {"patient": None, "ordered": True},
        )
    )
    loaded = predictions.Predictions.load(path, **keys)
    assert ((loaded.scores >= 0) & (loaded.scores <= 1)).all()
    if rng.random() < 0.1:
        again = path.with_suffix(".again")
        loaded.save(again)
        kept = predictions.Predictions.load(again, patient=keys.get("patient", "patient"))
        np.testing.assert_array_equal(kept.scores, loaded.scores)
        assert kept.classes == loaded.classes


# ---- records


def records() -> dict[str, tuple[dict[str, Any], Try]]:
    """Return plain values of one record of each kind, and what reads it."""
    rng = np.random.default_rng(0)
    n = 40
    labels = (np.arange(n) % 3 == 0).astype(int)
    scores = np.round(np.clip(0.3 * labels + 0.6 * rng.random(n), 0, 1), 3)
    patients = [f"p{k // 2}" for k in range(n)]
    two = predictions.Predictions(
        labels=labels,
        scores=scores,
        patients=patients,
        covariates={"site": [f"s{k % 2}" for k in range(n)]},
        train_prevalence=0.5,
    )
    shares = (0.3 * np.eye(3)[np.arange(n) % 3] + 0.7 * rng.dirichlet(np.ones(3), n)).round(6)
    shares[:, 2] = 1 - shares[:, :2].sum(axis=1)
    three = predictions.Predictions(
        labels=np.arange(n) % 3,
        scores=shares.clip(0, 1),
        patients=patients,
        classes=("a", "b", "c"),
    )
    many = predictions.Predictions(
        labels=np.stack([labels, np.arange(n) % 2], axis=1),
        scores=np.stack([scores, 1 - scores], axis=1),
        patients=patients,
        classes=("a", "b"),
    )
    report = reports.ClinicalReport(two, threshold=0.4, by=["site"], prevalence=0.1, worst=0)
    cohort = cohorts.Cohort(
        images=[f"{k}.png" for k in range(n)],
        labels=np.where(labels, "sick", "well"),
        patients=patients,
        positive="sick",
    )
    partition = splits.PatientHoldout(validation=0.2, test=0.2, seed=1).partition(cohort)
    criteria = reports.AcceptanceCriteria(
        name="Again",
        threshold=0.4,
        non_inferiority=[reports.NonInferiorityCriterion(measure="auroc", margin=0.1)],
        bounds=[reports.BoundCriterion(measure="sensitivity", at_least=0.1, by="site")],
    )
    card = reports.ModelCard(report, name="tiny", licence="mit", intended_use="None.")
    classifier = ClassifierCard(
        classes=("well", "sick"), threshold=0.15, threshold_origin="v", train_prevalence=0.5
    )
    point = decisions.fit_recalibration(two)
    classes = decisions.fit_class_recalibration(three)
    with tempfile.TemporaryDirectory() as folder:
        point.save(f"{folder}/a.json")
        classes.save(f"{folder}/b.json")
        card.save(f"{folder}/c.json")
        saved = {name: json.loads(Path(folder, f"{name}.json").read_text()) for name in "abc"}
    plan = StudyPlan(
        cohort_fingerprint=cohort.fingerprint,
        positive="sick",
        facts={"images": n, "patients": 20, "positive_images": 14, "positive_patients": 9},
        audit=[AuditStep(finding="1 pair", action="joined", patients=[["p1", "p2"]])],
        evaluation=Evaluation(kind="cross-fitting", reason="few"),
        network=NetworkChoice(weights="a.keras", reason="given"),
        head=HeadChoice(kinds=["logistic"], penalties=[1.0], reason="small"),
        threshold=ThresholdChoice(reason="asked"),
        baselines=["thumbnail"],
    )
    sha = "0" * 64
    probe = {
        "format": ProbeRecord.FORMAT,
        "version": 1,
        "layers": ["a"],
        "kind": "logistic",
        "penalties": [1.0],
        "inner_auroc": 0.7,
        "layer_losses": {"a": 0.5},
        "kind_aurocs": {"logistic": 0.7},
        "threshold": 0.5,
        "rule": "r",
        "promise": None,
        "recalibrated": True,
    }
    estimates = {name: one.to_dict() for name, one in _two_estimates(two).items()}
    return {
        "partition": (
            partition.to_dict(),
            _loads(lambda path: splits.Partition.load(path, cohort=cohort)),
        ),
        "report": (report.to_dict(), _report),
        "class report": (reports.ClinicalReport(three, worst=0).to_dict(), _report),
        "label report": (reports.ClinicalReport(many, threshold=0.5, worst=0).to_dict(), _report),
        "acceptance criteria": (criteria.to_dict(), _loads(reports.AcceptanceCriteria.load)),
        "acceptance": (
            reports.accept_model(two, two.with_scores(scores / 2), criteria).record.to_dict(),
            _generic("prevalens acceptance"),
        ),
        "model card": (saved["c"], _generic("prevalens model card")),
        "classifier card": (
            classifier.to_dict(),
            lambda path, rng: str(read_card(read_json(path, remedy="-"), source=str(path))),
        ),
        "recalibration": (saved["a"], _map(decisions.Recalibration)),
        "class recalibration": (saved["b"], _loads(decisions.ClassRecalibration.load)),
        "study plan": (plan.to_dict(), _loads(lambda path: str(StudyPlan.read(path)))),
        "probe": (probe, _loads(ProbeRecord.load)),
        "study": (
            StudySummary(
                estimates=estimates, baselines={}, threshold=0.5, folds=[probe], files={"a": "b"}
            ).to_dict(),
            _loads(StudySummary.load),
        ),
        "fold scores": (
            FoldScores(
                cohort_fingerprint=sha, partition=sha, settings={"a": 1}, scores=[[0.5], [0.1]]
            ).to_dict(),
            _loads(FoldScores.load),
        ),
        "policy": (
            presets.blood_smear().to_dict(),
            lambda path, rng: str(AugmentationPolicy.from_dict(read_json(path, remedy="-"))),
        ),
        "drawing": (
            json.loads((FILES / "make_cells.json").read_text()),
            _loads(DrawingRecord.load),
        ),
        "lineage": (
            LineageRecord(
                prevalens="0.1.0",
                versions={"numpy": "2"},
                settings={},
                predictions_sha256=sha,
                partition_of=None,
                images=3,
                images_found=0,
                images_sha256=None,
                run=[],
                also=[],
                dossier=[],
                checksum=sha,
            ).to_dict(),
            _loads(LineageRecord.load),
        ),
        "training backup": (
            BackupRecord(
                epoch=1,
                stopped=False,
                history={"loss": [0.5]},
                callbacks=[{"a": 1}],
                run=RunIdentity(backend="jax", versions={"numpy": "2"}),
            ).to_dict(),
            lambda path, rng: BackupRecord.from_bytes(
                np.frombuffer(path.read_bytes(), dtype=np.uint8), path=path
            ),
        ),
    }


def _two_estimates(two: predictions.Predictions) -> Mapping[str, Any]:
    return all_estimates(two.labels, two.scores, threshold=0.4, patients=two.patients)


def _loads(load: Callable[[Path], object]) -> Try:
    """Read a record; what was read is written and read to the same."""

    def attempt(path: Path, _: random.Random) -> None:
        found = load(path)
        if isinstance(found, Record):
            assert type(found).from_dict(found.to_dict()).to_dict() == found.to_dict()

    return attempt


def _generic(kind: str) -> Try:
    known: list[type[Record]] = [*_below(Record)]
    (record,) = {one for one in known if getattr(one, "FORMAT", "") == kind}
    return _loads(record.load)


def _below(kind: type[Record]) -> Iterable[type[Record]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def _report(path: Path, rng: random.Random) -> None:
    plain = read_json(path, remedy="-")
    if rng.random() < 0.8:
        read_record(plain)
        return
    made = reports.ClinicalReport.from_dict(plain)
    for suffix in rng.sample((".html", ".md", ".txt", ".tex"), 1):
        assert made.page(suffix)


def _map(kind: Any) -> Try:
    def attempt(path: Path, _: random.Random) -> None:
        corrected = kind.load(path).correct([0.0, 0.1, 0.5, 0.9, 1.0])
        assert ((corrected >= 0) & (corrected <= 1)).all()
        assert (np.diff(corrected) >= 0).all()

    return attempt


# ---- what the library has written itself


def _backup(folder: Path) -> bytes:
    record = BackupRecord(
        epoch=1,
        stopped=False,
        history={},
        callbacks=[],
        run=RunIdentity(backend="jax", versions={}),
    )
    arrays = {"record": record.to_bytes(), "model/00000": np.arange(12.0).reshape(3, 4)}
    write_arrays(folder / "seed.npz", arrays)
    return (folder / "seed.npz").read_bytes()


def _read_backup(path: Path, _: random.Random) -> None:
    arrays = read_arrays(path)
    if "record" in arrays:
        BackupRecord.from_bytes(arrays["record"], path=path)


def _keras(path: Path, _: random.Random) -> None:
    check_keras_file(path)


def _cache_bytes(rng: random.Random, _: bytes) -> bytes:
    return rng.randbytes(8)  # a seed: the file itself is changed where it lies


def _cache_of(folder: Path) -> Try:
    root, cache = folder / "cached", folder / "cache"
    root.mkdir()
    paths = [root / f"{k}.png" for k in range(3)]
    for path, data in zip(paths, list(small_files())[:3], strict=False):
        path.write_bytes(data)
    truth = [read_image(path, size=(6, 6)) for path in paths]
    quiet = PixelCache(cache, announce=lambda text: None)

    def filled() -> Path:
        kept = quiet.open(paths, size=(6, 6))
        for row, image in enumerate(truth):
            kept.keep(row, image)
        return next(cache.glob("*.pixels"))

    whole = filled().read_bytes()

    def attempt(path: Path, _: random.Random) -> None:
        own = random.Random(path.read_bytes())  # noqa: S311
        file = next(cache.glob("*.pixels"), None) or filled()
        data = fuzz_mutations.of_bytes(own, whole[:400] + whole[8192:])
        file.write_bytes(data[:400].ljust(8192, b"\0") + data[400:])
        kept = quiet.open(paths, size=(6, 6))
        into = np.zeros((3, 6, 6, 3), dtype=np.uint8)
        missing = kept.take(np.arange(3), into=into)
        for row in set(range(3)) - set(missing.tolist()):
            np.testing.assert_array_equal(into[row], truth[row])

    return attempt


def _store_of(folder: Path) -> Try:
    store = FeatureStore(folder / "features")
    contents = [bytes([k]) * 32 for k in range(4)]
    values = np.arange(12, dtype=np.float32).reshape(4, 3)
    store.open({}, n_features=3).keep(contents, values)
    (file,) = (folder / "features").iterdir()
    whole = file.read_bytes()

    def attempt(path: Path, _: random.Random) -> None:
        own = random.Random(path.read_bytes())  # noqa: S311
        file.write_bytes(whole[:4096] + fuzz_mutations.of_bytes(own, whole[4096:]))
        kept = store.open({}, n_features=3)
        there = [k for k in range(4) if kept.holds([contents[k]])[0]]
        if there:
            np.testing.assert_array_equal(kept.take([contents[k] for k in there]), values[there])

    return attempt


# ---- the command


def _command(tables: Mapping[str, bytes]) -> Try:
    def attempt(path: Path, rng: random.Random) -> None:
        columns = ["--image", "image", "--label", "label", "--patient", "patient"]
        out = path.with_suffix(".json")
        out.unlink(missing_ok=True)
        verbs = (
            ["describe", str(path), *columns, "--positive", "sick", "--covariates", "site", "age"],
            ["split", str(path), *columns, "--positive", "sick", "-o", str(out)],
            ["audit", str(path), *columns, "--positive", "sick", "--partition", str(out)],
            ["threshold", str(path), "--patient", "patient"],
            ["report", str(path), "--patient", "patient", "--threshold", "0.5"],
            ["compare", str(path), str(path), "--patient", "patient"],
            ["accept", str(path), "--against", str(path), "--criteria", str(out), "--independent"],
            ["verify", str(path.parent)],
        )
        if rng.random() < 0.5:
            path.write_bytes(fuzz_mutations.of_table(rng, tables[rng.choice(("two", "three"))]))
        words = list(rng.choice(verbs))
        if rng.random() < 0.2:
            words[rng.randrange(1, len(words))] = rng.choice(fuzz_mutations.CELLS).replace("\0", "")
        silence = io.StringIO()
        with redirect_stdout(silence), redirect_stderr(silence):
            try:
                code: object = main(words)
            except SystemExit as end:
                code = end.code
        assert code in {0, 1, 2}, (code, words)

    return attempt
