"""Small runs whose pages are looked at, and what stands on these."""

import json
import re

from click.testing import CliRunner

import nntrain
from nntrain.cli import main
from nntrain.runtime.streams import stream


def trained(folder, architecture, **changes):
    """A run of a config; `dataset` is the dataset's whole section."""
    config = {
        "architecture": architecture,
        "loss": "cross_entropy",
        "optimizer": {"adam": {"lr": 0.02}},
        "training": {"epochs": 2},
        "seed": 0,
        **changes,
    }
    return nntrain.fit(config, run_dir=folder / "run", quiet=True).run_dir


def measured(run):
    done = CliRunner().invoke(main, ["eval", str(run), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def table(page, title):
    """The cells of the first table behind a heading."""
    part = page.partition(f">{title}<")[2].partition("</table>")[0]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", part, re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


def points(chart):
    """What stands at each point of a chart, by the names in front."""
    return [point["text"] for point in chart["points"]]


def table_of(folder, targets):
    """y = x, the others noise; further targets."""
    draws = stream(0, 1).normal((90, 3))
    names = ["x", "noise", *targets]
    rows = [[d[0], d[1], *(10 * d[0] + k * d[2] for k in range(len(targets)))] for d in draws]
    text = "\n".join([",".join(names), *(",".join(f"{v:.4f}" for v in row) for row in rows)])
    (folder / "t.csv").write_text(text + "\n")
    return {"type": "csv", "path": str(folder / "t.csv"), "target": targets, "standardize": True, "test": 0.3}


MOONS = {
    "name": "moons",
    "dataset": {"type": "moons", "examples": 60, "validation": 0.2},
    "architecture": [{"dense": 4}, "tanh", {"dense": 2}],
    "loss": "cross_entropy",
    "optimizer": {"sgd": {"lr": 0.1}},
    "metrics": ["accuracy"],
    "training": {"epochs": 3},
}


def gan():
    return {
        "name": "drawer",
        "dataset": {"type": "digits", "validation": 0},
        "architecture": {
            "generator": [{"dense": 64}, "sigmoid", {"reshape": [1, 8, 8]}],
            "discriminator": ["flatten", {"dense": 8}, "relu", {"dense": 1}],
        },
        "loss": "gan",
        "optimizer": {"generator": "adam", "discriminator": "adam"},
        "training": {"steps": 20, "loop": {"type": "gan", "latent": 4}},
    }
