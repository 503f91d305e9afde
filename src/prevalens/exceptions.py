"""Errors and warnings; every text says the rule, what came, and what to do."""


class PrevalensError(Exception):
    """Any error that prevalens raises on purpose."""


class InvalidInputError(PrevalensError, ValueError):
    """An argument, a table or a file breaks a rule that the text states."""


class UnreadableImageError(InvalidInputError, OSError):
    """One or more image files cannot be read; the text names each."""


class CacheFullError(PrevalensError, OSError):
    """A disk has no room for a cache; the text says how much is needed and how much is free."""


class UnwritableFileError(PrevalensError, OSError):
    """A file cannot be written where it was asked for; the text names it and says why."""


class ImpossibleSplitError(InvalidInputError):
    """No split can meet the ask; the text names the class, its patients and what would work."""


class LeakageError(PrevalensError):
    """The same patient, image or near-duplicate stands in two parts of a partition."""


class MissingExtraError(PrevalensError, ImportError):
    """A package of an extra is not installed; the text says how to install it."""


class PrevalensWarning(UserWarning):
    """Any warning that prevalens gives on purpose."""


class LeakageWarning(PrevalensWarning):
    """A protocol lets patients cross parts; figures from it are optimistic."""


class DataWarning(PrevalensWarning):
    """The data is allowed but looks wrong, for example ids that differ only by case."""


class NoEffectWarning(PrevalensWarning):
    """A setting changes nothing."""


class SaturationWarning(PrevalensWarning):
    """A range is so wide that what it changes is lost, for example a picture shifted away."""
