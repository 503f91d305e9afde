"""What is given as a policy."""

import pytest

from prevalens.augmentation import AugmentationPolicy, Flip, RandomAugmentation, presets
from prevalens.augmentation.policy_argument import policy_from
from prevalens.exceptions import InvalidInputError

pytestmark = pytest.mark.keras

POLICY = AugmentationPolicy([Flip()])


def test_a_policy_and_its_record_are_taken() -> None:
    """The very policy comes back, and an equal one of its record."""
    assert policy_from(POLICY, "policy") is POLICY
    assert policy_from(POLICY.to_dict(), "policy") == POLICY


@pytest.mark.parametrize("name", presets.PRESETS)
def test_a_preset_that_is_not_called_is_answered_with_the_call(name: str) -> None:
    """The function without parentheses, and its name as a text."""
    for given in (getattr(presets, name), name):
        with pytest.raises(InvalidInputError, match=rf"presets\.{name}\(\)\.$"):
            policy_from(given, "policy")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("blood_smears", "Did you mean 'blood_smear'"),
        (Flip(), r"AugmentationPolicy\(\[Flip\(\)\]\)"),
        ([Flip()], "`augmentation` must be .*got a list"),
        (Flip, "the class Flip"),
        (presets, "got module"),
        (None, "got NoneType"),
        (len, "got builtin_function_or_method"),
    ],
)
def test_what_was_meant_to_be_one_is_answered(given: object, text: str) -> None:
    """A misspelt name, one operation, a list, a class, the module, nothing."""
    with pytest.raises(InvalidInputError, match=text):
        policy_from(given, "augmentation")


def test_a_layer_is_answered_with_its_policy() -> None:
    """A dataset takes the policy; the layer belongs into the model."""
    with pytest.raises(InvalidInputError, match=r"belongs into the model.*layer\.policy"):
        policy_from(RandomAugmentation(POLICY, seed=0), "augmentation")
