"""`nntrain` and `python -m nntrain`."""

from nntrain.runtime.signals import obey
from nntrain.runtime.standard_streams import open_closed

# before click and NumPy are imported: an interrupt during start-up ends quietly with the right code, too
obey()
open_closed()


def run() -> None:
    """Entry point of the console script."""
    from nntrain.cli import main

    try:
        main(prog_name="nntrain")
    except SystemExit as end:
        _end_at_once(end.code)
        raise


def _end_at_once(code: object) -> None:
    """End without taking modules and arrays apart one by one, which takes a small run long.

    Everything is written and closed by now.  Where that is not so, the interpreter ends in its own way and says so.
    MPI takes leave of its launcher in the exit handlers of C, which only that way come to run: MPICH 5 kills all
    processes when one is gone without a word.
    """
    import atexit
    import os
    import sys

    if not isinstance(code, int) or sys.getprofile() or sys.gettrace() or "mpi4py.MPI" in sys.modules:
        return
    atexit._run_exitfuncs()  # what libraries asked for
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        return
    os._exit(code)


if __name__ == "__main__":
    run()
