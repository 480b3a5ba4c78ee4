"""Columns of a table as they are written there, for `nntrain predict --keep`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nntrain.data.base import Dataset
from nntrain.data.facts import Facts
from nntrain.data.source_files import Source
from nntrain.data.tables.column_places import header_by
from nntrain.data.tables.file_rows import rows_in
from nntrain.data.tables.table import column_names
from nntrain.data.tables.table_dataset import TableDataset
from nntrain.data.tables.table_files import open_table
from nntrain.data.tables.table_reader import begin
from nntrain.errors import ConfigError, DataError
from nntrain.messages import did_you_mean


def kept_columns(dataset: Dataset, source: Source, facts: Facts, keep: Sequence[str]) -> dict[str, list[str]]:
    """Column by column the cells of a file, a row each, by names, or by numbers from 0 where it has no header.

    Raises ConfigError where the data are no tables, DataError for a column that is not there.
    """
    layout, of_texts = facts.preparation.layout, facts.preparation.text_column
    if not isinstance(dataset, TableDataset) or (layout is None and of_texts is None):
        raise ConfigError(f"--keep: columns are those of a table; {dataset.type} has none")
    if isinstance(source, Path) and (source.is_dir() or (layout is None and source.suffix.lower() == ".txt")):
        raise ConfigError(f"--keep: columns are those of a table; {source} is none")
    file, dialect = open_table(source, dataset.encoding), dataset.dialect
    is_header = header_by(layout, dialect) if layout else lambda first, below: of_texts in first
    with rows_in(file, dialect) as rows:
        start = begin(file, rows, dialect, is_header)
        names = column_names(start.first, start.header)
        for name in keep:
            if name not in names:
                there = "" if start.header else f" (no header, so columns are 0 to {len(names) - 1})"
                raise DataError(f"{file.name}: error: --keep: no column {name!r}{there}{did_you_mean(name, names)}")
        places = [names.index(name) for name in keep]
        cells = [[row[place].strip() for place in places] for _, row in (*start.rows, *rows)]
    return {name: list(column) for name, column in zip(keep, zip(*cells, strict=True), strict=True)}
