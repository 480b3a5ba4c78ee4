"""Batches, the parts of a dataset that give them, and a loaded dataset.

Datasets lie in memory or on disk example-first, as NumPy users keep them; `Part.batch` gathers rows and moves the axis
once, so that everything after it sees examples as columns.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from nntrain.data.facts import Facts
from nntrain.model.shapes import Array

NO_LABEL = -1  # stands where there is no label; a loss passes over it with `ignore: -1`


@dataclass
class Batch:
    """One batch, batch axis last.

    X   (…, m) in the network's dtype, or integers for an embedding
    Y   labels (m,) or (T, m) as integers, or values (n_y, m) or (T, n_y, m); (0, m) where there are no targets
    lengths   (m,) valid steps of padded sequences, or None
    resets    True where no recurrent state may be carried in from the batch before (see Part.streams)
    naive     a forecast by rule, like Y: what a model has to beat; or None
    seasonal  another one, of a season ago
    previous  (T, m) y⟨t−1⟩, the targets a step later behind the start mark: what a decoder reads
    target_lengths   (m,) valid steps of Y, where targets are sequences of their own
    weights   ≥ 0, what each example (m,) or step (T, m) counts for in cost and metrics; None: all alike
    """

    X: Array
    Y: Array
    lengths: Array | None = None
    resets: bool = True
    naive: Array | None = None
    seasonal: Array | None = None
    weights: Array | None = None
    previous: Array | None = None
    target_lengths: Array | None = None

    @property
    def steps_of_targets(self) -> Array | None:
        """(m,) valid steps of Y, where it has steps: those of X unless the targets are sequences of their own."""
        return self.lengths if self.target_lengths is None else self.target_lengths

    @property
    def size(self) -> int:
        """Number of examples m."""
        return int(self.X.shape[-1])

    @property
    def weighing(self) -> dict[str, Array]:
        """`weights` as an argument of losses and metrics: a loss of one's own needs it where the data have some."""
        return {} if self.weights is None else {"weights": self.weights}


@dataclass(frozen=True)
class LeftOut:
    """Columns of a table that come to nothing: the place of each by its name."""

    places: Mapping[str, str]

    def told(self, keep: Collection[str] = ()) -> str:
        """The line about those that are not kept; "" where all are."""
        if not (places := {name: place for name, place in self.places.items() if name not in keep}):
            return ""
        first, names = next(iter(places.values())), [" ".join(name.split()) for name in places]
        some = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        many = len(names) > 1
        what = (
            f"{len(names)} columns are no input: left out ({some})" if many else f"column {some} is no input: left out"
        )
        return f"{first}: {what}"


class Part:
    """The training, validation or test part of a dataset.

    size      number of examples
    streams   the examples are the pieces of so many streams, first the first piece of each: batches have this many
              examples, come in order, and recurrent state goes along.  0: examples have nothing to do with each other
    warnings  of a part that was read for itself, as in Data
    beside    of a part that was read for itself: columns of words that belong to its examples, by name
    files     of a part that was read for itself: the file of each example, where examples are files; else empty
    left_out  of a part that was read for itself: columns of its table that nobody asked for
    """

    size: int
    streams: int = 0
    warnings: Sequence[str] = ()
    files: Sequence[str] = ()
    beside: Mapping[str, Sequence[str]] = MappingProxyType({})
    left_out: LeftOut | None = None

    def told(self, keep: Collection[str] = ()) -> list[str]:
        """What a person should know of a part that was read for itself, of which these columns are kept."""
        others = "" if self.left_out is None else self.left_out.told(keep)
        return [*self.warnings, *([others] if others else [])]

    def look(self) -> None:
        """Called before each batch of an evaluation: a part that is watched may raise here, to cut it short."""

    def draws(self, seed: int, epoch: int) -> Array | None:
        """The training examples of an epoch where they are drawn from more than there are; None: each of them once."""
        return None

    def batch(self, indices: Array) -> Batch:
        """The examples at `indices` (int64 (m,)) as one batch, in fresh arrays."""
        raise NotImplementedError


@dataclass
class Data:
    """A loaded dataset.

    parts      "train" and, where there are any, "validation" and "test"
    sha256     of the data themselves, wherever they lie
    warnings   what was taken, or left out, without being told: `file[:row[:column]]: …`
    missing    missing values of a table by column, where there are any
    no_targets    why there are none, as the error of a training that needs some; "" where there are
    unlabelled    where the first label of −1 stands, which is none: a loss has to say `ignore: -1`; "" where all are
    """

    facts: Facts
    parts: dict[str, Part]
    sha256: str
    warnings: list[str] = field(default_factory=list)
    missing: dict[str, int] = field(default_factory=dict)
    no_targets: str = ""
    unlabelled: str = ""
