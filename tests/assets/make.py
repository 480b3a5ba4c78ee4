"""Makes the folder beside it: a run of this release, interrupted at step 10, and what it evaluates to.

Once for every format of checkpoints, and never again after its release: python tests/assets/make.py
"""

import json
import shutil
import sys
from contextlib import suppress
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent)]

from reliability.configs import MLP  # noqa: E402

import nntrain  # noqa: E402
from nntrain import errors  # noqa: E402
from nntrain.files import checkpoint  # noqa: E402
from nntrain.inference.evaluation import evaluate  # noqa: E402
from nntrain.inference.load import load  # noqa: E402
from nntrain.training.engine import Observer  # noqa: E402


class Steps(Observer):
    done = 0

    def step(self, engine):
        self.done = engine.step


if __name__ == "__main__":
    folder, steps = HERE / f"format_{checkpoint.FORMAT}", Steps()
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(errors.Interrupted):
        nntrain.fit(MLP, run_dir=folder, observer=steps, stop=lambda: 15 if steps.done == 10 else None)
    for name in ("meta.json", "timing.jsonl", ".nntrain-lock"):  # of this machine alone
        (folder / name).unlink()
    status = json.loads((folder / "status.json").read_text())
    (folder / "status.json").write_text(json.dumps({k: status[k] for k in ("status", "epoch", "step")}) + "\n")
    values = {name: evaluate(load(folder / "checkpoints" / f"{name}.npz"), (), "test") for name in ("last", "best")}
    (folder / "expected.json").write_text(json.dumps(values, indent=2) + "\n")
