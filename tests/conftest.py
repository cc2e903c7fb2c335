import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported: the tests run side by side already

import numpy as np
import pytest


@pytest.fixture
def rng():
    return np.random.default_rng(0)
