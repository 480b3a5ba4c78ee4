"""What `nntrain init csv FILE` writes, against scikit-learn's MLP on the same examples, over five seeds.

pip install '.[bench]' && python tests/benchmarks/bench_init_csv.py [FILE.csv …]

Both get the same test part; scikit-learn's network (its defaults, all standardized, at most 1,000 epochs)
trains on training and validation part together.  The score is the accuracy or R² in points, higher is better.
"""

import statistics
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from click.testing import CliRunner
from sklearn.compose import TransformedTargetRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nntrain import config
from nntrain.cli import main
from nntrain.training.session import fit

ROOT = Path(__file__).parents[2]


def examples(part, facts):
    """X (N, n) and Y (N,) of a part, values in the data's units."""
    batch = part.batch(np.arange(part.size))
    Y = batch.Y if facts.target == "labels" else facts.to_units(batch.Y)[0]
    return batch.X.reshape(-1, part.size).T, np.asarray(Y, np.float64 if facts.target == "values" else np.int64)


def theirs(path, seed):
    draft = config.read(path, [f"seed={seed}"])
    data = draft.dataset.load(seed, np.dtype("float32"))
    parts = {name: examples(part, data.facts) for name, part in data.parts.items()}
    learned = [found for name, found in parts.items() if name != "test"]
    X, Y = (np.concatenate([found[i] for found in learned]) for i in (0, 1))
    if data.facts.target == "labels":
        model = make_pipeline(StandardScaler(), MLPClassifier(random_state=seed, max_iter=1000))
    else:
        inner = make_pipeline(StandardScaler(), MLPRegressor(random_state=seed, max_iter=1000))
        model = TransformedTargetRegressor(inner, transformer=StandardScaler())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, Y)
    return 100 * model.score(*parts["test"])


def main_():
    files = [Path(f) for f in sys.argv[1:]] or sorted((ROOT / "configs" / "data").glob("*.csv"))
    with tempfile.TemporaryDirectory() as lab:
        for file in files:
            written = CliRunner().invoke(main, ["init", "csv", str(file.resolve())])
            assert written.exit_code == 0, written.output
            path = Path(lab, f"{file.stem}.yaml")
            path.write_text(written.stdout)
            ours, peers = [], []
            for seed in range(5):
                measured = fit(path, [f"seed={seed}"], runs_dir=lab).summary["best"]["test"]
                ours.append(100 * measured.get("accuracy", measured.get("r2", float("nan"))))
                peers.append(theirs(path, seed))
            a, b = statistics.mean(ours), statistics.mean(peers)
            print(f"{file.stem:28} nntrain {a:6.2f}   scikit-learn {b:6.2f}   difference {a - b:+6.2f}", flush=True)


if __name__ == "__main__":
    main_()
