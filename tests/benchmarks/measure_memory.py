"""Peak memory of a step of 4,096 images in 64 parts, beside that of a step of one part of 64.

    PYTHONPATH=. python tests/benchmarks/measure_memory.py [PARTS]

Each in a process of its own, on the same data; printed are peak resident MB of the whole run, its evaluation
included.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bench_parallel import VGG, config

PART = 64


def peak(path, m, parts):
    """Peak resident MB of `nntrain fit` of one step."""
    code = (
        "import resource, sys\n"
        "from nntrain.cli import main\n"
        "main(sys.argv[1:], standalone_mode=False)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    run = path.parent / f"{m}-{parts}"
    words = ["fit", path, f"dataset.batch_size={m}", f"training.micro_batches={parts}", "training.steps=1"]
    words += ["--run-dir", run, "--threads", "1", "-q"]
    done = subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def main(parts=64):
    with tempfile.TemporaryDirectory() as lab:
        path = config(Path(lab), VGG, (3, 32, 32), PART * parts // 4, 1)  # 4 m examples
        one, many = peak(path, PART, 1), peak(path, PART * parts, parts)
        print(
            json.dumps(
                {"one part of 64": round(one, 1), f"{parts} parts": round(many, 1), "ratio": round(many / one, 3)}
            )
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
