"""Writers of files of data that are wrong, or not what they say, of any size; sparse where they can be."""

import gzip
import os
import struct
import zlib

import numpy as np

MB = 1 << 20
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
