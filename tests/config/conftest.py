"""Configs as text, and components that exist in these tests only."""

from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest

from nntrain import config
from nntrain.builder.loop import Loop
from nntrain.components import arg, component_base, find
from nntrain.data.facts import Facts
from nntrain.errors import ConfigError
from nntrain.model.initializers import Initializer
from nntrain.model.layer import Layer

MLP = """\
name: digits-mlp
seed: 0
dataset: {type: digits, validation: 0.1, test: 0.2, batch_size: 32}
architecture:
  - flatten
  - dense: 64
  - relu
  - dense: {units: $dataset.classes, name: logits}
loss: cross_entropy
optimizer: {type: sgd, lr: 0.1, momentum: 0.9}
schedule: {type: cosine, warmup: 100}
metrics: [accuracy]
training: {epochs: 20, clip_norm: 5.0, monitor: validation.accuracy, early_stopping: {patience: 5}}
"""
GAN = """\
dataset: digits
architecture:
  generator: [{dense: 64}, sigmoid]
  discriminator: [{dense: 1}]
loss: binary_cross_entropy
optimizer:
  generator: {adam: {lr: 0.0002}}
  discriminator: adam
training: {steps: 5, loop: {type: duel, latent: 7}}
"""
DIGITS = Facts((1, 8, 8), "labels", classes=10)


@component_base()
class Probe(Layer):
    """One argument of every type."""

    type: ClassVar[str] = "probe"
    whole: int = arg("a whole number", default=1, ge=0)
    number: float = arg("a number", default=0.5, gt=0, le=1)
    flag: bool = arg("a flag", default=False)
    text: str = arg("a text", default="a")
    where: Path | None = arg("a path", default=None)
    size: int | tuple[int, int] = arg("one or two sizes", default=1, ge=1)
    padding: Literal["valid", "same"] | int = arg("padding", default="valid", ge=0)
    weights: dict[int | str, float] | None = arg("a table", default=None)
    init: Initializer | None = arg("an initializer", default=None)
    inner: Layer | None = arg("a layer", default=None)
    layers: tuple[Layer, ...] = arg("layers", default=())
    share: float | Path = arg("a share or a file", default=0.0, ge=0, lt=1)


@component_base()
class Duel(Loop):
    """Two networks."""

    type: ClassVar[str] = "duel"
    networks: ClassVar[tuple[str, ...]] = ("generator", "discriminator")
    adversarial: ClassVar[bool] = False
    monitors: ClassVar[bool] = True
    latent: int = arg("size of z", default=64, ge=1)


@pytest.fixture(autouse=True)
def _fakes(monkeypatch):
    monkeypatch.setitem(find("layer").registered, "probe", Probe)
    monkeypatch.setitem(find("loop").registered, "duel", Duel)


class Files:
    """A folder of configs, read from within it: places are `mlp.yaml:11:29`."""

    MLP = MLP
    GAN = GAN
    DIGITS = DIGITS

    def __init__(self, folder: Path):
        self.folder = folder

    def write(self, text: str | bytes, name: str = "mlp.yaml") -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    def read(self, text: str | bytes, *overrides: str) -> config.Draft:
        return config.read(self.write(text), overrides)

    def config(self, text: str, *overrides: str, facts: Any = DIGITS) -> config.Config:
        return self.read(text, *overrides).resolve(facts)

    def problems(self, text: str | bytes, *overrides: str, facts: Any = DIGITS) -> list[str]:
        """The lines of the error that this config gives."""
        with pytest.raises(ConfigError) as caught:
            self.read(text, *overrides).resolve(facts)
        assert str(caught.value) == "\n".join(caught.value.problems)
        assert all(p.isprintable() for p in caught.value.problems)
        return list(caught.value.problems)

    def probe(self, arguments: str, **kwargs: Any) -> Any:
        """The probe layer with these arguments, written as a flow mapping."""
        return self.config(MLP.replace("  - relu\n", f"  - probe: {{{arguments}}}\n"), **kwargs).architecture[2]

    def probe_problem(self, arguments: str) -> str:
        (line,) = self.problems(MLP.replace("  - relu\n", f"  - probe: {{{arguments}}}\n"))
        return line


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Files(tmp_path)
