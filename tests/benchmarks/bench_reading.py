"""Reading of csv beside pandas (its default reader, then float32): nanoseconds of processor time a cell.

pip install '.[bench]' pandas && python tests/benchmarks/bench_reading.py [ROWS]
"""

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


def best(read, repeats=3):
    times = []
    for _ in range(repeats):
        start = time.process_time()
        read()
        times.append(time.process_time() - start)
    return min(times)


def tables(rows):
    random = np.random.default_rng(0)
    normal = random.normal(size=(rows, COLUMNS))
    yield "numbers, 5 decimals", pd.DataFrame(normal.round(5))
    yield "numbers, 2 decimals", pd.DataFrame((50 * normal).round(2))
    yield "whole numbers", pd.DataFrame(random.integers(0, 90, (rows, COLUMNS)))
    words = np.array(["red", "green", "blue"])[random.integers(0, 3, (rows, COLUMNS // 2))]
    yield "mixed", pd.concat([pd.DataFrame(normal[:, ::2].round(4)), pd.DataFrame(words)], axis=1)


def main():
    keep_freed_memory()
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as lab:
        path = Path(lab, "t.csv")
        for name, table in tables(rows):
            table.columns = [f"c{i}" for i in range(COLUMNS)]
            table.to_csv(path, index=False)
            theirs = best(lambda: pd.read_csv(path).select_dtypes("number").to_numpy(np.float32))
            ours = best(lambda: read_table(open_table(path), Dialect()))
            a, b = (1e9 * seconds / rows / COLUMNS for seconds in (ours, theirs))
            print(f"{name:22} nntrain {a:6.0f} ns   pandas {b:6.0f} ns   ratio {a / b:5.2f}", flush=True)


if __name__ == "__main__":
    main()
