"""What the model sees in one epoch: classes balanced for training, every row for the rest.

Class weights depend on labels alone and live in `prevalens.cohorts`.
"""

from prevalens._lazy import offer

__all__, __getattr__, __dir__ = offer(__name__)
