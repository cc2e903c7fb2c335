import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported: the tests run side by side already

import numpy as np
import pytest


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def pytest_terminal_summary(terminalreporter):
    """Say what the tests of the live part have measured; here, where pytest looks before it shares the tests out."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "live" and report.when == "call":
                terminalreporter.write_line(f"live {value}")
