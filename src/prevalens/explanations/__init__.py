"""Where the model looked."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.explanations.activation_map import draw_activation_map
    from prevalens.explanations.integrated_gradients import draw_integrated_gradients
    from prevalens.explanations.occlusion_map import draw_occlusion_map
    from prevalens.explanations.overlay import draw_overlay, enlarge, mass_inside, save_overlay

__all__ = [
    "draw_activation_map",
    "draw_integrated_gradients",
    "draw_occlusion_map",
    "draw_overlay",
    "enlarge",
    "mass_inside",
    "save_overlay",
]

__getattr__ = lazy_names(
    __name__,
    {
        "draw_activation_map": "activation_map",
        "draw_integrated_gradients": "integrated_gradients",
        "draw_occlusion_map": "occlusion_map",
        "draw_overlay": "overlay",
        "enlarge": "overlay",
        "mass_inside": "overlay",
        "save_overlay": "overlay",
    },
)
