"""Who is trained on, who is held out: splits that keep patients whole, and their audit."""

from prevalens._lazy import offer

__all__, __getattr__, __dir__ = offer(__name__)
