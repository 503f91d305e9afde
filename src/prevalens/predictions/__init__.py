"""What the model said: a score for each held-out row, and for each patient."""

from prevalens._lazy import offer

__all__, __getattr__, __dir__ = offer(__name__)
