"""The rules that make the tree, held by reading every file."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "prevalens"
TESTS = Path(__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))

USES: dict[str, set[str]] = {
    "images": set(),
    "augmentation": set(),
    "models": {"images", "augmentation"},
    "features": {
        "images",
        "cohorts",
        "splits",
        "batches",
        "predictions",
        "models",
        "metrics",
    },
    "explanations": set(),
    "callbacks": set(),
    "metrics": set(),
    "cohorts": {"images"},
    "splits": {"images", "cohorts", "metrics"},
    "batches": {"images", "cohorts", "splits", "augmentation"},
    "predictions": {"images", "cohorts", "metrics"},
    "decisions": {"splits", "predictions", "metrics"},
    "reports": {"images", "cohorts", "splits", "predictions", "decisions", "metrics"},
    "studies": {
        "features",
        "images",
        "cohorts",
        "splits",
        "batches",
        "augmentation",
        "models",
        "callbacks",
        "predictions",
        "decisions",
        "metrics",
        "reports",
    },
}
PLUMBING = {
    "typing",
    "exceptions",
    "_cells",
    "_checks",
    "_columns",
    "_frozen_columns",
    "_gate",
    "_keras_registration",
    "_lazy",
    "_notebook",
    "_numbers",
    "_optional",
    "_paths",
    "_processes",
    "_progress",
    "_records",
    "_running_method",
    "_seeding",
    "_sums",
    "_tables",
    "_threads",
    "_versions",
    "_writing",
}
WITH_KERAS = {
    "batches/epoch_dataset.py",
    "batches/oversampled_dataset.py",
    "batches/undersampled_dataset.py",
    "batches/image_dataset.py",
    "batches/prefetched_dataset.py",
    "batches/epoch_follower.py",
    "augmentation/device_augmentation.py",
    "augmentation/random_augmentation.py",
    "models/classifier.py",
    "models/classifier_export.py",
    "models/classifier_file.py",
    "models/unfreezing.py",
    "models/heads.py",
    "models/loaded_classifier.py",
    "models/log_probabilities.py",
    "models/logit_adjusted_loss.py",
    "models/class_balanced_loss.py",
    "models/focal_loss.py",
    "models/auc_margin_loss.py",
    "models/averaging.py",
    "models/mean_log_odds.py",
    "models/leukaemia_classifier.py",
    "callbacks/corrected_log_loss.py",
    "callbacks/epoch_printer.py",
    "callbacks/learning_rate_adjuster.py",
    "callbacks/model_snapshots.py",
    "callbacks/optimizer_rates.py",
    "callbacks/other_callbacks.py",
    "callbacks/training_backup.py",
    "callbacks/training_state.py",
    "predictions/views.py",
    "features/extraction.py",
    "features/feature_network.py",
    "studies/probe_model.py",
    "studies/study.py",
    "studies/tapped_network.py",
    "studies/validation.py",
    "explanations/activation_map.py",
    "explanations/deletion_test.py",
    "explanations/gradient_weighted_map.py",
    "explanations/gradient.py",
    "explanations/integrated_gradients.py",
    "explanations/network_graph.py",
    "explanations/occlusion_map.py",
}
BACKENDS = {"jax", "torch", "tensorflow"}
OPTIONAL = {"matplotlib", "pydicom", "pandas", "polars", "pyarrow", "cv2", "grain", "onnx"}
DRAWERS = {"utils", "base", "core", "common", "helpers", "misc"}
# Tables whose entries are files: the only folders inside a stage.
TABLES = {
    *("reports/sections", "reports/class_sections", "reports/label_sections"),
    *("images/readers", "augmentation/operations"),
}

_RECORD = "a record, its checks, views and docstrings: cut, its parts would import each other"
_CALL = "one public call with its record; most lines are what its docstring states"
_SECTION = "what a section computes, its parts and how it is shown: one section, one file"
# Tables in one file: an entry more is no reason to part them.
GROWING = {"metrics/measures.py", "metrics/class_measures.py"}
# Files of 301 to 400 lines, and why they are not parted.
LONG = {
    "_columns.py": "what a column of ids, labels or numbers is, whatever it comes in",
    "augmentation/policy.py": _RECORD,
    "callbacks/adjuster_rule.py": "one rule, by which one epoch is judged",
    "callbacks/learning_rate_adjuster.py": "Keras' hooks of one callback, and its 21 arguments",
    "cohorts/cohort.py": _RECORD,
    "decisions/operating_point.py": _CALL,
    "decisions/referral.py": _CALL,
    "features/feature_head.py": _CALL,
    "metrics/confusion.py": "a public function a measure of the 2x2 table, each a docstring",
    "metrics/site_pooling.py": _CALL,
    "models/classifier.py": _CALL,
    "predictions/predictions.py": _RECORD,
    "reports/acceptance.py": _RECORD,
    "reports/document.py": "the parts that every format draws, a small class each",
    "reports/model_card.py": _RECORD,
    "reports/sections/calibration.py": _SECTION,
    "splits/leakage.py": _CALL,
    "splits/partition.py": _RECORD,
    "splits/precision_plan.py": _CALL,
    "splits/units.py": "one search, for parts that whole patients make even",
}


def address(path: Path) -> str:
    """Return a file's path below the package, with forward slashes."""
    return path.relative_to(SOURCE).as_posix()


def file_of(module: str) -> str | None:
    """Return the address of the file that an imported name of the package comes from."""
    parts = module.split(".")[1:]
    for length in range(len(parts), 0, -1):
        target = "/".join(parts[:length]) + ".py"
        if (SOURCE / target).is_file():
            return target
    return None


def imported(path: Path) -> list[tuple[str, bool, bool]]:
    """Return each import of a file: module, inside a function, for type checkers only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside: set[int] = set()
    checking: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inside.update(id(child) for child in ast.walk(node) if child is not node)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            checking.update(id(child) for child in ast.walk(node))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        found += [(name, id(node) in inside, id(node) in checking) for name in names]
    return found


@pytest.mark.parametrize("path", FILES, ids=address)
def test_a_file_imports_only_what_its_stage_may(path: Path) -> None:
    """A stage imports plumbing, itself, and the stages the table names; nothing else."""
    stage = address(path).split("/")[0]
    for module, _, for_types in imported(path):
        parts = module.split(".")
        if parts[0] != "prevalens" or len(parts) < 2:
            continue
        if stage in USES:
            assert parts[1] in USES[stage] | PLUMBING | {stage}, f"{stage} imports {module}"
        elif stage in {"command.py", "verbs"}:
            assert file_of(module) not in WITH_KERAS, f"the command imports {module}"
        elif stage == "__init__.py":
            assert for_types or parts[1] in PLUMBING, f"the root imports {module}"
        elif stage != "__main__.py":
            assert parts[1] in PLUMBING, f"plumbing imports {module}"


@pytest.mark.parametrize("path", FILES, ids=address)
def test_only_keras_files_import_keras_and_none_a_backend(path: Path) -> None:
    """Keras is imported by the listed files alone; optional packages by `require` alone."""
    for module, inside, for_types in imported(path):
        root = module.split(".")[0]
        assert root not in BACKENDS | OPTIONAL, f"{address(path)} imports {module}"
        if root == "keras":
            assert address(path) in WITH_KERAS, f"{address(path)} imports Keras"
        assert not inside, f"{address(path)} imports {module} inside a function"
        if module.startswith("prevalens.") and address(path) not in WITH_KERAS and not for_types:
            reached = file_of(module)
            assert reached not in WITH_KERAS, f"{address(path)} reaches Keras through {module}"


def test_the_page_on_the_architecture_has_the_same_table() -> None:
    """What the documentation says of imports between stages is what is tested here."""
    page = SOURCE.parents[1] / "docs" / "explanation" / "architecture.md"
    told = {}
    for line in page.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 2 and cells[0].split(", ")[0] in USES:
            uses = set() if cells[1] == "nothing" else set(cells[1].split(", "))
            told |= dict.fromkeys(cells[0].split(", "), uses)

    assert told == USES


def test_no_cycle_between_files() -> None:
    """Following imports from file to file never comes back."""
    edges = {}
    for path in FILES:
        names = {address(path)}
        targets = set()
        for module, _, for_types in imported(path):
            if not module.startswith("prevalens.") or for_types:
                continue
            target = file_of(module)
            if target is not None:
                targets.add(target)
        edges[names.pop()] = targets
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"cycle: {' -> '.join([*trail, name])}"
        if name not in done:
            for target in edges.get(name, ()):
                visit(target, (*trail, name))
            done.add(name)

    for name in edges:
        visit(name, ())


@pytest.mark.parametrize("path", FILES, ids=address)
def test_files_and_functions_stay_short(path: Path) -> None:
    """No file has over 300 lines, no class over 250, no function over 50; no name is a drawer's.

    Files of `LONG` have up to 400, each for its reason; tables grow by their entries. Docstrings
    count in a file alone: what is said of a class or a function makes it no longer.
    """
    text = path.read_text(encoding="utf-8")
    limit = 400 if address(path) in LONG else 300
    if address(path) not in GROWING:
        assert len(text.splitlines()) <= limit, f"{address(path)} has over {limit} lines"
    assert path.stem.strip("_") not in DRAWERS
    folder = address(path.parent)
    assert "/" not in folder or folder in TABLES, "one folder deep, but for tables of files"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = [n for n in node.body if not _is_text(n)]
            length = body[-1].end_lineno - body[0].lineno + 1 if body else 0  # type: ignore[operator]
            assert length <= 50, f"{address(path)}: {node.name} has {length} lines"
        elif isinstance(node, ast.ClassDef):
            length = _lines(node) - sum(_lines(part) for part in ast.walk(node) if _is_text(part))
            assert length <= 250, f"{address(path)}: {node.name} has {length} lines"


def test_what_may_be_long_is_long() -> None:
    """A file that was shortened or is gone needs no reason any more."""
    for name in LONG:
        path = SOURCE / name
        assert path.is_file(), name
        assert len(path.read_text(encoding="utf-8").splitlines()) > 300, name


def _lines(node: ast.AST) -> int:
    return node.end_lineno - node.lineno + 1  # type: ignore[attr-defined,no-any-return]


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@pytest.mark.parametrize("path", FILES, ids=address)
def test_each_file_has_a_test_of_its_name(path: Path) -> None:
    """The test of `stage/thing.py` is `tests/stage/test_thing.py`."""
    if path.stem in {"__init__", "__main__", "typing", "exceptions"}:
        return
    where = TESTS / path.parent.relative_to(SOURCE) / f"test_{path.stem.strip('_')}.py"
    assert where.is_file(), f"{address(path)} has no {where.relative_to(TESTS.parent)}"


def test_importing_prevalens_and_its_pure_stages_loads_no_keras() -> None:
    """The stages that need no backend import none, in a fresh interpreter."""
    program = (
        "import sys, prevalens\n"
        "from prevalens import images, cohorts, splits, predictions, decisions, metrics, reports\n"
        "for stage in (images, cohorts, splits, decisions, metrics, reports):\n"
        "    for name in stage.__all__: getattr(stage, name)\n"
        "from prevalens.predictions import Predictions\n"
        "import prevalens.command\n"
        "assert not {'keras', 'jax', 'torch', 'tensorflow'} & set(sys.modules), 'Keras loaded'\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
