"""Every test runs with one BLAS thread, as the command line does: set before NumPy is imported."""

import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ[variable] = "1"

import pytest  # noqa: E402

from nntrain.runtime import threads  # noqa: E402


@pytest.fixture(autouse=True)
def _one_thread():
    """A test that changes the number of threads leaves no trace."""
    yield
    threads.set_threads(1)
