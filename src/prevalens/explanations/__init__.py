"""Where the model looked."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.explanations.activation_map import compute_activation_map
    from prevalens.explanations.deletion_test import DeletionTest, compute_deletion_test
    from prevalens.explanations.gradient_weighted_map import grad_cam
    from prevalens.explanations.integrated_gradients import compute_integrated_gradients
    from prevalens.explanations.occlusion_map import compute_occlusion_map
    from prevalens.explanations.overlay import draw_overlay, mass_inside, save_overlay

__all__ = [
    "DeletionTest",
    "compute_activation_map",
    "compute_deletion_test",
    "compute_integrated_gradients",
    "compute_occlusion_map",
    "draw_overlay",
    "grad_cam",
    "mass_inside",
    "save_overlay",
]

__getattr__ = lazy_names(
    __name__,
    {
        "DeletionTest": "deletion_test",
        "compute_activation_map": "activation_map",
        "compute_deletion_test": "deletion_test",
        "compute_integrated_gradients": "integrated_gradients",
        "compute_occlusion_map": "occlusion_map",
        "draw_overlay": "overlay",
        "grad_cam": "gradient_weighted_map",
        "mass_inside": "overlay",
        "save_overlay": "overlay",
    },
)
