"""One BLAS thread in a program that may have imported NumPy long before.

nntrain's own threads work fixed tiles over a BLAS of one thread, so that bits do not depend on their number.  BLAS
reads its environment once, when NumPy is imported; later only threadpoolctl can tell it.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "BLIS_NUM_THREADS",
)


def one_thread_from_the_start() -> None:
    """Where NumPy is yet to be imported, its BLAS will have one thread, unless the environment says another number."""
    if "numpy" not in sys.modules:
        for variable in VARIABLES:
            os.environ.setdefault(variable, "1")


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Within, BLAS computes with one thread; or a warning says what to do."""
    if any(os.environ.get(variable) == "1" for variable in VARIABLES):
        yield
        return
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        warnings.warn(
            "NumPy was imported before nntrain, and its BLAS takes several threads: slower, and the last bits may "
            "differ; set OPENBLAS_NUM_THREADS=1 before Python starts, or pip install threadpoolctl",
            stacklevel=4,
        )
        yield
        return
    with threadpool_limits(1, user_api="blas"):
        yield
