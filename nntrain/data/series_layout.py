"""Which columns of a csv file a series is, and which of them are forecast."""

from __future__ import annotations

from dataclasses import dataclass

from nntrain.files.json_fields import Fields, Saved


@dataclass(frozen=True, eq=False, repr=False)
class SeriesLayout(Saved):
    """columns: the names of what is read; at: their numbers from 0 in the file; targets: names of what is forecast."""

    columns: tuple[str, ...]
    at: tuple[int, ...]
    targets: tuple[str, ...]

    @property
    def targets_at(self) -> list[int]:
        """Where the targets stand among the columns that are read."""
        return [self.columns.index(name) for name in self.targets]

    def as_json(self) -> dict[str, object]:
        """As a checkpoint keeps it."""
        return {"columns": list(self.columns), "at": list(self.at), "targets": list(self.targets)}

    @classmethod
    def from_json(cls, saved: Fields) -> SeriesLayout:
        """Raises ValueError for what `as_json` does not give."""
        with saved as fields:
            layout = cls(fields.texts("columns"), fields.wholes("at"), fields.texts("targets"))
        if len(layout.at) != len(layout.columns) or not layout.targets or set(layout.targets) - set(layout.columns):
            raise ValueError("series: its columns, their places and its targets do not belong together")
        return layout
