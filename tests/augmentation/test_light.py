"""What multiplies the light."""

import numpy as np

from prevalens.augmentation.light import change_light


def one(**values: object) -> dict[str, np.ndarray]:
    """Return the parameters of one image."""
    return {name: np.asarray([value], dtype=np.float32) for name, value in values.items()}


WHITE = np.full((1, 101, 101, 3), 100, np.float32)


def test_factors_multiply() -> None:
    """Exposure 0.5 and white balance (1, 2, 1) of 100 give 50, 100, 50."""
    result = change_light(WHITE, one(exposure=0.5, white_balance=[1, 2, 1]), xp=np)

    np.testing.assert_allclose(result[0, 7, 9], [50, 100, 50])


def test_light_falls_off_towards_the_corners() -> None:
    """The centre keeps its light; at the corner (distance 0.99 of the half diagonal) 20 % go."""
    result = change_light(WHITE, one(vignette=0.2, light_gradient=0, light_angle=0), xp=np)

    assert result[0, 50, 50, 0] == 100
    np.testing.assert_allclose(result[0, 0, 0, 0], 100 - 20 * (100 / 101) ** 2, atol=1e-3)


def test_a_gradient_points_where_its_angle_says() -> None:
    """At 0 degrees the right edge gains what the left loses; top and bottom stay."""
    result = change_light(WHITE, one(vignette=0, light_gradient=0.1, light_angle=0), xp=np)
    edge = 10 * 50 / (101 / 2**0.5)

    np.testing.assert_allclose(result[0, 50, [0, 100], 0], [100 - edge, 100 + edge], atol=1e-3)
    np.testing.assert_allclose(result[0, [0, 100], 50, 0], 100, atol=1e-3)


def test_dust_darkens_where_it_lies() -> None:
    """In the middle of a speck 40 % of the light go, at its radius half of that, far off none."""
    dust = one(dust_x=[50 / 101], dust_y=[50 / 101], dust_radius=[10 / 101], dust_darkness=[0.4])
    result = change_light(WHITE, dust, xp=np)[0, ..., 0]

    np.testing.assert_allclose(
        [result[50, 50], result[50, 60], result[0, 0]], [60, 80, 100], atol=0.01
    )
