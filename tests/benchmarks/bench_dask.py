"""64 digits runs on two Dask workers against `nntrain sweep --jobs 2`.

    PYTHONPATH=tests:. python tests/benchmarks/bench_dask.py [rounds [runs]]

The runs are 16 learning rates with 4 seeds of configs/digits_mlp.yaml, 20 epochs.  Scheduler and workers stand already,
each with a thread.  Both take turns; printed are their wall-clock times and the median of the rounds' ratios.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from sweep.conftest import ENV, ROOT, DaskCluster, command

RATES = [round(0.02 * 1.2**i, 5) for i in range(16)]


def main():
    rounds, runs = (int(text) for text in [*sys.argv[1:], *["3", "64"][len(sys.argv) - 1 :]])
    grid = "optimizer.lr=" + ",".join(map(str, RATES[: max(1, runs // 4)]))
    arguments = ["sweep", ROOT / "configs/digits_mlp.yaml", "-g", grid, "--seeds", "0-3", "-q", "training.epochs=20"]
    ratios = []
    with tempfile.TemporaryDirectory() as lab:
        cluster = DaskCluster(Path(lab))
        try:
            for turn in range(rounds):
                taken = []
                for where in (["--jobs", 2], ["--dask", cluster.file]):
                    start = time.perf_counter()
                    line = command(*arguments, "--runs", f"{turn}-{len(taken)}", *where)
                    subprocess.run(line, env=ENV, cwd=lab, check=True, stdout=subprocess.DEVNULL)
                    taken.append(time.perf_counter() - start)
                ratios.append(taken[1] / taken[0])
                print(f"--jobs 2 {taken[0]:6.1f} s   --dask {taken[1]:6.1f} s   ratio {ratios[-1]:.2f}", flush=True)
        finally:
            cluster.end()
    print(f"median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
