from prevalens.explanations.activation_map import compute_activation_map as compute_activation_map
from prevalens.explanations.deletion_test import DeletionTest as DeletionTest
from prevalens.explanations.deletion_test import compute_deletion_test as compute_deletion_test
from prevalens.explanations.gradient_weighted_map import grad_cam as grad_cam
from prevalens.explanations.integrated_gradients import (
    compute_integrated_gradients as compute_integrated_gradients,
)
from prevalens.explanations.occlusion_map import compute_occlusion_map as compute_occlusion_map
from prevalens.explanations.overlay import draw_overlay as draw_overlay
from prevalens.explanations.overlay import mass_inside as mass_inside
from prevalens.explanations.overlay import save_overlay as save_overlay
