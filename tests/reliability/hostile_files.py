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
from reliability.program import ENVIRONMENT, command, write_config

MB = 1 << 20
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
ROWS = b"a,b,y\n" + b"".join(b"%d,%d,%d\n" % (i, i % 3, i % 2) for i in range(60))


def repeated(path, piece, megabytes, before=b"", after=b"", opener=open):
    """`piece` again and again until the file has so many MB (unpacked, where the opener packs)."""
    piece = piece * max(1, MB // len(piece))
    with opener(path, "wb") as file:
        file.write(before)
        for _ in range(megabytes):
            file.write(piece)
        file.write(after)


def sparse(path, before, megabytes):
    """Zeros behind a beginning, which take no room on the disk."""
    path.write_bytes(before)
    os.truncate(path, megabytes * MB)


def packed(path, *_):
    return gzip.open(path, "wb", compresslevel=1)


def npy_header(shape, dtype="<f4", fortran=False):
    text = f"{{'descr': '{dtype}', 'fortran_order': {fortran}, 'shape': {shape}, }}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def packed_npz(folder, members):
    """members   name -> (beginning, MB of zeros behind it)"""
    import zipfile

    with zipfile.ZipFile(folder / "d.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, (beginning, megabytes) in members.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                member.write(beginning)
                for _ in range(megabytes):
                    member.write(bytes(MB))


def small_npy(array):
    import io

    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue(), 0


LABELS = np.arange(100) % 2
SMALL = np.random.default_rng(0).normal(size=(100, 3)).astype(np.float32)


def zeros_npz(folder, mb):
    packed_npz(folder, {"x": (npy_header((mb * MB // 16, 4)), mb), "y": small_npy(LABELS)})


def half_zeros_npz(folder, mb):
    """As large as data may be that are nearly all the same: packed to a hundredth."""
    block = bytes(100 << 10)[:-700] + os.urandom(700)
    import zipfile

    with zipfile.ZipFile(folder / "d.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("x.npy", "w", force_zip64=True) as member:
            member.write(npy_header((mb * 10 * len(block), 1), "|u1"))
            for _ in range(mb * 10):
                member.write(block)
        archive.writestr("y.npy", small_npy(LABELS)[0])


def stored_npz(folder, mb, shape, dtype="<f4", before=None):
    """x of zeros in a hole of the file; y with 100 labels."""
    import zipfile

    beginning = npy_header(shape, dtype) if before is None else before
    path = folder / "d.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("y.npy", small_npy(LABELS)[0])
        with archive.open("x.npy", "w", force_zip64=True) as member:
            member.write(beginning)
            for _ in range(mb):
                member.write(bytes(MB))


def idx(folder, shape, megabytes, gz=False, labels=100):
    name, header = "train-images-idx3-ubyte", struct.pack(">4B3I", 0, 0, 8, 3, *shape)
    small = struct.pack(">4BI", 0, 0, 8, 1, labels) + bytes(labels)
    if gz:
        repeated(folder / f"{name}.gz", bytes(MB), megabytes, header, opener=packed)
    else:
        sparse(folder / name, header, megabytes)
    (folder / "train-labels-idx1-ubyte").write_bytes(small)
    (folder / "t10k-images-idx3-ubyte").write_bytes(struct.pack(">4B3I", 0, 0, 8, 3, 10, 28, 28) + bytes(7840))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(struct.pack(">4BI", 0, 0, 8, 1, 10) + bytes(10))


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(folder, width, height, data, colour=2, bits=8, before=b"", after=b"", megabytes=0):
    for name in ("a", "b"):
        (folder / "images" / name).mkdir(parents=True, exist_ok=True)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    good = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    good += chunk(b"IDAT", zlib.compress(bytes(8 * 25))) + chunk(b"IEND", b"")
    (folder / "images" / "b" / "good.png").write_bytes(good)
    content = b"\x89PNG\r\n\x1a\n" + header + before + data + after
    path = folder / "images" / "a" / "bad.png"
    path.write_bytes(content)
    if megabytes:
        os.truncate(path, len(content) + megabytes * MB)


def zeros_deflated(megabytes):
    packer = zlib.compressobj(1)
    pieces = [packer.compress(bytes(MB)) for _ in range(megabytes)]
    return b"".join([*pieces, packer.flush()])


def good_zeros(width, channels=3):
    """All pixels of a square black picture."""
    packer = zlib.compressobj(1)
    row = bytes(1 + channels * width)
    return chunk(b"IDAT", b"".join([*(packer.compress(row) for _ in range(width)), packer.flush()])) + chunk(
        b"IEND", b""
    )


def side(mb, channels=3):
    return int((mb * MB / channels) ** 0.5)


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


def npy_pair(folder, mb, shape, dtype="<f4", fortran=False, before=None):
    sparse(folder / "x.npy", npy_header(shape, dtype, fortran) if before is None else before, mb)
    np.save(folder / "y.npy", LABELS)


def nan_at_the_end(folder, mb):
    rows = mb * MB // 16 - 8
    beginning = npy_header((rows, 4))
    sparse(folder / "x.npy", beginning, mb)
    os.truncate(folder / "x.npy", len(beginning) + rows * 16)
    with open(folder / "x.npy", "r+b") as file:
        file.seek(-4, os.SEEK_END)
        file.write(struct.pack("<f", float("nan")))
    np.save(folder / "y.npy", np.arange(rows) % 2)


def stored_pixels(mb):
    """A data chunk whose deflate blocks pack nothing."""
    packer = zlib.compressobj(0)
    return chunk(b"IDAT", b"".join([*(packer.compress(bytes(MB)) for _ in range(mb)), packer.flush()]))


def small_idx(folder):
    idx(folder, (100, 28, 28), 1)
    os.truncate(folder / "train-images-idx3-ubyte", 16 + 78400)


def small_png(folder):
    png(folder, 8, 8, chunk(b"IDAT", zlib.compress(bytes(200))), after=chunk(b"IEND", b""))
    for name in ("a", "b"):
        for i in range(20):
            (folder / "images" / name / f"{i}.png").write_bytes((folder / "images/a/bad.png").read_bytes())


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
