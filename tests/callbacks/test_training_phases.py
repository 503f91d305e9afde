"""When the first of two phases ends."""

import pytest

from prevalens.callbacks.training_phases import TrainingPhases
from prevalens.exceptions import InvalidInputError


@pytest.mark.parametrize(
    ("epoch", "word", "stops", "ends"),
    [
        (3, None, False, False),
        (4, None, False, True),
        (1, "unfreeze", False, True),
        (1, None, True, True),
        (4, "halt", True, False),
    ],
)
def test_what_ends_the_first_phase(epoch: int, word: str | None, stops: bool, ends: bool) -> None:
    """The epoch asked for, the owner's word, or a rule that would stop; never a halt."""
    phases = TrainingPhases(4)

    assert phases.ends(epoch, word=word, stops=stops) is ends
    assert phases.has_ended is ends


def test_there_is_no_third_phase() -> None:
    """In the second phase nothing is left to end, and a training of one phase has no first."""
    phases = TrainingPhases(1)
    phases.n_trainable = 2
    assert phases.ends(1, word=None, stops=False)
    phases.begin_second()
    phases.check_opened(4)

    assert not phases.can_end
    assert not phases.ends(2, word=None, stops=True)
    assert not TrainingPhases(None).ends(9, word="unfreeze", stops=True)


def test_what_cannot_be_a_second_phase_is_refused() -> None:
    """No first phase has ended; as many arrays are trained as in it; epoch 0 ends none."""
    with pytest.raises(InvalidInputError, match="No first phase has ended"):
        TrainingPhases(1).begin_second()
    phases = TrainingPhases(1)
    phases.n_trainable = 2
    with pytest.raises(InvalidInputError, match="the same 2 arrays as the first"):
        phases.check_opened(2)
    with pytest.raises(InvalidInputError, match="`unfreeze_at` must be"):
        TrainingPhases(0)
