"""Classify leukaemic cells: the reference study, from a folder of images to a clinical report.

With `--data` it reads a real C-NMC 2019 folder and trains EfficientNetB3 by transfer learning.
Without, it draws the embedded default: a synthetic smear cohort with C-NMC's file names, on which a
small network trains in minutes on two CPU cores. The report says which it was.

    python examples/cnmc_all.py --output runs/all
    python examples/cnmc_all.py --data C-NMC_training_data --output runs/cnmc
    python examples/cnmc_all.py --protocol both --output runs/both
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from prevalens import __version__
from prevalens._versions import versions
