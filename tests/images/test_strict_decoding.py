"""Pillow's leniency is set aside while pictures are read, and comes back."""

import pytest
from PIL import ImageFile

from prevalens.images.strict_decoding import strictly


def fail_inside() -> None:
    """Look at the setting inside, and fail."""
    with strictly():
        with strictly():
            assert not ImageFile.LOAD_TRUNCATED_IMAGES
        assert not ImageFile.LOAD_TRUNCATED_IMAGES
        raise KeyError


@pytest.mark.parametrize("lenient", [True, False])
def test_leniency_comes_back_when_the_last_is_done(
    monkeypatch: pytest.MonkeyPatch, *, lenient: bool
) -> None:
    """Strict inside, also after an inner one ended; as it was afterwards, after an error too."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", lenient)
    with pytest.raises(KeyError):
        fail_inside()
    assert lenient == ImageFile.LOAD_TRUNCATED_IMAGES
