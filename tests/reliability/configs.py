"""Small runs in which everything that carries state is at work.  A new kind of network is one more entry."""

MLP = {
    "name": "mlp",
    "dataset": {"type": "moons", "examples": 150, "noise": 0.2, "validation": 0.2, "test": 0.2, "batch_size": 16},
    "architecture": [{"dense": 16}, "batch_norm", "relu", {"dropout": 0.2}, {"dense": "$dataset.classes"}],
    "loss": "cross_entropy",
    "optimizer": {"type": "adam", "lr": 0.02},
    "schedule": {"type": "plateau", "factor": 0.5, "patience": 2, "min_delta": 0.02},
    "metrics": ["accuracy"],
    "training": {
        "epochs": 20,
        "early_stopping": {"patience": 7, "min_delta": 0.02},
        "evaluate": {"steps": 3},
        "checkpoint": {"steps": 1},
    },
}

CONFIGS = {"mlp": MLP}

OPTIMIZERS = [
    {"type": "sgd", "lr": 0.1},
    {"type": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 1e-3},
    {"type": "sgd", "lr": 0.05, "momentum": 0.9, "nesterov": True},
    {"type": "rmsprop", "lr": 0.01, "momentum": 0.5},
    {"type": "adagrad", "lr": 0.05},
    {"type": "adam", "lr": 0.02},
    {"type": "adamw", "lr": 0.02, "weight_decay": 0.01},
]

SCHEDULES = [
    "constant",
    {"type": "step", "every": 3, "gamma": 0.5},
    {"type": "exponential", "gamma": 0.9},
    {"type": "linear", "warmup": 3},
    {"type": "cosine", "warmup": 3},
    "one_cycle",
    {"type": "plateau", "factor": 0.5, "patience": 1, "warmup": 2},
]


def changed(config, **sections):
    """A config with some keys of its sections replaced: changed(MLP, training={"epochs": 2})."""
    copy = dict(config)
    for section, values in sections.items():
        merge = isinstance(values, dict) and isinstance(copy.get(section), dict) and "type" not in values
        copy[section] = {**copy[section], **values} if merge else values
    return copy
