"""Who is trained on, who is held out: splits that keep patients whole, and their audit."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.splits.leakage import Finding, LeakageAudit, audit_leakage
    from prevalens.splits.partition import Partition

__all__ = [
    "Finding",
    "LeakageAudit",
    "Partition",
    "audit_leakage",
]

__getattr__ = lazy_names(
    __name__,
    {
        "Finding": "leakage",
        "LeakageAudit": "leakage",
        "Partition": "partition",
        "audit_leakage": "leakage",
    },
)
