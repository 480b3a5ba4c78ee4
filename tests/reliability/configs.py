"""Small runs in which everything that carries state is at work.  A new kind of network is one more entry."""

from pathlib import Path

TEXT = Path(__file__).parents[2] / "LICENSE"

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

CNN = {
    **MLP,
    "name": "cnn",
    "dataset": {"type": "digits", "validation": 0.05, "test": 0.05, "batch_size": 200},
    "architecture": [
        {"conv2d": {"filters": 4, "kernel": 3, "padding": "same"}},
        "batch_norm",
        "relu",
        {"max_pool2d": 2},
        "flatten",
        {"dropout": 0.2},
        {"dense": "$dataset.classes"},
    ],
    "optimizer": {"type": "sgd", "lr": 0.05, "momentum": 0.9},
    "training": {**MLP["training"], "steps": 30},
}

LSTM = {  # of a text in streams: the state goes from batch to batch
    **MLP,
    "name": "lstm",
    "dataset": {"type": "text", "path": str(TEXT), "batch_size": 4, "length": 10, "validation": 0.2, "test": 0.1},
    "architecture": [
        {"embedding": 5},
        {"lstm": {"units": 6, "recurrent_dropout": 0.2}},
        {"gru": 5},
        {"dropout": 0.2},
        {"dense": "$dataset.vocabulary"},
    ],
    "training": {**MLP["training"], "steps": 30, "clip_norm": 1.0},
}

GPT = {  # of random windows; attention draws which weights stay, and the embedding's matrix serves twice
    **MLP,
    "name": "gpt",
    "dataset": {**LSTM["dataset"], "windows": "random"},
    "architecture": [
        {"type": "embedding", "units": 6, "name": "letters"},
        {"position": "learned"},
        {"residual": ["rms_norm", {"attention": {"heads": 2, "causal": True, "dropout": 0.2}}]},
        {"residual": [{"layer_norm": {"bias": False}}, {"dense": 9}, "gelu", {"dense": 6}, {"dropout": 0.2}]},
        {"tied": "letters"},
    ],
    "optimizer": {"type": "adamw", "lr": 0.01},
    "training": {**MLP["training"], "steps": 30, "clip_norm": 1.0},
}

GAN = {
    "name": "gan",
    "dataset": {"type": "moons", "examples": 100, "validation": 0, "batch_size": 16, "standardize": True},
    "architecture": {
        "generator": [{"dense": 8}, "batch_norm", "relu", {"dense": "$dataset.features"}],
        "discriminator": [{"dense": 8}, {"leaky_relu": 0.2}, {"dropout": 0.2}, {"dense": 1}],
    },
    "loss": "gan",
    "optimizer": {
        "generator": {"type": "adam", "lr": 0.01, "beta1": 0.5},
        "discriminator": {"type": "sgd", "lr": 0.05, "momentum": 0.5},
    },
    "training": {
        "epochs": 5,
        "checkpoint": {"steps": 1},
        "loop": {"type": "gan", "latent": 3, "samples": 5, "discriminator_steps": 2},
    },
}

ENCODER_DECODER = {  # two networks under one optimizer, texts padded on both sides, dropout of attention's weights
    **MLP,
    "name": "encoder_decoder",
    "dataset": {"type": "additions", "examples": 120, "validation": 0.2, "test": 0.1, "batch_size": 16},
    "architecture": {
        "encoder": [{"embedding": 8}, {"residual": [{"attention": {"heads": 2, "dropout": 0.2, "positions": "rope"}}]}],
        "decoder": [
            {"embedding": 6},
            {"lstm": {"units": 5, "recurrent_dropout": 0.2}},
            {"residual": ["layer_norm", {"cross_attention": {"heads": 1, "dropout": 0.2}}]},
            {"dense": "$dataset.classes"},
        ],
    },
    "optimizer": {"type": "adamw", "lr": 0.02, "weight_decay": 0.01},
    "metrics": ["accuracy", "exact_match"],
    "training": {**MLP["training"], "steps": 30, "clip_norm": 1.0},
}

TUNED = {  # of a network some of whose layers are frozen, others in groups, and whose parameters are averaged
    **MLP,
    "name": "tuned",
    "architecture": [{"dense": 8}, "batch_norm", "relu", {"dense": 8}, "batch_norm", {"dropout": 0.2}, {"dense": 2}],
    "freeze": ["dense_1", "batch_norm_1"],
    "optimizer": {"type": "adam", "lr": 0.02, "groups": {"*.b": {"lr_factor": 0.5}, "dense_3": {"weight_decay": 0.01}}},
    "training": {**MLP["training"], "steps": 30, "average": {"decay": 0.8}},
}

CONFIGS = {
    "mlp": MLP,
    "cnn": CNN,
    "lstm": LSTM,
    "gpt": GPT,
    "gan": GAN,
    "encoder_decoder": ENCODER_DECODER,
    "tuned": TUNED,
}

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
