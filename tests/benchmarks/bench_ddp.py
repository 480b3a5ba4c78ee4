"""Training on two processes with a thread each: nntrain behind mpiexec, PyTorch's DistributedDataParallel over gloo.

    PYTHONPATH=. python tests/benchmarks/bench_ddp.py [rounds]

The workloads are those of bench_parallel.  Both take turns; a step's time is taken over blocks of four steps.  Printed
are the medians, and the fastest blocks, which neighbours have disturbed least.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench_parallel import WORK, config

sys.path.insert(0, str(Path(__file__).parents[1]))

from parallel.conftest import Launcher

PROCESSES, BLOCK = 2, 4


def blocks_of_nntrain(launcher, path, run, m):
    """Milliseconds a step, for each block of four."""
    code, _, err = launcher.run(PROCESSES, "fit", path, "--run-dir", run, "--threads", 1, "-q", seconds=200)
    assert code == 0, err
    lines = (launcher.folder / run / "timing.jsonl").read_text().splitlines()[1:]  # the first one starts up
    return [1e3 * m / json.loads(line)["examples_per_second"] for line in lines]


def blocks_of_torch(name, blocks):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    environment = os.environ | {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, __file__, "--rank", name, str(blocks)]
    started = [
        subprocess.Popen(
            command,
            env=environment | {"RANK": str(rank), "WORLD_SIZE": str(PROCESSES)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(PROCESSES)
    ]
    said = [process.communicate(timeout=200)[0] for process in started]
    assert not any(process.returncode for process in started)
    return json.loads(said[0].splitlines()[-1])


def network(layers, shape):
    """The same network of PyTorch's modules."""
    from torch import nn

    modules, (channels, height, width), features = [], shape, 0
    for layer in layers:
        if layer == "relu":
            modules.append(nn.ReLU())
        elif layer == "flatten":
            features = channels * height * width
            modules.append(nn.Flatten())
        elif "repeat" in layer:
            filters = layer["repeat"]["layers"][0]["conv2d"]["filters"]
            modules += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
            channels = filters
        elif "conv2d" in layer:
            modules.append(nn.Conv2d(channels, layer["conv2d"]["filters"], 3, padding=1))
            channels = layer["conv2d"]["filters"]
        elif "max_pool2d" in layer:
            modules.append(nn.MaxPool2d(2))
            height, width = height // 2, width // 2
        else:
            modules.append(nn.Linear(features, layer["dense"]))
            features = layer["dense"]
    return nn.Sequential(*modules)


def rank_of_torch(name, blocks):
    """One of the processes: as PyTorch's tutorial has it."""
    import torch
    from torch import distributed
    from torch.nn.parallel import DistributedDataParallel

    torch.set_num_threads(1)
    distributed.init_process_group("gloo")
    layers, shape, m, _ = WORK[name]
    model = DistributedDataParallel(network(layers, shape))
    optimizer, loss = torch.optim.SGD(model.parameters(), lr=1e-3), torch.nn.CrossEntropyLoss()
    X, Y = torch.randn(4 * m // PROCESSES, *shape), torch.arange(4 * m // PROCESSES) % 10
    part, found = m // PROCESSES, []
    for _ in range(blocks + 1):
        start = time.perf_counter()
        for k in range(BLOCK):
            optimizer.zero_grad()
            loss(model(X[k * part : (k + 1) * part]), Y[k * part : (k + 1) * part]).backward()
            optimizer.step()
        found.append(1e3 * (time.perf_counter() - start) / BLOCK)
    distributed.destroy_process_group()
    print(json.dumps(found[1:]))


def main(rounds):
    for name, (layers, shape, m, steps) in WORK.items():
        with tempfile.TemporaryDirectory() as lab:
            folder = Path(lab)
            launcher, path = Launcher(folder), config(folder, layers, shape, m, 2 * steps)
            ours, theirs, ratios = [], [], []
            for turn in range(rounds):
                ours.append(blocks_of_nntrain(launcher, path, str(turn), m))
                theirs.append(blocks_of_torch(name, 2 * steps // BLOCK - 1))
                ratios.append(statistics.median(theirs[-1]) / statistics.median(ours[-1]))
        for which, found in (("median", statistics.median), ("fastest", min)):
            one, other = (found([time for blocks in every for time in blocks]) for every in (ours, theirs))
            print(
                f"{name}, {which}: nntrain {one:.1f} ms a step, PyTorch {other:.1f} ms: {other / one:.2f}", flush=True
            )
        print(f"{name}: median of the rounds' ratios {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    if "--rank" in sys.argv:
        rank_of_torch(sys.argv[2], int(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 5)
