"""The config as a whole: a draft before the data are known, and the frozen, complete thing after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from nntrain.components import Arg, arg, find, frozen
from nntrain.config import yaml_writer
from nntrain.config.consistency import check, loop_of, safe_name, with_loop
from nntrain.config.constructor import Constructor, Values
from nntrain.config.dotted_paths import below, child
from nntrain.config.field_types import Either, FieldType, Kind, Many, PerNetwork, Section, fields
from nntrain.config.nodes import Node, from_python, node_of
from nntrain.config.overlay import override, read_tree, with_dataset
from nntrain.config.plain_config import plain
from nntrain.config.problems import Mark, Place, Placed, Problems, Source
from nntrain.config.references import DatasetFacts, References
from nntrain.config.settings import Start, Training
from nntrain.files.plain_values import Json, JsonObject
from nntrain.messages import show
from nntrain.plugins import Imports, taken_from

if TYPE_CHECKING:
    from nntrain.data.base import Dataset
    from nntrain.losses.base import Loss
    from nntrain.metrics.base import Metric as MetricOfState
    from nntrain.model.layer import Layer
    from nntrain.optimizers.base import Optimizer
    from nntrain.schedules.base import Schedule

    Metric = MetricOfState[Any]
else:  # their modules import NumPy; what a config takes in a field is said by its `Kind`
    Dataset = Loss = Metric = Layer = Optimizer = Schedule = Any


def _constant() -> Schedule:
    return cast("Schedule", find("schedule")["constant"]())


@frozen
class Config:
    """A complete config: every default filled in, every reference resolved, every path absolute."""

    name: str = arg("name of the run and its directory; default: the file's name")
    dataset: Annotated[Dataset, Kind("dataset")] = arg("what is learned from")
    architecture: Annotated[
        tuple[Layer, ...] | dict[str, tuple[Layer, ...]], PerNetwork(Many(Kind("layer"), at_least=1))
    ] = arg("the layers, first to last")
    loss: Annotated[Loss, Kind("loss")] = arg("what is minimised")
    optimizer: Annotated[Optimizer | dict[str, Optimizer], PerNetwork(Kind("optimizer"))] = arg(
        "how parameters are updated"
    )
    training: Training = arg("how long, what is watched, when state is saved")
    seed: int = arg("beginning of every random stream", default=0, ge=0)
    dtype: Literal["float32", "float64"] = arg("type of parameters and activations", default="float32")
    schedule: Annotated[Schedule, Kind("schedule")] = field(
        default_factory=_constant, metadata={"arg": Arg("learning rate over the training; default: constant")}
    )
    start: Start | None = arg("what initial values are taken from another network", default=None, listed=False)
    freeze: tuple[str, ...] = arg(
        "patterns of saved names, or of layers, as dense_1 or *.b: these parameters stay as they are",
        default=(),
        listed=False,
    )
    metrics: Annotated[tuple[Metric, ...], Many(Kind("metric"))] = arg("what is measured beside the loss", default=())
    _places: Placed = field(default_factory=dict, repr=False, compare=False)
    _root: Place = field(default=Place(Mark(Source(Path()))), repr=False, compare=False)

    @classmethod
    def from_dict(cls, saved: Mapping[str, Json]) -> Config:
        """The config that `as_dict` gave, as a checkpoint keeps it.  Raises ConfigError."""
        return read(saved).resolve(None)

    def as_dict(self) -> JsonObject:
        """The whole config as plain values that JSON can hold; `read` takes them back."""
        values = plain(self)
        return {key: values[key] for key in ORDER if key in values}

    def to_yaml(self) -> str:
        """The whole config as YAML; `read` on it gives an equal config."""
        return yaml_writer.to_yaml(self.as_dict())

    def layers_of(self, network: str) -> tuple[Layer, ...]:
        """The layers of a network, by the loop's name for it; where the config declares one network, its layers."""
        return self.architecture[network] if isinstance(self.architecture, dict) else self.architecture

    def optimizer_of(self, network: str) -> Optimizer:
        """The optimizer that a network learns under; where the config declares one for all, that one."""
        return self.optimizer[network] if isinstance(self.optimizer, dict) else self.optimizer

    def monitored(self, validates: bool) -> str:
        """`training.monitor` or its default: the loss, or the cost where layers add to it (a KL divergence), of the
        validation part where there is one."""
        if self.training.monitor is not None:
            return self.training.monitor
        return f"{'validation' if validates else 'train'}.{'cost' if self._layers_add_to_cost else 'loss'}"

    @property
    def part_size(self) -> int:
        """How many examples training has in memory at a time: those of a part of a batch."""
        return -(-self.dataset.batch_size // self.training.micro_batches)

    @property
    def shows_cost(self) -> bool:
        """Whether the log has the cost beside the loss: where something is added to it, or where it is watched."""
        training = self.training
        watched = training.monitor is not None and training.monitor.endswith(".cost")
        return bool(training.l1 or training.l2 or watched or self._layers_add_to_cost)

    @property
    def _layers_add_to_cost(self) -> bool:
        by_network = self.architecture.values() if isinstance(self.architecture, dict) else [self.architecture]
        return any(layer.adds_to_cost for layers in by_network for layer in layers)

    def with_loss(self, loss: Loss) -> Config:
        """This config with what its loss takes from the data made numbers; for messages it stands at the same place."""
        return replace(self, loss=loss, _places={**self._places, id(loss): (loss, self.place(self.loss))})

    @property
    def imports(self) -> Imports:
        """The components that are not nntrain's own, by what --import named."""
        return taken_from(component for component, _ in self._places.values())

    def place(self, component: object) -> Place:
        """Where a component or section of this config stands; for anything else, where the config begins."""
        return self._places.get(id(component), (component, self._root))[1]


ORDER = (
    "name",
    "seed",
    "dtype",
    "dataset",
    "architecture",
    "start",
    "freeze",
    "loss",
    "optimizer",
    "schedule",
    "metrics",
    "training",
)


class Draft:
    """A config that is right as far as can be said without its data."""

    name: str
    seed: int
    dtype: str
    dataset: Dataset

    def __init__(self, tree: Node, problems: Problems):
        self._tree = tree
        values, self._places = self._construct(problems, None, before_data=True)
        self.name, self.seed, self.dtype = values["name"], values.get("seed", 0), values.get("dtype", "float32")
        self.dataset = values["dataset"]
        if values.get("loss") is not None:
            self.dataset.meant_for(getattr(values["loss"], "target", "either"))

    def resolve(self, facts: DatasetFacts | None) -> Config:
        """The complete config, with `$dataset.classes` and its like from the loaded data.  Raises ConfigError."""
        values, places = self._construct(Problems(), facts)
        values["dataset"] = self.dataset
        for component in (self.dataset, *self.dataset.augment):
            places[id(component)] = self._places[id(component)]
        return Config(**values, _places=places, _root=Place(self._tree.mark))

    def _construct(
        self, problems: Problems, facts: DatasetFacts | None, *, before_data: bool = False
    ) -> tuple[Values, Placed]:
        tree = self._tree
        constructor = Constructor(References(tree, Section(Config), facts, before_data=before_data), problems)
        if (loop := loop_of(tree)) is None:
            constructor.networks = None
        else:
            constructor.networks, constructor.one_optimizer = loop.networks, loop.one_optimizer
        values = constructor.fields(tree, fields(Config), "")
        check(tree, values, problems)
        problems.check()
        return values, constructor.places


class Base:
    """A config read once, to be varied by many sets of overrides: `Base(path).draft(["optimizer.lr=0.01"])`."""

    def __init__(self, source: str | Path | Mapping[str, Json], dataset: Mapping[str, str] | None = None):
        self._problems = Problems()
        self._tree = read_tree(source, Config, self._problems)
        if dataset is not None:
            self._tree = with_dataset(self._tree, dataset, self._problems)
        self._stem = "run" if isinstance(source, Mapping) else Path(source).stem

    def draft(self, overrides: Sequence[str] = ()) -> Draft:
        """Raises ConfigError with every problem that can be seen without the data."""
        problems = self._problems.copy()
        tree = override(self._tree, overrides, Config, problems)
        assert isinstance(tree.value, dict)
        if (name := tree.value.get("name")) is None or name.value is None:
            named = {**tree.value, "name": node_of(safe_name(self._stem), tree.mark)}
            tree = Node(tree.mark, named, keys={"name": tree.mark, **tree.keys})
        return Draft(with_loop(tree), problems)


def read(
    source: str | Path | Mapping[str, Json], overrides: Sequence[str] = (), dataset: Mapping[str, str] | None = None
) -> Draft:
    """Read a config file, or take a Python mapping of the same form; `overrides` are `key=value` texts.

    dataset   takes the place of the config's, of which the arguments stay that every dataset has

    Relative paths start at the file that holds them; in overrides and mappings at the current directory.  Raises
    ConfigError with every problem that can be seen without the data.
    """
    return Base(source, dataset).draft(overrides)


def dataset_with(config: Config, overrides: Sequence[str]) -> Dataset:
    """The config's dataset with `dataset.key=value` overrides.  Raises ConfigError."""
    problems = Problems()
    for text in overrides:
        if not text.startswith(("dataset.", "dataset=")):
            key = text.partition("=")[0]
            problems.stop_plain(
                f"override {show(key)[1:-1]}: error: only the dataset can be changed here: dataset.KEY=VALUE"
            )
    return read(config.as_dict(), overrides).dataset if overrides else config.dataset


def is_path(config: JsonObject, key: str) -> bool:
    """Whether a dotted key of `as_dict()` is an argument that holds a path."""
    node: Node | None = from_python(config, Source(Path()), Problems())
    type_: FieldType = Section(Config)
    for part in key.split("."):
        field = below(node, type_).get(part) if node else None
        if node is None or field is None:
            return False
        node, type_ = child(node, part), field.type
    return node is not None and Path in (type_.options if isinstance(type_, Either) else (type_,))
