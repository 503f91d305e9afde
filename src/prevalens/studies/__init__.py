"""A whole study from the public pieces: cross-fitting, the plan, and its run."""

from prevalens._lazy import offer

__all__, __getattr__, __dir__ = offer(__name__)
