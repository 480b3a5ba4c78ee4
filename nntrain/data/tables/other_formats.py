"""Files that are no text: what they are, by how they begin, and what to do with them."""

from __future__ import annotations

# bytes at the beginning -> what such a file is, and what to do
_BEGINNINGS = {
    b"\xd0\xcf\x11\xe0": "an old Excel table (.xls): save it as .xlsx or csv",
    b"PAR1": "a Parquet file: call it .parquet",
    b"ARROW1": "a Feather file: save it as .parquet or csv",
    b"SQLite format 3\0": "a database (SQLite): write the table out as csv",
    b"BZh": "packed with bzip2: unpack it, or pack it with gzip",
    b"\xfd7zXZ\0": "packed with xz: unpack it, or pack it with gzip",
    b"\x28\xb5\x2f\xfd": "packed with zstd: unpack it, or pack it with gzip",
    b"7z\xbc\xaf": "a 7-Zip archive: unpack it",
    b"Rar!": "a RAR archive: unpack it",
    b"\x93NUMPY": "a NumPy array (.npy): dataset type npy reads it",
    b"\x89HDF": "an HDF5 file: write the table out as csv",
    b"%PDF": "a PDF: copy the table into a csv",
}


_ZIP, _NAME_OF_FIRST = b"PK\x03\x04", 30  # where the name of the first file in an archive stands
_IN_EXCEL = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"xl/")


def what_it_is(start: bytes) -> str | None:
    """What a file that begins so is, where it is no text, and what to do with it."""
    if start.startswith(_ZIP):
        name = start[_NAME_OF_FIRST : _NAME_OF_FIRST + int.from_bytes(start[26:28], "little")]
        if name.endswith(b".npy"):
            return "NumPy arrays (.npz): dataset type npz reads them"
        return "an Excel table: call it .xlsx" if name.startswith(_IN_EXCEL) else "a zip archive: unpack it"
    return next((what for beginning, what in _BEGINNINGS.items() if start.startswith(beginning)), None)


def markup(start: str) -> str | None:
    """The same of a text: JSON or HTML, whose lines would be read as odd rows."""
    head = start.lstrip("\ufeff \t\r\n")[:200].lower()
    if head.startswith(("<!doctype html", "<html", "<table", "<?xml")):
        return "a page of HTML or XML, no table: save it as csv"
    if (head[:1] == "{" and head[1:].lstrip()[:1] == '"') or (head[:1] == "[" and head[1:].lstrip()[:1] in ("{", "[")):
        return "JSON, no table: save it as csv"
    return "an ARFF file: save it as csv" if head.startswith("@relation") else None
