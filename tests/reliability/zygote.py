"""A process that has imported nntrain and forks a copy of itself for every command it is asked to run.

Each copy is a process of its own, which can be killed at any moment, without the fifth of a second that a start takes.
A line of JSON on stdin is a request, a line on stdout its process number, the next one how it ended and the memory
that it took.  A request may name what is to be planted before the command runs: a function of faults.py or mistakes.py.
"""

import json
import os
import signal
import sys

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ[variable] = "1"

from reliability import faults, mistakes  # noqa: E402

import nntrain.cli.progress  # noqa: E402
import nntrain.training.session  # noqa: E402, F401
from nntrain.cli import main  # noqa: E402
from nntrain.runtime import signals  # noqa: E402


def child(request):
    os.chdir(request["cwd"])
    for number, name in enumerate(("stdout", "stderr"), 1):
        os.dup2(os.open(os.path.join(request["cwd"], name), os.O_CREAT | os.O_WRONLY | os.O_TRUNC), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a background process of a script ignores it
    signals.obey()
    for name, arguments in request["planted"].items():
        getattr(faults if hasattr(faults, name) else mistakes, name)(*arguments)
    sys.argv = ["nntrain", *request["arguments"]]
    code = 1
    try:
        main(request["arguments"], prog_name="nntrain")
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def serve():
    for line in sys.stdin:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            child(request)
        print(pid, flush=True)
        _, status, usage = os.wait4(pid, 0)
        print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_maxrss]), flush=True)


if __name__ == "__main__":
    serve()
