"""Files of data that are wrong, or not what they say, of any size; and the memory that commands take for them.

    PYTHONPATH=tests python tests/reliability/hostile_files.py [MB ...]

From 100 MB on with `fit --dry-run` alone.  For each file and each command: exit code, peak resident MB above those for
a small good file of the kind, seconds.  Files are sparse where they can be, and are removed at once.
"""

import gzip
import os
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

import numpy as np
from reliability.configs import MLP
from reliability.hostile_writers import (
    LABELS,
    MB,
    ROWS,
    SMALL,
    chunk,
    good_zeros,
    half_zeros_npz,
    idx,
    nan_at_the_end,
    npy_pair,
    packed,
    png,
    repeated,
    side,
    small_idx,
    small_png,
    sparse,
    stored_npz,
    stored_pixels,
    zeros_deflated,
    zeros_npz,
)
from reliability.program import ENVIRONMENT, command, write_config

SIZES = (1, 10, 100, 1000)
LIMIT = 100  # MB above the program's own
COMMANDS = {
    "data": lambda config, folder: ("data", config),
    "dry": lambda config, folder: ("fit", config, "--dry-run", "-q"),
    "fit": lambda config, folder: ("fit", config, "-q", "--run-dir", folder / "run", "--on-exist", "replace"),
}
CSV = {"type": "csv", "path": "d.csv", "target": -1}
PACKED_CSV = {**CSV, "path": "d.csv.gz"}
NPZ = {"type": "npz", "path": "d.npz"}
NPY = {"type": "npy", "inputs": "x.npy", "targets": "y.npy"}
MNIST = {"type": "mnist", "root": "."}
IMAGES = {"type": "images", "path": "images", "size": 8}

# name -> (dataset, write(folder, MB)).  MB is the size of the file, or of what a packed one unpacks to.
FILES = {
    "csv: one line of numbers": (CSV, lambda f, mb: repeated(f / "d.csv", b"1,", mb)),
    "csv: one cell": (CSV, lambda f, mb: repeated(f / "d.csv", b"x", mb)),
    "csv: a quote without an end": (CSV, lambda f, mb: repeated(f / "d.csv", b"1,2,0\n", mb, ROWS + b'"')),
    "csv: a quoted cell of many lines": (CSV, lambda f, mb: repeated(f / "d.csv", b"1\n", mb, ROWS + b'"', b'",1,1\n')),
    "csv: NUL": (CSV, lambda f, mb: sparse(f / "d.csv", ROWS, mb)),
    "csv: empty lines": (CSV, lambda f, mb: repeated(f / "d.csv", b"\n", mb, ROWS)),
    "csv: nothing but empty lines": (CSV, lambda f, mb: repeated(f / "d.csv", b"\n", mb)),
    "csv: blanks": (CSV, lambda f, mb: repeated(f / "d.csv", b" ", mb, ROWS)),
    "csv: commas": (CSV, lambda f, mb: repeated(f / "d.csv", b",", mb, ROWS)),
    "csv: lines of commas": (CSV, lambda f, mb: repeated(f / "d.csv", b"," * 9999 + b"\n", mb)),
    "csv: rows of empty cells": (CSV, lambda f, mb: repeated(f / "d.csv", b",,\n", mb, ROWS)),
    "csv: carriage returns": (CSV, lambda f, mb: repeated(f / "d.csv", b"\r", mb, ROWS)),
    "csv: random bytes": (CSV, lambda f, mb: repeated(f / "d.csv", os.urandom(MB), mb)),
    "csv: wrong second row": (CSV, lambda f, mb: repeated(f / "d.csv", b"1,2,0\n", mb, b"1,2,0\n1,2\n")),
    "csv: a word in the last row": (CSV, lambda f, mb: repeated(f / "d.csv", b"1,2,0\n", mb, ROWS, b"1,x,0\n")),
    "csv: quotes": (CSV, lambda f, mb: repeated(f / "d.csv", b'"', mb, ROWS)),
    "csv.gz: zeros": (PACKED_CSV, lambda f, mb: repeated(f / "d.csv.gz", bytes(MB), mb, opener=packed)),
    "csv.gz: equal rows": (PACKED_CSV, lambda f, mb: repeated(f / "d.csv.gz", b"1,2,0\n", mb, opener=packed)),
    "csv.gz: one line": (PACKED_CSV, lambda f, mb: repeated(f / "d.csv.gz", b"1,", mb, opener=packed)),
    "csv.gz: not gzip": (PACKED_CSV, lambda f, mb: sparse(f / "d.csv.gz", b"\x1f\x8b\x08\0", mb)),
    "npz: packed zeros": (NPZ, zeros_npz),
    "npz: packed, nearly zeros, y of another length": (NPZ, half_zeros_npz),
    "npz: x of another length than y": (NPZ, lambda f, mb: stored_npz(f, mb, (mb * MB // 16, 4))),
    "npz: more than the shape says": (NPZ, lambda f, mb: stored_npz(f, mb, (100, 3))),
    "npz: less than the shape says": (NPZ, lambda f, mb: stored_npz(f, mb, (mb * MB, 4))),
    "npz: a shape of 10^12": (NPZ, lambda f, mb: stored_npz(f, mb, (10**6, 10**6))),
    "npz: x of five axes": (NPZ, lambda f, mb: stored_npz(f, mb, (100, 1, 1, 1, mb * MB // 400))),
    "npz: complex": (NPZ, lambda f, mb: stored_npz(f, mb, (100, mb * MB // 1600), "<c16")),
    "npz: words": (NPZ, lambda f, mb: stored_npz(f, mb, (100, mb * MB // 400), "<U1")),
    "npz: objects": (NPZ, lambda f, mb: stored_npz(f, mb, (100,), "|O")),
    "npz: a header without an end": (
        NPZ,
        lambda f, mb: stored_npz(f, mb, (), before=b"\x93NUMPY\x02\x00" + struct.pack("<I", mb * MB)),
    ),
    "npz: no zip": (NPZ, lambda f, mb: sparse(f / "d.npz", b"PK\3\4", mb)),
    "npy: x of another length than y": (NPY, lambda f, mb: npy_pair(f, mb, (mb * MB // 16, 4))),
    "npy: less than the shape says": (NPY, lambda f, mb: npy_pair(f, mb, (10**9, 400))),
    "npy: five axes": (NPY, lambda f, mb: npy_pair(f, mb, (100, 1, 1, 1, mb * MB // 400 - 99))),
    "npy: complex": (NPY, lambda f, mb: npy_pair(f, mb, (100, mb * MB // 1600 - 99), "<c16")),
    "npy: Fortran order": (NPY, lambda f, mb: npy_pair(f, mb, (100, mb * MB // 400 - 99), fortran=True)),
    "npy: a header without an end": (
        NPY,
        lambda f, mb: npy_pair(f, mb, (), before=b"\x93NUMPY\x02\x00\xff\xff\xff\x7f"),
    ),
    "npy: NaN at the end": (NPY, lambda f, mb: nan_at_the_end(f, mb)),
    "IDX: more than the header says": (MNIST, lambda f, mb: idx(f, (10, 28, 28), mb)),
    "IDX: less than the header says": (MNIST, lambda f, mb: idx(f, (4_000_000, 28, 28), mb)),
    "IDX: other pixels": (MNIST, lambda f, mb: idx(f, (100, 1, (mb * MB - 16) // 100), mb)),
    "IDX: more images than labels": (MNIST, lambda f, mb: idx(f, ((mb * MB - 16) // 784, 28, 28), mb)),
    "IDX.gz: more than the header says": (MNIST, lambda f, mb: idx(f, (10, 28, 28), mb, gz=True)),
    "IDX.gz: as the header says": (MNIST, lambda f, mb: idx(f, (mb * MB // 784, 28, 28), mb, gz=True)),
    "PNG: many pixels of nothing": (
        IMAGES,
        lambda f, mb: png(f, side(mb), side(mb), chunk(b"IDAT", zeros_deflated(mb))),
    ),
    "PNG: many pixels, little data": (
        IMAGES,
        lambda f, mb: png(f, side(mb), side(mb), chunk(b"IDAT", zlib.compress(b""))),
    ),
    "PNG: few pixels, much data": (IMAGES, lambda f, mb: png(f, 8, 8, chunk(b"IDAT", zeros_deflated(mb)))),
    "PNG: packed text": (
        IMAGES,
        lambda f, mb: png(
            f, 8, 8, chunk(b"IDAT", zlib.compress(bytes(200))), before=chunk(b"zTXt", b"a\0\0" + zeros_deflated(mb))
        ),
    ),
    "PNG: a packed profile": (
        IMAGES,
        lambda f, mb: png(
            f, 8, 8, chunk(b"IDAT", zlib.compress(bytes(200))), before=chunk(b"iCCP", b"a\0\0" + zeros_deflated(mb))
        ),
    ),
    "PNG: a chunk of zeros": (
        IMAGES,
        lambda f, mb: png(f, 8, 8, struct.pack(">I", mb * MB) + b"tEXt", megabytes=mb),
    ),
    "PNG: a data chunk of zeros": (
        IMAGES,
        lambda f, mb: png(f, 8, 8, struct.pack(">I", mb * MB) + b"IDAT", megabytes=mb),
    ),
    "PNG: sixty million bytes of nothing": (
        IMAGES,
        lambda f, mb: png(f, side(min(mb, 60)), side(min(mb, 60)), good_zeros(side(min(mb, 60)))),
    ),
    "PNG: stored pixels, too few": (
        IMAGES,
        lambda f, mb: png(f, side(mb), side(mb), stored_pixels(mb), after=chunk(b"IEND", b"")),
    ),
    "PNG: stored pixels, cut": (IMAGES, lambda f, mb: png(f, side(mb), side(mb), stored_pixels(mb))),
}
SMALL_ONES = {
    "csv": (CSV, lambda f: (f / "d.csv").write_bytes(ROWS)),
    "csv.gz": (PACKED_CSV, lambda f: (f / "d.csv.gz").write_bytes(gzip.compress(ROWS))),
    "npz": (NPZ, lambda f: np.savez(f / "d.npz", x=SMALL, y=LABELS)),
    "npy": (NPY, lambda f: (np.save(f / "x.npy", SMALL), np.save(f / "y.npy", LABELS))),
    "IDX": (MNIST, lambda f: small_idx(f)),
    "IDX.gz": (MNIST, lambda f: small_idx(f)),
    "PNG": (IMAGES, lambda f: small_png(f)),
}


def measured(words, folder, seconds=120):
    """Exit code, peak resident MB, seconds and stderr of a command."""
    begin = time.monotonic()
    with open(folder / "stderr", "wb") as stderr:
        process = subprocess.Popen(
            command(*words),
            cwd=folder,
            env=ENVIRONMENT,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            stdin=subprocess.DEVNULL,
        )
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() - begin > seconds:
                process.kill()
            time.sleep(0.01)
    process.returncode = os.waitstatus_to_exitcode(status)
    text = (folder / "stderr").read_text("utf-8", "replace")
    return process.returncode, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime, text


def config_of(dataset, folder):
    layers = [{"dense": 4}, "relu", {"dense": "$dataset.classes"}]
    if dataset in (MNIST, IMAGES):
        layers.insert(0, "flatten")
    config = {**MLP, "dataset": dataset, "architecture": layers, "metrics": [], "training": {"steps": 2}}
    return write_config(folder / "c.yaml", config)


def own(kind, name, known={}):  # noqa: B006  what was measured once
    """MB of a command for a small good file."""
    if (kind, name) not in known:
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            dataset, write = SMALL_ONES[kind]
            write(folder)
            code, peak, _, text = measured(COMMANDS[name](config_of(dataset, folder), folder), folder)
            assert code == 0, (kind, name, text)
            known[kind, name] = peak
    return known[kind, name]


def write_apart(write, *arguments):
    """In a process of its own: a child begins with the peak that its parent had."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            write(*arguments)
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0


def case(file, megabytes, commands=COMMANDS):
    """For each command: its name, exit code, MB above the program's own, seconds, the first line of stderr."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        dataset, write = FILES[file]
        write_apart(write, folder, megabytes)
        config = config_of(dataset, folder)
        for name in commands:
            code, peak, seconds, text = measured(COMMANDS[name](config, folder), folder)
            yield name, code, peak - own(file.partition(":")[0], name), seconds, text


def main(sizes):
    worst = 0
    for size in sizes:
        for file in FILES:
            shown = []
            commands = COMMANDS if size < 100 else ("dry",)
            for name, code, above, seconds, text in case(file, size, commands):
                worst = max(worst, above)
                mark = " <--" if above > LIMIT or code not in (0, 2, 3) or "Traceback" in text else ""
                shown.append(f"{name} {code} {above:5.0f} MB {seconds:5.1f} s{mark}")
            print(f"{size:5} MB  {file:50} {'   '.join(shown)}   {text.strip()[:90]!r}", flush=True)
    print(f"most: {worst:.0f} MB above the program's own")


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or SIZES)
