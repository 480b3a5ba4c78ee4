"""Reading of csv beside pandas (its default reader, then float32): nanoseconds of processor time a cell; and
what a whole dataset of such a table takes of memory, in units of its inputs and target in float32.

pip install '.[bench]' pandas && python tests/benchmarks/bench_reading.py [ROWS]
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from nntrain.data.tables.dialect import Dialect
from nntrain.data.tables.table_files import open_table
from nntrain.data.tables.table_reader import read_table
from nntrain.runtime.memory import keep_freed_memory

COLUMNS = 20
MEMORY = """
import sys
from pathlib import Path
from nntrain.data import Csv
def peak_memory():  # of this process alone
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
path = Path(sys.argv[1])
small = path.with_name("small.csv")
small.write_text("a,b,y\\n" + "1.5,x,2\\n2.5,y,3\\n" * 20)
Csv(small, task="regression", standardize=True).load(0, "float32")
before = peak_memory()
data = Csv(path, target=0, task="regression", standardize=True, missing="mean").load(0, "float32")
inputs = data.parts["train"].inputs.flat
print((peak_memory() - before) / (inputs.nbytes + 4 * len(inputs)))
"""


def best(ours, theirs, repeats=4):
    """The least processor time of both, read in turns: a busy machine is as slow for one as for the other."""
    times = [], []
    for _ in range(repeats):
        for of_one, read in zip(times, (ours, theirs), strict=True):
            start = time.process_time()
            read()
            of_one.append(time.process_time() - start)
    return map(min, times)


def tables(rows):
    random = np.random.default_rng(0)
    normal = random.normal(size=(rows, COLUMNS))
    yield "numbers, 5 decimals", pd.DataFrame(normal.round(5))
    yield "numbers, 2 decimals", pd.DataFrame((50 * normal).round(2))
    yield "numbers, 17 digits", pd.DataFrame(normal)
    yield "whole numbers", pd.DataFrame(random.integers(0, 90, (rows, COLUMNS)))
    words = np.array(["red", "green", "blue"])[random.integers(0, 3, (rows, COLUMNS // 2))]
    yield "mixed", pd.concat([pd.DataFrame(normal[:, ::2].round(4)), pd.DataFrame(words)], axis=1)
    names = np.array(["Constantinople", "Saint Petersburg", "Rio de Janeiro"])[random.integers(0, 3, words.shape)]
    yield "mixed, long words", pd.concat([pd.DataFrame(normal[:, ::2].round(4)), pd.DataFrame(names)], axis=1)
    gaps = pd.DataFrame(normal.round(3)).mask(random.random((rows, COLUMNS)) < 0.05)
    gaps[0] = normal[:, 0]
    yield "numbers with gaps", gaps


def main():
    keep_freed_memory()
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as lab:
        path = Path(lab, "t.csv")
        for name, table in tables(rows):
            table.columns = [f"c{i}" for i in range(COLUMNS)]
            table.to_csv(path, index=False)
            times = best(
                lambda: read_table(open_table(path), Dialect()),
                lambda: pd.read_csv(path).select_dtypes("number").to_numpy(np.float32),
            )
            a, b = (1e9 * seconds / rows / COLUMNS for seconds in times)
            memory = float(subprocess.run([sys.executable, "-c", MEMORY, path], capture_output=True, text=True).stdout)
            print(
                f"{name:22} nntrain {a:6.0f} ns   pandas {b:6.0f} ns   ratio {a / b:5.2f}   memory {memory:5.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
