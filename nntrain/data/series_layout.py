"""Which columns of a csv file a series is, and which of them are forecast."""

from __future__ import annotations

from dataclasses import dataclass

from nntrain.files.json_fields import Fields, Saved, WrongFieldsError


@dataclass(frozen=True, eq=False, repr=False)
class SeriesLayout(Saved):
    """columns   names of what is read
    at        their numbers from 0 in the file
    targets   names of what is forecast
    future    names of what is known in advance
    time, group   name and number of the column of times, and of the one that tells several series apart
    step      between rows, in seconds where times are dates; None where there is no time, or steps differ
    """

    columns: tuple[str, ...]
    at: tuple[int, ...]
    targets: tuple[str, ...]
    future: tuple[str, ...] = ()
    time: tuple[str, int] | None = None
    group: tuple[str, int] | None = None
    step: float | None = None

    @property
    def targets_at(self) -> list[int]:
        """Where the targets stand among the columns that are read."""
        return [self.columns.index(name) for name in self.targets]

    @property
    def future_at(self) -> list[int]:
        """Where what is known in advance stands among the columns that are read."""
        return [self.columns.index(name) for name in self.future]

    def step_names(self, steps: int, horizon: int) -> list[str]:
        """What each number of a window of `steps` rows is: y-1, y are the last two of y, y+1 is the first forecast.

        What is known in advance stands `horizon` rows ahead of the rest.
        """
        ahead = [horizon * (name in self.future) for name in self.columns]
        found = []
        for step in range(1 - steps, 1):
            for name, moved in zip(self.columns, ahead, strict=True):
                found.append(f"{name}{step + moved:+d}" if step + moved else name)
        return found

    def as_json(self) -> dict[str, object]:
        """As a checkpoint keeps it: what does not apply is left out."""
        saved: dict[str, object] = {"columns": list(self.columns), "at": list(self.at), "targets": list(self.targets)}
        if self.future:
            saved["future"] = list(self.future)
        for key, column in (("time", self.time), ("group", self.group)):
            if column is not None:
                saved[key] = {"name": column[0], "at": column[1]}
        if self.step is not None:
            saved["step"] = self.step
        return saved

    @classmethod
    def from_json(cls, saved: Fields) -> SeriesLayout:
        """Raises WrongFieldsError for what `as_json` does not give."""

        def column(key: str) -> tuple[str, int] | None:
            if key not in saved:
                return None
            with saved.fields(key) as fields:
                return fields.text("name"), fields.whole("at")

        with saved as fields:
            layout = cls(
                fields.texts("columns"),
                fields.wholes("at"),
                fields.texts("targets"),
                fields.texts("future") if "future" in fields else (),
                column("time"),
                column("group"),
                fields.number("step") if "step" in fields else None,
            )
        if layout.step is not None and not 0 < layout.step < float("inf"):
            raise WrongFieldsError(f"series: a step of {layout.step} between rows")
        unread = {*layout.targets, *layout.future} - set(layout.columns)
        if len(layout.at) != len(layout.columns) or not layout.targets or unread:
            raise WrongFieldsError("series: its columns, their places and its targets do not belong together")
        return layout
