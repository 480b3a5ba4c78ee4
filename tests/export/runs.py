"""Runs of the project's configs after two steps, and examples to predict for."""

import re
from pathlib import Path

import numpy as np
from program.test_configs import write_cifar, write_mnist

from nntrain.inference.load import find_checkpoint, load

ROOT = Path(__file__).parents[2]
CONFIGS = [
    path.name
    for path in sorted((ROOT / "configs").glob("*.yaml"))
    if not re.search(r"type: gan|loop: .*gan|^  encoder:", path.read_text(), re.MULTILINE)
]
TEXTS = r"type: (text|names|pairs)"


def is_text(name):
    """Whether a config is of texts, which `predict` does not take."""
    return re.search(TEXTS, (ROOT / "configs" / name).read_text()) is not None


def train(nntrain, configs, name, tmp_path, *overrides):
    """The run directory of a config after two steps."""
    config = configs / name
    config.write_text(re.sub(r"examples: \d{5,}", "examples: 400", config.read_text()))
    local = []
    for dataset, write in (("mnist", write_mnist), ("cifar10", write_cifar)):
        if f"type: {dataset}" in config.read_text():
            local = [f"dataset.root={tmp_path / dataset}", "dataset.batch_size=8"]
            if not (tmp_path / dataset).exists():
                write(tmp_path / dataset)
    arguments = [config, *local, "training.steps=2", "training.evaluate.steps=2", *overrides]
    return nntrain("fit", "-q", *arguments).stdout.strip()


def loaded_of(run):
    return load(find_checkpoint(Path(run))[0])


def inputs_of(loaded, most=300):
    """Examples of the last part of a run's data, in the data's units."""
    config, facts = loaded.config, loaded.facts
    data = config.dataset.load(config.seed, np.dtype(config.dtype), facts)
    part = list(data.parts.values())[-1]
    X = part.batch(np.arange(min(most, part.size))).X
    if facts.vocabulary is not None:
        return np.ascontiguousarray(np.moveaxis(X, -1, 0))
    raw = facts.inputs_in_units(X)
    return raw if facts.preparation.scale is None else raw.clip(0, 1)
