"""What other tools call what a config says, and where they have it: so that a message names the key that was meant."""

from __future__ import annotations

import re
from collections.abc import Container

# an unknown key -> the key that is meant, where its own section has none
_KEYS = {
    "optimizer.lr": ("lr", "learning_rate", "learningrate", "alpha", "eta", "step_size", "learning_rate_init"),
    "optimizer.momentum": ("momentum",),
    "optimizer.weight_decay": ("weight_decay", "decay", "wd"),
    "training.epochs": ("epochs", "epoch", "num_epochs", "n_epochs", "max_epochs", "nb_epoch", "max_iter"),
    "training.steps": ("steps", "max_steps", "num_steps", "iterations"),
    "training.clip_norm": ("clip_norm", "clipnorm", "gradient_clip", "grad_clip", "max_grad_norm"),
    "training.early_stopping": ("early_stopping", "patience"),
    "training.monitor": ("monitor",),
    "training.loop": ("loop",),
    "training.l2": ("l2", "l2_penalty"),
    "training.l1": ("l1",),
    "dataset.batch_size": ("batch_size", "batch", "batchsize", "minibatch_size", "mini_batch_size", "bs"),
    "dataset.validation": ("validation", "validation_split", "val_split", "valid", "val"),
    "dataset.test": ("test", "test_split", "test_size"),
    "dataset.standardize": ("standardize", "normalize", "normalise", "scale", "scaler", "normalization", "standardise"),
    "dataset.shuffle": ("shuffle",),
    "dataset.path": ("path", "data_path", "data", "file", "csv", "data_dir"),
    "dataset.target": ("target", "label", "label_column", "target_column", "y"),
    "architecture": ("layers", "model", "network", "net"),
    "dataset": ("dataset", "datasets"),
    "metrics": ("metric",),
    "seed": ("seed", "random_state", "random_seed"),
    "loss": ("criterion", "objective", "cost"),
    "schedule": ("scheduler", "lr_scheduler", "lr_schedule"),
}
_MEANT = {word: key for key, words in _KEYS.items() for word in words}

# what a component is called elsewhere -> its name here, by kind
_NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "layer": {
        "dense": ("fc", "fullyconnected", "affine", "mlp"),
        "conv2d": ("conv", "convolution", "convolution2d"),
        "max_pool2d": ("maxpool", "maxpooling", "maxpooling2d", "maxpool2d", "pool"),
        "avg_pool2d": ("avgpool", "averagepooling2d", "averagepooling", "avgpool2d"),
        "global_avg_pool": ("gap", "globalaveragepooling2d", "adaptiveavgpool2d"),
        "batch_norm": ("bn", "batchnorm", "batchnormalization", "batchnorm1d", "batchnorm2d", "normalize"),
        "layer_norm": ("ln", "layernorm", "layernormalization"),
    },
    "loss": {
        "cross_entropy": (
            *("categoricalcrossentropy", "sparsecategoricalcrossentropy", "softmaxcrossentropy", "crossentropyloss"),
            *("ce", "nllloss", "nll", "logloss", "softmax"),
        ),
        "binary_cross_entropy": ("bce", "binarycrossentropy", "bcewithlogitsloss", "bceloss"),
        "mse": ("meansquarederror", "mseloss", "l2", "l2loss", "squarederror"),
        "mae": ("meanabsoluteerror", "l1", "l1loss"),
    },
    "optimizer": {"sgd": ("gradientdescent", "gd", "momentum")},
    "metric": {"accuracy": ("acc", "categoricalaccuracy"), "roc_auc": ("auc", "auroc")},
    "schedule": {
        "cosine": ("cosineannealing", "cosineannealinglr", "cosinedecay"),
        "step": ("steplr", "staircase"),
        "exponential": ("exponentiallr", "exponentialdecay"),
        "one_cycle": ("onecyclelr", "onecycle"),
        "plateau": ("reducelronplateau", "reduceonplateau"),
        "milestones": ("multistep", "multisteplr", "piecewise", "piecewiseconstant", "piecewiseconstantdecay"),
        "inverse_time": ("inversetimedecay", "timebased", "timedecay", "decay", "invtime", "hyperbolic"),
        "inverse_sqrt": ("invsqrt", "rsqrt", "noam", "sqrt", "inversesquareroot"),
        "cosine_restarts": (
            "warmrestarts",
            "sgdr",
            "cosineannealingwarmrestarts",
            "cosinewarmrestarts",
            "cosinedecayrestarts",
        ),
    },
}
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?", re.ASCII)


def meant_key(word: str, path: str, own: Container[str] = ()) -> str:
    """`; did you mean 'optimizer.lr'?` for an unknown key under `path`, which has the keys `own`; or nothing."""
    if f"{word}s" in own:
        return f"; did you mean '{word}s'?"
    key = _MEANT.get(word.lower().replace("-", "_"))
    if key is None or (path.startswith("schedule") and key.startswith("training.")):  # where epochs are lengths
        return ""
    section, _, last = key.rpartition(".")
    if path.startswith(f"{section}."):  # deeper inside the section that has it: there it means something else
        return ""
    if section != path:
        return f"; did you mean {key!r}?"
    return f"; did you mean {last!r}?" if last in own else ""


def meant_name(word: str, kind: str, known: Container[str]) -> str:
    """`; did you mean 'dense'?` for the name of a component in another tool; or nothing."""
    word = word.lower().replace("_", "").replace("-", "")
    for name, others in _NAMES.get(kind, {}).items():
        if word in others and name in known:
            return f"; did you mean {name!r}?"
    return ""


def meant_number(text: str, whole: bool) -> str:
    """`; write 0.01` for a number with a comma, underscores or quotes, as a whole number or any; or nothing."""
    plain = text.strip().replace("_", "")
    if _GROUPED.fullmatch(plain):
        bare = plain.replace(",", "")
        one = plain.count(",") == 1 and "." not in plain
        return f"; write {bare}" + (f", or {plain.replace(',', '.')} for a fraction" if one and not whole else "")
    if _COMMA.fullmatch(plain):
        return "" if whole else f"; write {plain.replace(',', '.') if plain[0] != ',' else '0.' + plain[1:]}"
    return f"; write {plain}" if _NUMBER.fullmatch(plain) else ""
