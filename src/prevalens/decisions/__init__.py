"""When to call it disease: prevalence correction, recalibration, thresholds with a promise."""

from prevalens._lazy import offer

__all__, __getattr__, __dir__ = offer(__name__)
