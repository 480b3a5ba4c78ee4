"""Whatever fails, and wherever a process dies, a file is the earlier one or the new one, whole."""

import errno
import os
import shutil
import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest

from nntrain.errors import StorageError
from nntrain.files import checkpoint, storage

CALLS = ("open", "write", "fsync", "replace", "close")
BLOCK = storage._BLOCK


class Killed(BaseException):
    """The process is gone: nothing it would have done after this happens."""


class Calls:
    """Stands between nntrain and the system: records the calls that change files, and stops at the k-th."""

    def __init__(self, monkeypatch, fail_at=None, kill_at=None, names=CALLS):
        self.done, self.fail_at, self.kill_at = [], fail_at, kill_at
        for name in {*names, "unlink"}:
            monkeypatch.setattr(os, name, self._wrap(name, getattr(os, name), name in names))

    def _wrap(self, name, call, counted):
        def wrapped(*arguments, **keywords):
            if self.kill_at is not None and len(self.done) >= self.kill_at:
                raise Killed
            if counted:
                self.done.append((name, arguments))
                if len(self.done) == self.fail_at:
                    if name == "write":  # a full disk takes a part first
                        call(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                    if name == "close":
                        call(*arguments)
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return call(*arguments, **keywords)

        return wrapped


def careless_writer(path, chunks):
    """Over the final name, as most trainers save: every harness here must catch it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for chunk in chunks:
        storage.write_all(descriptor, chunk)
    os.fsync(descriptor)
    os.close(descriptor)


def writer_without(call):
    """write_atomic with one of its system calls left out."""

    def write(path, chunks):
        with pytest.MonkeyPatch.context() as patch:
            if call == "fsync file":
                patch.setattr(
                    os, "fsync", lambda descriptor, fsync=os.fsync: is_directory(descriptor) and fsync(descriptor)
                )
            else:
                patch.setattr(storage, "sync_directory", lambda path: None)
            storage.write_atomic(path, chunks)

    return write


def is_directory(descriptor):
    return os.path.isdir(f"/proc/self/fd/{descriptor}") or os.path.isdir(f"/dev/fd/{descriptor}")


EARLIER = b"earlier"
NEW = [b"a" * 10, b"b" * (BLOCK + 7), b"c" * BLOCK, b"d"]


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(EARLIER)
    return path


def number_of_calls(write, target):
    with pytest.MonkeyPatch.context() as patch:
        calls = Calls(patch)
        write(target, NEW)
    target.write_bytes(EARLIER)
    return len(calls.done)


def states_after_kills(write, target):
    """What stands at `target` after the process died before each of its system calls in turn."""
    states = []
    for k in range(number_of_calls(write, target) + 1):
        with pytest.MonkeyPatch.context() as patch:
            Calls(patch, kill_at=k)
            with suppress(Killed):
                write(target, NEW)
        states.append(target.read_bytes())
        storage.remove_leftovers(target.parent)
        assert os.listdir(target.parent) == [target.name]
        target.write_bytes(EARLIER)
    return states


def test_a_kill_at_any_system_call_leaves_the_earlier_file_or_the_new_one(target):
    states = states_after_kills(storage.write_atomic, target)
    assert set(states) == {EARLIER, b"".join(NEW)}
    assert len(states) > 8
    torn = set(states_after_kills(careless_writer, target)) - {EARLIER, b"".join(NEW)}
    assert torn, "the harness must catch a writer over the final name"


def failures(write, target):
    """What stands at `target`, and what beside it, after the k-th call failed, for every k."""
    outcomes = []
    for k in range(1, number_of_calls(write, target) + 1):
        with pytest.MonkeyPatch.context() as patch:
            calls = Calls(patch, fail_at=k)
            with pytest.raises((StorageError, OSError)) as caught:
                write(target, NEW)
        outcomes.append((calls.done[k - 1], caught.value, target.read_bytes(), os.listdir(target.parent)))
        target.write_bytes(EARLIER)
    return outcomes


def test_a_failure_of_any_system_call_leaves_the_earlier_file_and_no_other(target):
    outcomes = failures(storage.write_atomic, target)
    renamed = next(i for i, ((name, _), *_) in enumerate(outcomes) if name == "replace")
    for i, (_, error, content, names) in enumerate(outcomes):
        assert str(error) == f"{target}: cannot be written: No space left on device"
        assert error.exit_code == 7
        assert names == ["file"]
        # After the rename only the directory's fsync can fail: the new file is there, whole.
        assert content == (EARLIER if i <= renamed else b"".join(NEW))
    assert any(content not in (EARLIER, b"".join(NEW)) for _, _, content, _ in failures(careless_writer, target))


def recorded(events, name, call):
    def wrapped(*arguments):
        events.append("fsync directory" if name == "fsync" and is_directory(arguments[0]) else name)
        return call(*arguments)

    return wrapped


def order_of_a_save(write, target):
    """The system calls of a save, repeated ones once."""
    events = []
    with pytest.MonkeyPatch.context() as patch:
        for name in ("write", "fsync", "replace"):
            patch.setattr(os, name, recorded(events, name, getattr(os, name)))
        write(target, NEW)
    return [event for i, event in enumerate(events) if i == 0 or event != events[i - 1]]


@pytest.mark.skipif(not os.path.isdir("/dev/fd"), reason="descriptors are told apart by /dev/fd")
def test_a_durable_save_is_write_fsync_rename_fsync_directory(target):
    right = ["write", "fsync", "replace", "fsync directory"]
    assert order_of_a_save(storage.write_atomic, target) == right
    for call in ("fsync file", "fsync directory"):
        assert order_of_a_save(writer_without(call), target) != right
    assert order_of_a_save(careless_writer, target) != right


SAVE = """
import sys, numpy as np
from nntrain.files import checkpoint
from nntrain.errors import StorageError
try:
    checkpoint.write(sys.argv[1], {"W": np.zeros(1_000_000)}, {"step": 2})
except StorageError as error:
    print(error)
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_system_sees_write_fsync_rename_fsync_in_that_order(tmp_path):
    trace, path = tmp_path / "trace", tmp_path / "last.npz"
    calls = "trace=write,fsync,fdatasync,rename,renameat,renameat2"
    command = ["strace", "-f", "-y", "-o", str(trace), "-e", calls, sys.executable, "-c", SAVE, str(path)]
    if subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("strace may not trace here")
    lines = [line.split(maxsplit=1)[1] for line in trace.read_text().splitlines() if str(tmp_path) in line]
    names = [line.split("(")[0] for line in lines]
    assert [name for i, name in enumerate(names) if i == 0 or name != names[i - 1]] == [
        "write",
        "fsync",
        "rename",
        "fsync",
    ]
    assert ".tmp>" in lines[names.index("fsync")]
    assert f"<{tmp_path}>" in lines[-1]


def test_a_file_size_limit_of_the_system_is_reported_and_the_earlier_checkpoint_stays(tmp_path):
    path = tmp_path / "last.npz"
    checkpoint.write(path, {"W": np.zeros(3)}, {"step": 1})
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))"
    result = subprocess.run([sys.executable, "-c", limit + SAVE, str(path)], capture_output=True, text=True)
    assert (result.stdout, result.stderr) == (f"{path}: cannot be written: File too large\n", "")
    assert checkpoint.read(path).manifest["step"] == 1
    assert os.listdir(tmp_path) == ["last.npz"]


def test_a_checkpoint_save_that_fails_anywhere_keeps_the_earlier_checkpoint(tmp_path):
    path = tmp_path / "last.npz"
    checkpoint.write(path, {"W": np.zeros(3)}, {"step": 1})
    k = 0
    while True:
        k += 1
        with pytest.MonkeyPatch.context() as patch:
            calls = Calls(patch, fail_at=k)
            with suppress(StorageError):
                checkpoint.write(path, {"W": np.ones(3)}, {"step": 2})
        renamed = "replace" in [name for name, _ in calls.done[: k - 1]]
        assert checkpoint.read(path).manifest["step"] == (2 if renamed else 1)
        assert os.listdir(tmp_path) == ["last.npz"]
        if k > len(calls.done):
            break
        checkpoint.write(path, {"W": np.zeros(3)}, {"step": 1})
    assert k > 5


def test_an_error_while_the_content_is_made_leaves_no_trace(target):
    def chunks():
        yield b"x" * BLOCK
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        storage.write_atomic(target, chunks())
    assert target.read_bytes() == EARLIER
    assert os.listdir(target.parent) == ["file"]


def test_a_system_that_takes_one_byte_at_a_time_gets_all_of_them(target, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data[:1])))
    storage.write_atomic(target, [b"abc", b"", b"defg"])
    assert target.read_bytes() == b"abcdefg"


def test_what_is_not_durable_is_not_fsynced_and_still_atomic(target, monkeypatch):
    calls = Calls(monkeypatch)
    storage.write_atomic(target, NEW, durable=False)
    assert "fsync" not in [name for name, _ in calls.done]
    assert "replace" in [name for name, _ in calls.done]


def test_a_directory_link_or_fifo_is_not_replaced(tmp_path):
    (tmp_path / "directory").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "fifo")
    before = sorted(os.listdir(tmp_path))
    for name, kind in (("directory", "a directory"), ("link", "a symbolic link"), ("fifo", "no regular file")):
        with pytest.raises(StorageError, match=f"{name}: cannot be written: it is {kind}"):
            storage.write_atomic(tmp_path / name, [b"x"])
    assert sorted(os.listdir(tmp_path)) == before


def test_a_missing_directory_is_named(tmp_path):
    with pytest.raises(StorageError, match="gone/file: cannot be written: No such file or directory"):
        storage.write_atomic(tmp_path / "gone" / "file", [b"x"])


def test_a_name_of_255_bytes_can_be_written(tmp_path):
    storage.write_atomic(tmp_path / ("é" * 127), [b"x"])
    assert (tmp_path / ("é" * 127)).read_bytes() == b"x"


def test_leftovers_alone_are_removed(tmp_path):
    (tmp_path / ".nntrain-0123.tmp").write_text("")
    kept = {".nntrain-lock", "notes.tmp", "last.npz"}
    for name in kept:
        (tmp_path / name).write_text("")
    storage.remove_leftovers(tmp_path)
    assert set(os.listdir(tmp_path)) == kept


def test_json_is_ascii_in_the_order_given_and_has_no_nan():
    value = {"b": (1, 0.1), "a": [np.float32(0.5), np.int64(2), np.array([1.0, np.nan])], "é": float("inf")}
    text = storage.json_bytes(value)
    assert text == b'{"b":[1,0.1],"a":[0.5,2,[1.0,null]],"\\u00e9":null}'
    with pytest.raises(TypeError, match="keys"):
        storage.json_bytes({1: 2})
