"""Who is in the study: the cohort, its readers, its imbalance."""

from prevalens._lazy import offer

__all__, __getattr__, __dir__ = offer(__name__)
