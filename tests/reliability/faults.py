"""What the world can do to a command: planted before it runs."""

import ctypes
import errno
import os
import resource
import signal
import time

import numpy as np

from nntrain.training.supervised import SupervisedTrainer

# The calls with which nntrain changes files.
CALLS = ("mkdir", "open", "write", "fsync", "ftruncate", "replace", "unlink", "rmdir")
_write = os.write


def _before(act, names=CALLS):
    """Before the k-th of these calls that changes files, act(k, name, arguments)."""
    count = 0

    def wrapped(name, call):
        def wrapper(*arguments, **keywords):
            nonlocal count
            reads = name == "open" and not arguments[1] & (os.O_WRONLY | os.O_RDWR)
            if not reads and arguments[0] not in (1, 2):
                count += 1
                act(count, name, arguments)
            return call(*arguments, **keywords)

        return wrapper

    for name in names:
        setattr(os, name, wrapped(name, getattr(os, name)))


def _half(name, arguments):
    """A write that is cut short has still written something."""
    if name == "write":
        _write(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])


def kill_at(k):
    """SIGKILL before the k-th call."""

    def act(count, name, arguments):
        if count == k:
            _half(name, arguments)
            os.kill(os.getpid(), signal.SIGKILL)

    _before(act)


def fail_at(k, names, code):
    """The k-th of the calls `names` fails with errno `code`; once the disk is full, every later write as well."""
    full = False

    def act(count, name, arguments):
        nonlocal full
        if count == k or (full and name == "write"):
            full = full or code == errno.ENOSPC
            _half(name, arguments)
            raise OSError(code, os.strerror(code))

    _before(act, names)


def file_size_limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def memory_limit(above):
    """Address space: what the process has now and `above` bytes more."""
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + above, now + above))


def seconds(limit):
    """Of the processor: what never ends is killed."""
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))


def obeys_permissions():
    """Without root's power to write everywhere: it gives up CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH (capset(2))."""
    if os.getuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
        if libc.capget(header, sets) == 0:
            for i in (0, 1):  # effective, permitted
                sets[i] &= ~0b110
            if libc.capset(header, sets) == 0:
                return
        raise OSError(ctypes.get_errno(), "capabilities cannot be given up")


def slow_evaluation(seconds, marker):
    """Every batch of an evaluation (larger than the training's 16) takes its time; a file marks the first."""
    from nntrain.data.array_part import ArrayPart

    batch = ArrayPart.batch

    def slow(self, indices):
        if len(indices) > 16:
            open(marker, "w").close()
            for _ in range(round(seconds * 100)):  # a signal just before a long sleep would be seen after it only
                time.sleep(0.01)
        return batch(self, indices)

    ArrayPart.batch = slow


def nan_at_step(k):
    """A NaN in the gradient of step k, counted from 1."""
    step = SupervisedTrainer.step

    def wrong(self, batch, number):
        if number == k - 1:
            (network,) = self.networks.values()
            accumulate = network.accumulate
            network.accumulate = lambda *a: (accumulate(*a), network.dtheta.__setitem__(0, np.nan))
        step(self, batch, number)

    SupervisedTrainer.step = wrong


def nan_in_evaluation(k):
    """The k-th evaluation gives NaN, though all parameters are finite."""
    evaluate, count = SupervisedTrainer.evaluate, 0

    def wrong(self, part):
        nonlocal count
        count += 1
        values = evaluate(self, part)
        return {**values, "loss": float("nan")} if count == k else values

    SupervisedTrainer.evaluate = wrong
