"""Fifteen kinds of run, small, and their pages: what people look at."""

from pathlib import Path

from click.testing import CliRunner
from report.small_runs import gan, table_of

import nntrain
from nntrain.cli import main
from nntrain.runtime.streams import stream

CONFIGS = Path(__file__).parents[2] / "configs"
KINDS = (
    "two_classes",
    "many_classes",
    "multi_label",
    "regression",
    "several_outputs",
    "series",
    "text",
    "names",
    "gan",
    "vae",
    "autoencoder",
    "attention",
    "images",
    "sweep",
    "mixed",
    "folds",
)
SINGLE = KINDS[:13]


def _adam(name, dataset, layers, loss, **more):
    config = {
        "name": name,
        "dataset": dataset,
        "architecture": layers,
        "loss": loss,
        "optimizer": {"adam": {"lr": 0.02}},
    }
    return {**config, "training": {"epochs": 2}, **more}


def _digits(name, layers, loss="cross_entropy", **more):
    dataset = {"type": "digits", "validation": 0.1, "test": 0.2, **more.pop("dataset", {})}
    return _adam(name, dataset, layers, loss, **more)


def _tags(folder):
    draws = stream(0, 2).normal((120, 2))
    tags = [";".join(t for t, yes in (("warm", a > 0), ("wet", b > 0.3), ("dark", a < b)) if yes) for a, b in draws]
    rows = [f"{a:.3f},{b:.3f},{text}" for (a, b), text in zip(draws, tags, strict=True)]
    (folder / "tags.csv").write_text("heat,rain,tags\n" + "\n".join(rows) + "\n")
    return {"type": "csv", "path": str(folder / "tags.csv"), "target": "tags", "separator": ";", "test": 0.3}


def _values(folder, targets):
    (folder := folder / f"{len(targets)}_targets").mkdir()
    return table_of(folder, targets)


def configs(folder):
    """The config of each single kind."""
    dense = ["flatten", {"dense": 16}, "relu", {"dense": "$dataset.classes"}]
    convolution = [{"conv2d": {"filters": 4, "kernel": 3}}, "relu", "flatten", {"dense": 10}]
    blocks = [{"patches": {"size": 2, "units": 16}}, {"residual": [{"attention": {"heads": 2}}]}, "mean_over_time"]
    series = {"type": "series", "path": str(CONFIGS / "data" / "daily-min-temperatures.csv"), "time": "Date"}
    text = {"type": "text", "path": str(CONFIGS / "data" / "coriolanus.txt"), "length": 32, "batch_size": 32}
    moons = {"type": "moons", "examples": 80, "validation": 0.2, "test": 0.3}
    to_symbols = {"dense": "$dataset.vocabulary"}
    code = [{"dense": 4}, "relu", {"dense": 64}, "sigmoid"]
    rebuilt = {"dataset": {"reconstruct": True}}
    judged = {"metrics": ["accuracy", "roc_auc", "per_class"]}
    several = [f"y{k}" for k in range(3)]
    steps = {"steps": 24}
    return {
        "two_classes": _adam("moons", moons, [{"dense": 4}, "tanh", {"dense": 2}], "cross_entropy", **judged),
        "many_classes": _digits("digits-mlp", dense, metrics=["accuracy", "per_class"]),
        "multi_label": _adam("tags", _tags(folder), [{"dense": 3}], "binary_cross_entropy", metrics=["per_class"]),
        "regression": _adam("one-value", _values(folder, ["y"]), [{"dense": 1}], "mse", metrics=["mae", "r2"]),
        "several_outputs": _adam("three-values", _values(folder, several), [{"dense": 3}], "mse", metrics=["mae"]),
        "series": _adam(
            "temperatures",
            {**series, "window": 10, "horizon": 3, "validation": 0.1, "test": 0.1},
            [{"lstm": {"units": 4, "output": "last"}}, {"dense": "$dataset.outputs"}],
            "mse",
            metrics=["mae"],
            training={"steps": 30},
        ),
        "text": _adam(
            "char-lstm",
            {**text, "validation": 0.1},
            [{"embedding": 8}, {"lstm": 16}, to_symbols],
            "cross_entropy",
            metrics=["perplexity"],
            training=steps,
        ),
        "names": _adam(
            "names-gru",
            {"type": "names", "path": str(CONFIGS / "data" / "plants.txt"), "validation": 0.1, "batch_size": 32},
            [{"embedding": 8}, {"gru": 16}, to_symbols],
            "cross_entropy",
            training=steps,
        ),
        "gan": {**gan(), "training": {"epochs": 2, "loop": {"type": "gan", "latent": 4}}},
        "vae": _digits("vae", ["flatten", {"dense": 8}, {"sample_latent": 0.01}, *code], "mse", **rebuilt),
        "autoencoder": _digits("autoencoder", ["flatten", *code], "mse", dataset={"reconstruct": True}),
        "attention": _digits("vit", [*blocks, {"dense": 10}], metrics=["accuracy"]),
        "images": _digits("digits-cnn", convolution, metrics=["accuracy"]),
    }


def run_command(*arguments):
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done


def build(folder, kinds=KINDS):
    """Trained runs of the kinds, each in a folder of its name, and its page beside it, `kind`.html."""
    made = configs(folder)
    for kind in kinds:
        if kind in made:
            nntrain.fit(made[kind], run_dir=folder / kind, quiet=True)
        elif kind == "sweep":
            for i in range(60):
                changes = {"optimizer": {"adam": {"lr": [0.001, 0.01, 0.1, 0.5][i % 4]}}, "seed": i // 20}
                layers = [{"dense": [2, 4, 8, 12, 16][i // 4 % 5]}, "tanh", {"dense": 2}]
                config = {**made["two_classes"], "name": f"sweep-{i}", "architecture": layers, **changes}
                nntrain.fit({**config, "name": "sweep"}, run_dir=folder / kind / f"r{i:02d}", quiet=True)
        elif kind == "mixed":
            few = ("two_classes", "many_classes", "multi_label", "regression", "several_outputs", "gan")
            for i in range(30):
                config = {**made[few[i % 6]], "seed": i // 6}
                short = {"epochs": 1, **({"loop": config["training"]["loop"]} if few[i % 6] == "gan" else {})}
                nntrain.fit({**config, "training": short}, run_dir=folder / kind / f"r{i:02d}", quiet=True)
        else:
            import yaml

            (folder / "folds.yaml").write_text(yaml.safe_dump({**made["two_classes"], "name": "folds"}))
            run_command("sweep", folder / "folds.yaml", "--folds", 4, "--jobs", 1, "-q", "--runs", folder / kind)
        run_command("report", folder / kind, "-o", folder / f"{kind}.html")
    return folder
