"""What a reader of the study gets: the clinical report, its formats, its published schema."""

from prevalens._lazy import offer

__all__, __getattr__, __dir__ = offer(__name__)
