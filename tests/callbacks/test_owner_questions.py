"""The owner is asked when it is due, and understood."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from prevalens.callbacks.owner_questions import OwnerQuestions
from prevalens.exceptions import InvalidInputError


def questions(answer: object, *, first: int = 2, **settings: Any) -> OwnerQuestions:
    """Return questions that are always answered alike."""
    return OwnerQuestions(lambda _: answer, **{"ask_epoch": first, "halt_file": None, **settings})


def ask(asking: OwnerQuestions, epoch: int, *, may_unfreeze: bool = True) -> str | None:
    """Ask after an epoch."""
    return asking.ask(SimpleNamespace(epoch=epoch), may_unfreeze=may_unfreeze)


def test_a_number_defers_the_next_question() -> None:
    """Asked after epoch 2, answered 3: the next question is due after epoch 5, then from anew."""
    asking = questions(3)

    assert [asking.is_due(epoch) for epoch in (1, 2)] == [False, True]
    assert ask(asking, 2) is None
    assert [asking.is_due(epoch) for epoch in (4, 5)] == [False, True]
    asking.start_afresh()
    assert asking.next_epoch == 2


def test_words_are_passed_on_and_nothing_else() -> None:
    """The words "halt" and "unfreeze" come back, None is None, any other word is refused."""
    assert [ask(questions(word), 2) for word in ("halt", "unfreeze", None)] == [
        *("halt", "unfreeze"),
        None,
    ]
    with pytest.raises(InvalidInputError, match=r"on_ask's answer.*got 'perhaps'"):
        ask(questions("perhaps"), 2)
    with pytest.raises(InvalidInputError, match="there is no first phase to end"):
        ask(questions("unfreeze"), 2, may_unfreeze=False)


def test_a_halt_file_answers_for_the_owner(tmp_path: Path) -> None:
    """Once the file is there the owner is asked no more; from the start it is refused."""
    asking = questions(None, halt_file=tmp_path / "halt")
    asking.check_no_halt_file()
    assert ask(asking, 2) is None
    (tmp_path / "halt").touch()

    assert not asking.is_due(2)
    assert ask(asking, 2) == "halt"
    with pytest.raises(InvalidInputError, match=r"there before training has begun.*Remove it"):
        asking.check_no_halt_file()


def test_half_a_question_is_refused() -> None:
    """A function without an epoch, an epoch without a function, and epoch 0 are refused."""
    with pytest.raises(InvalidInputError, match="belong together"):
        OwnerQuestions(print, ask_epoch=None, halt_file=None)
    with pytest.raises(InvalidInputError, match="belong together"):
        OwnerQuestions(None, ask_epoch=2, halt_file=None)
    with pytest.raises(InvalidInputError, match="`ask_epoch` must be"):
        OwnerQuestions(print, ask_epoch=0, halt_file=None)
