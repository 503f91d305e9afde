"""Every public function of what decides a study has a property that hypothesis tries to break."""

import ast
import inspect
from pathlib import Path

import pytest

from prevalens import decisions, metrics, splits
from prevalens.batches import undersampling
from prevalens.callbacks import adjuster_rule

TESTS = Path(__file__).parents[1]
# Of these, what others return is no function to be tried by itself.
RESULTS = {
    *("CovariateShift", "Finding", "LeakageAudit", "PrecisionPlan", "ShortcutAudit"),
    *("AdjusterState", "Decision", "KeptEpoch", "EpochPlan", "OperatingPoint", "Recalibration"),
    *("PromiseCheck", "RuleSettings", "Walk", "ClassRecalibration", "ThresholdSet"),
    *("ValidationNeed", "ValidationPlan", "Referral"),
}


def public_of(module: object) -> set[str]:
    """Return the public functions and classes that a module or stage offers."""
    names = getattr(module, "__all__", None) or [
        name
        for name, thing in vars(module).items()
        if not name.startswith("_") and getattr(thing, "__module__", None) == module.__name__  # type: ignore[attr-defined]
    ]
    return {name for name in names if callable(getattr(module, name))} - RESULTS


def tried() -> set[str]:
    """Return every name that a property test speaks of, itself or through its file's helpers."""
    found: set[str] = set()
    for path in TESTS.rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        words = {
            node.name: {
                part.id if isinstance(part, ast.Name) else part.attr
                for part in ast.walk(node)
                if isinstance(part, ast.Name | ast.Attribute)
            }
            for node in tree.body
            if isinstance(node, ast.FunctionDef)
        }
        properties = [
            node.name
            for node in tree.body
            if isinstance(node, ast.FunctionDef)
            and any(ast.unparse(each).startswith("given(") for each in node.decorator_list)
        ]
        seen: set[str] = set()
        while properties:
            name = properties.pop()
            if name in words and name not in seen:
                seen.add(name)
                found |= words[name]
                properties += words[name]
    return found


def is_estimate(name: str) -> bool:
    """Whether `test_estimates.py` tries a function of metrics: one of labels, with a confidence."""
    thing = getattr(metrics, name)
    return inspect.isfunction(thing) and {"labels", "confidence_level"} <= set(
        inspect.signature(thing).parameters
    )


@pytest.mark.parametrize("module", [splits, decisions, undersampling, adjuster_rule])
def test_every_public_function_has_a_property(module: object) -> None:
    """Each name stands in a test that hypothesis feeds."""
    assert public_of(module) - tried() == set()


def test_every_estimate_has_a_property() -> None:
    """Functions of labels are tried together; the others in tests of their own."""
    own = {
        name
        for name in metrics.__all__
        if inspect.isfunction(getattr(metrics, name)) and not is_estimate(name)
    }
    assert own - tried() == set()
