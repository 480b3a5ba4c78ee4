"""The C of `nntrain export`: size of the object file, microseconds an example; digits MLP and CNN, float and int8.

python tests/benchmarks/bench_c_export.py
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
TIMES = 20000
MAIN = """
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <time.h>
#include "net.h"

int main(void)
{
    static float x[NET_INPUTS], y[NET_ANSWERS];
    struct timespec begin, end;
    for (int i = 0; i < NET_INPUTS; i++)
        x[i] = (float)(i % 17) / 16;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    for (int k = 0; k < TIMES; k++) {
        x[k % NET_INPUTS] += 1e-6f;
        net_predict(x, y);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    printf("%.2f", ((end.tv_sec - begin.tv_sec) * 1e9 + (end.tv_nsec - begin.tv_nsec)) / 1e3 / TIMES);
    return 0;
}
"""


def shell(command, folder):
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout, done.stderr


def main():
    for name in ("digits_mlp", "digits_cnn"):
        with tempfile.TemporaryDirectory() as folder:
            program = [sys.executable, "-m", "nntrain"]
            shell([*program, "fit", "-q", str(ROOT / "configs" / f"{name}.yaml"), "--run-dir", "run"], folder)
            for kind in ([], ["--int8"]):
                _, told = shell([*program, "export", "run", "-o", "net.c", *kind], folder)
                shell(["gcc", "-std=c99", "-O2", "-c", "net.c", "-o", "net.o"], folder)
                size, _ = shell(["size", "net.o"], folder)
                text, data, bss = size.splitlines()[1].split()[:3]
                Path(folder, "main.c").write_text(MAIN.replace("TIMES", str(TIMES)))
                shell(
                    ["gcc", "-std=c99", "-O3", "-march=native", "-ffast-math", "main.c", "net.c", "-o", "a", "-lm"],
                    folder,
                )
                fast, _ = shell(["./a"], folder)
                shell(["gcc", "-std=c99", "-O2", "main.c", "net.c", "-o", "a", "-lm"], folder)
                plain, _ = shell(["./a"], folder)
                label = f"{name} {'int8' if kind else 'float'}"
                sizes = f"{int(text) + int(data):7} bytes, {bss:5} of scratch"
                print(f"{label:18} {sizes}   {plain} us (-O2), {fast} us (-O3, fast math)")
                print("".join(f"    {line}\n" for line in told.splitlines()), end="")


if __name__ == "__main__":
    main()
