"""The registry of everything a config can declare: a name and a dataclass, nothing else.

The fields of the dataclass are the schema, the validation, the help text and the JSON Schema:

    @component("dense")
    class Dense(Layer):
        units: int = arg("number of outputs n_y", ge=1)
        bias: bool = arg("add b", default=True)

The first field is the main argument (`dense: 64`).  The kind (layer, loss, …) is the `kind` of the base class.  What a
single field cannot say is checked in `__post_init__`, which raises ValueError; the config reports it at the
component's place.  A component of nntrain also has its name in the table below; one of another program only has to be
imported.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass
from typing import Any, ClassVar, TypeVar, dataclass_transform

# Where every component is defined, in the order of lists and help.  A module is imported when one of its names is first
# asked for: to import all of them is a third of the time of a small run.
_NAMES = {
    "layer": {
        "nntrain.layers.activations": "identity sigmoid tanh relu leaky_relu elu gelu silu softplus softmax",
        "nntrain.layers.normalization": "batch_norm layer_norm",
        "nntrain.layers.convolution": "conv2d",
        "nntrain.layers.conv1d": "conv1d",
        "nntrain.layers.transposed": "conv_transpose2d",
        "nntrain.layers.pooling": "max_pool2d avg_pool2d global_avg_pool global_max_pool upsample2d pad2d",
        "nntrain.layers.containers": "sequential repeat residual",
        "nntrain.layers.branches": "concatenate",
        "nntrain.layers.dense": "dense linear bias",
        "nntrain.layers.dropout": "dropout",
        "nntrain.layers.embedding": "embedding",
        "nntrain.layers.latent": "sample_latent",
        "nntrain.layers.recurrent": "rnn lstm gru",
        "nntrain.layers.shaping": "flatten reshape",
        "nntrain.layers.steps": "last mean_over_time",
    },
    "initializer": {
        "nntrain.model.initializers": "zeros constant normal uniform he_normal he_uniform xavier_normal xavier_uniform "
        "lecun_normal orthogonal",
    },
    "loss": {
        "nntrain.losses.classification": "cross_entropy binary_cross_entropy",
        "nntrain.losses.adversarial": "gan hinge wasserstein",
        "nntrain.losses.regression": "mse mae huber",
    },
    "metric": {
        "nntrain.metrics.label_metrics": "accuracy top_k precision recall f1 confusion",
        "nntrain.metrics.value_metrics": "mae rmse r2",
        "nntrain.metrics.text_metrics": "perplexity bits_per_character",
    },
    "optimizer": {
        "nntrain.optimizers.adaptive": "adagrad rmsprop adam adamw",
        "nntrain.optimizers.sgd": "sgd",
    },
    "schedule": {
        "nntrain.schedules.by_step": "constant step exponential linear cosine one_cycle",
        "nntrain.schedules.plateau": "plateau",
    },
    "dataset": {
        "nntrain.data.cifar": "cifar10",
        "nntrain.data.csv": "csv",
        "nntrain.data.digits": "digits",
        "nntrain.data.generators": "xor blobs moons circles spirals sine",
        "nntrain.data.images": "images",
        "nntrain.data.memory_tasks": "adding copy_memory sine_waves",
        "nntrain.data.mnist": "mnist fashion_mnist",
        "nntrain.data.names": "names",
        "nntrain.data.npz": "npz npy",
        "nntrain.data.series": "series",
        "nntrain.data.text": "text",
    },
    "augmentation": {"nntrain.data.augmentation": "flip crop shift rotate cutout normalize"},
    "loop": {"nntrain.training.gan": "gan", "nntrain.training.supervised": "supervised"},
}
KINDS = tuple(_NAMES)
_MODULES = {
    kind: {name: module for module, names in modules.items() for name in names.split()}
    for kind, modules in _NAMES.items()
}


@dataclass(frozen=True, eq=False, repr=False)
class Component:
    """Base of all kinds.  Instances are frozen dataclasses that hold what the config says and nothing else."""

    kind: ClassVar[str]
    type: ClassVar[str]  # the name in configs, set by @component

    # Written once here instead of generated for every class: a hundred classes make that 30 ms of every start.  Only
    # fields count: what a component works out for itself and keeps (functools.cached_property) is no part of its value.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Component) and type(self) is type(other) and values(self) == values(other)

    def __hash__(self) -> int:
        return hash((type(self), *map(_hashable, values(self).values())))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in values(self).items())})"

    def __getstate__(self) -> dict[str, Any]:
        return values(self)


def values(component: Component) -> dict[str, Any]:
    """The component's fields with their values, in the order of their declaration."""
    return {field.name: getattr(component, field.name) for field in dataclasses.fields(component)}


def _hashable(value: Any) -> Any:
    """Tables and lists as values that can be hashed, equal where they are equal."""
    if isinstance(value, Mapping):
        return frozenset((key, _hashable(item)) for key, item in value.items())
    return tuple(map(_hashable, value)) if isinstance(value, (list, tuple)) else value


@dataclass(frozen=True)
class Arg:
    """What a config needs to know about one argument besides its type and default."""

    help: str
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None


def arg(
    help: str,
    *,
    default: Any = MISSING,
    kw_only: bool = False,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
) -> Any:
    """A field of a component: its meaning, its default (none: required) and its range.

    In a tuple the range holds for every element.  A choice of words is a Literal type.
    """
    metadata = {"arg": Arg(help, ge, gt, le, lt)}
    return dataclasses.field(default=default, kw_only=kw_only, metadata=metadata)


_registry: dict[str, dict[str, type[Component]]] = {kind: {} for kind in KINDS}
T = TypeVar("T", bound=type[Component])


@dataclass_transform(frozen_default=True, field_specifiers=(arg,))
def component(name: str) -> Callable[[T], T]:
    """Make the class a frozen dataclass and let configs declare it as `name`."""

    def register(cls: T) -> T:
        dataclass(frozen=True, eq=False, repr=False)(cls)  # changes cls in place
        cls.type = name
        if name in _registry[cls.kind] or _MODULES[cls.kind].get(name, cls.__module__) != cls.__module__:
            raise TypeError(f"two components of kind {cls.kind} are called {name}")
        _registry[cls.kind][name] = cls
        return cls

    return register


class Known(Mapping[str, type[Component]]):
    """Every component of a kind by name: those of the table, then those that a program has registered itself."""

    def __init__(self, kind: str):
        self._modules, self._registered = _MODULES[kind], _registry[kind]

    def __getitem__(self, name: str) -> type[Component]:
        if name not in self._registered and name in self._modules:
            importlib.import_module(self._modules[name])
        return self._registered[name]

    def __contains__(self, name: object) -> bool:
        return name in self._modules or name in self._registered

    def __iter__(self) -> Iterator[str]:
        return iter({**self._modules, **self._registered})

    def __len__(self) -> int:
        return len({**self._modules, **self._registered})


def find(kind: str) -> Known:
    """Every component of the kind by name.  To look at a class imports its module; to look at names imports nothing."""
    return Known(kind)


def lazy(package: str, names: Collection[str], modules: Collection[str]) -> Callable[[str], Any]:
    """`__getattr__` of a package that offers names of its modules: they are imported when such a name is asked for."""

    def find_name(name: str) -> Any:
        for module in modules if name in names else ():
            found = importlib.import_module(f"{package}.{module}")
            if hasattr(found, name):
                return getattr(found, name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return find_name


def item_names(items: Iterable[tuple[str, str | None]]) -> list[str]:
    """Names of the components of a list, from type and given name: as given, else the type and its count from 1."""
    counts: dict[str, int] = {}
    names = []
    for type_, given in items:
        counts[type_] = counts.get(type_, 0) + 1
        names.append(given or f"{type_}_{counts[type_]}")
    return names


def arguments(cls: type[Component]) -> Iterator[dataclasses.Field[Any]]:
    """The arguments a config may give, the main argument first."""
    fields = [f for f in dataclasses.fields(cls) if "arg" in f.metadata]
    return iter([f for f in fields if not f.kw_only] + [f for f in fields if f.kw_only])
