"""What the data say about themselves, and what is done with them on the way into the network and out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np

from nntrain.data.standardize import Standardization
from nntrain.errors import CheckpointError
from nntrain.files.json_fields import Fields, Saved, WrongFieldsError
from nntrain.model.shapes import Array, Shape, Symbols

if TYPE_CHECKING:
    from nntrain.data.series_layout import SeriesLayout
    from nntrain.data.tables.table_layout import TableLayout
    from nntrain.data.vocabulary import TargetTexts, Vocabulary

Target = Literal["labels", "values"]
Part = TypeVar("Part")


def required(part: Part | None, what: str) -> Part:
    """A part of the preparation that a dataset needs.  Raises CheckpointError where a checkpoint lacks it."""
    if part is None:
        raise CheckpointError(f"not a good checkpoint: its config is of {what}, and what it keeps of the data is not")
    return part


@dataclass(frozen=True, eq=False, repr=False)
class Preparation(Saved):
    """What turns raw input into network input, and predictions into the data's units.  Made by the dataset, fitted on
    the training part, kept in the checkpoint, so that eval and predict need the checkpoint alone.

    vocabulary           inputs are integers below this and stay integers
    array                the array of an .npz file that inputs come from
    channels_last        images in arrays are (N, H, W, C) and become (N, C, H, W)
    scale                integers are pixels: times this they lie in 0 … 1
    layout               the columns of a table
    series               the columns of a series
    output_names         names of the outputs
    text                 the symbols of texts
    target_texts         those of the texts that they are turned into
    text_column          the name of the column of a csv file that texts come from
    standardize          of the inputs, after `scale`
    source               with `reconstruct`, the facts of the data with their own targets
    standardize_target   of the targets
    """

    vocabulary: int | None = None
    array: str | None = None
    scale: float | None = None
    layout: TableLayout | None = None
    series: SeriesLayout | None = None
    output_names: tuple[str, ...] | None = None
    text: Vocabulary | None = None
    target_texts: TargetTexts | None = None
    standardize: Standardization | None = None
    source: Facts | None = None
    standardize_target: Standardization | None = None
    channels_last: bool = False
    text_column: str | None = None

    def as_json(self) -> dict[str, object]:
        """As a checkpoint keeps it: what does not apply is left out.  The order is part of the checkpoint's bytes."""
        saved: dict[str, object] = {
            "vocabulary": self.vocabulary,
            "array": self.array,
            "scale": self.scale,
            "layout": self.layout,
            "series": self.series,
            "output_names": None if self.output_names is None else list(self.output_names),
            **({} if self.text is None else self.text.as_json()),
            "target_texts": self.target_texts,
            "standardize": self.standardize,
            "source": self.source,
            "standardize_target": self.standardize_target,
            "channels_last": self.channels_last or None,
            "text_column": self.text_column,
        }
        there = {key: value for key, value in saved.items() if value is not None}
        return {key: value.as_json() if isinstance(value, Saved) else value for key, value in there.items()}

    @classmethod
    def from_json(cls, saved: Fields) -> Preparation:
        """Raises WrongFieldsError for what `as_json` does not give."""
        from nntrain.data.series_layout import SeriesLayout  # here, as a run of other data starts sooner without them
        from nntrain.data.tables.table_layout import TableLayout
        from nntrain.data.vocabulary import TargetTexts, Vocabulary

        def scaling(key: str) -> Standardization | None:
            return Standardization.from_json(saved.fields(key)) if key in saved else None

        with saved:
            return cls(
                saved.whole("vocabulary", 1) if "vocabulary" in saved else None,
                saved.text("array") if "array" in saved else None,
                saved.number("scale") if "scale" in saved else None,
                TableLayout.from_json(saved.fields("layout")) if "layout" in saved else None,
                SeriesLayout.from_json(saved.fields("series")) if "series" in saved else None,
                saved.texts("output_names") if "output_names" in saved else None,
                Vocabulary.from_json(saved) if "symbols" in saved else None,
                TargetTexts.from_json(saved.fields("target_texts")) if "target_texts" in saved else None,
                scaling("standardize"),
                Facts.from_json(saved.value("source")) if "source" in saved else None,
                scaling("standardize_target"),
                saved.boolean("channels_last") if "channels_last" in saved else False,
                saved.text("text_column") if "text_column" in saved else None,
            )


@dataclass(frozen=True, eq=False, repr=False)
class Facts(Saved):
    """What the data say about themselves: `$dataset.classes` in a config, and the manifest of a checkpoint.

    input_shape   shape of one example without the batch axis
    target        "labels" (integers 0 … classes − 1) or "values" (floats, `outputs` of them: 0 where there are none)
    vocabulary    inputs are symbols: integers below this
    label_names   names of the classes, in order of number
    """

    input_shape: Shape
    target: Target
    classes: int | None = None
    outputs: int | None = None
    vocabulary: int | None = None
    label_names: tuple[str, ...] | None = None
    preparation: Preparation = field(default_factory=Preparation)

    @property
    def shape(self) -> Shape:
        """What a network's first layer meets: `input_shape`, of symbols where there is a vocabulary."""
        return self.input_shape if self.vocabulary is None else Symbols(self.input_shape, self.vocabulary)

    @property
    def features(self) -> int:
        """Numbers in one example (of a sequence: in one step)."""
        return prod(self.input_shape) if len(self.input_shape) != 2 else self.input_shape[1]

    @property
    def text(self) -> Vocabulary | None:
        """The symbols of a text, where the data are texts."""
        return self.preparation.text

    @property
    def target_texts(self) -> TargetTexts | None:
        """What the texts are turned into, where the data are pairs of texts."""
        return self.preparation.target_texts

    @property
    def class_names(self) -> tuple[str, ...]:
        """A name for every class: its label's, its symbol, or its number."""
        if self.label_names is not None:
            return self.label_names
        if self.target_texts is not None:
            return self.target_texts.vocabulary.symbols
        return self.text.symbols if self.text else tuple(map(str, range(self.classes or 0)))

    @property
    def output_names(self) -> tuple[str, ...] | None:
        """Names of the outputs, where the data name them."""
        return self.preparation.output_names

    def to_units(self, Y: Array) -> Array:
        """Values (…, n_y, m), predicted or true, in the data's units: Y · deviation + mean in float64 where the dataset
        standardizes its targets, else Y itself."""
        scaling = self.preparation.standardize_target
        if scaling is None:
            return Y
        in_units: Array = Y * np.asarray(scaling.deviation)[:, None] + np.asarray(scaling.mean)[:, None]
        return in_units

    def inputs_in_units(self, X: Array) -> Array:
        """Network inputs (…, m) as examples (N, …) in the data's units, pixels in 0 … 1."""
        examples = np.ascontiguousarray(np.moveaxis(X, -1, 0))
        scaling = self.preparation.standardize
        return examples if scaling is None else scaling.undo(examples).astype(X.dtype)

    def example(self, x: Array) -> Array:
        """One network input (…) in the data's units, to be shown to people."""
        scaling = self.preparation.standardize
        return x if scaling is None else scaling.undo_for_people(x[None])[0]

    def cells(self, x: Array, most: int) -> list[tuple[str, str]]:
        """One network input as (name, value) for people: at most so many columns of a table, or of its numbers.

        Of a series the last steps: y-1, y are the last two values of y before the forecast, which begins with y+1.
        """
        if self.text is not None:
            return [("text", self.text.text(x))]
        numbers, layout = self.example(x).reshape(-1), self.preparation.layout
        if layout is not None:
            return layout.cells(numbers)[:most]
        if (series := self.preparation.series) is not None:
            names = series.step_names(len(x), (self.outputs or 0) // len(series.targets))
            return [(name, f"{value:.4g}") for name, value in zip(names, numbers, strict=True)][-most:]
        return [(f"input {i}", f"{value:.4g}") for i, value in enumerate(numbers[:most])]

    def as_json(self) -> dict[str, object]:
        """Everything, as the manifest keeps it."""
        return {
            "input_shape": list(self.input_shape),
            "target": self.target,
            "classes": self.classes,
            "outputs": self.outputs,
            "vocabulary": self.vocabulary,
            "label_names": None if self.label_names is None else list(self.label_names),
            "preparation": self.preparation.as_json(),
        }

    @classmethod
    def from_json(cls, saved: object) -> Facts:
        """Raises WrongFieldsError for what `as_json` does not give, and where the numbers do not belong together."""
        with Fields(saved, "dataset") as fields:
            facts = cls(
                fields.wholes("input_shape", 1),
                "labels" if fields.text("target", ("labels", "values")) == "labels" else "values",
                fields.whole("classes", 1) if "classes" in fields else None,
                fields.whole("outputs") if "outputs" in fields else None,
                fields.whole("vocabulary", 1) if "vocabulary" in fields else None,
                fields.texts("label_names") if "label_names" in fields else None,
                Preparation.from_json(fields.fields("preparation")),
            )
        facts._check()
        return facts

    def _check(self) -> None:
        """Every size that is said twice is the same."""
        shape, made = self.input_shape, self.preparation
        if not 1 <= len(shape) <= 3:
            raise WrongFieldsError(f"dataset.input_shape: {shape} is no vector, sequence or image")
        said: list[tuple[str, int, int | None]] = []  # what, its size, the size it must have
        if self.label_names is not None:
            said.append(("label_names", len(self.label_names), self.classes))
        if made.layout is not None:
            said.append(("layout", made.layout.inputs, shape[0]))
        if made.series is not None:
            said.append(("series", len(made.series.columns), shape[-1]))
        if made.text is not None:
            said.append(("symbols", len(made.text.symbols), self.vocabulary))
        if made.target_texts is not None:
            said.append(("target_texts", len(made.target_texts.vocabulary.symbols), self.classes))
        if made.output_names is not None and made.source is None:
            said.append(("output_names", len(made.output_names), self.outputs))
        if made.standardize is not None:
            channels = shape[1] if len(shape) == 2 else shape[0]
            said += [("standardize", len(values), channels) for values in vars(made.standardize).values()]
        if made.standardize_target is not None:
            said += [("standardize_target", len(v), self.outputs) for v in vars(made.standardize_target).values()]
        for what, size, expected in said:
            if size != expected:
                raise WrongFieldsError(f"dataset.{what}: {size} entries, expected {expected}")
        if (self.classes if self.target == "labels" else self.outputs) is None:
            raise WrongFieldsError(f"dataset: its targets are {self.target}, and it does not say how many")
