"""The page from a laptop to a cluster: its snippets follow each other, and run in their order.

Slurm is stood in for: `sbatch` runs the script with the variables that Slurm sets, `srun` starts the job's processes.
"""

import re
import sys

import pytest
from docs.conftest import ROOT, blocks
from parallel.conftest import Launcher
from sweep.conftest import results

SNIPPETS = blocks((ROOT / "nntrain" / "docs" / "cluster.md").read_text("utf-8"), "bash")
SBATCH = r"""#!/bin/bash
set -euo pipefail
bash -n "$1"
said() { sed -n "s/^#SBATCH --$1=//p" "$script"; }
script=$1
[[ $(head -n 1 "$1") == '#!/bin/bash' ]]
export SLURM_JOB_ID=1 SLURM_NTASKS=$(said ntasks) SLURM_CPUS_PER_TASK=$(said cpus-per-task)
array=$(said array)
if [ -z "$array" ]; then exec bash "$1"; fi
for task in $(seq ${array%-*} ${array#*-}); do SLURM_ARRAY_TASK_ID=$task bash "$1"; done
"""
SRUN = """#!/bin/bash
exec mpiexec -n "$SLURM_NTASKS" "$@"
"""


def chosen(word):
    """The snippets of one engine, in their order."""
    return [snippet for snippet in SNIPPETS if re.search(word, snippet)]


@pytest.fixture
def desk(desk):
    desk.program("sbatch", SBATCH)
    desk.program("srun", SRUN)
    desk.program("dask", f'#!/bin/sh\nengine=$1; shift\nexec "{sys.executable}" -m distributed.cli.dask_$engine "$@"\n')
    return desk


def bash(desk, snippets):
    for snippet in snippets:
        code, printed, errors = desk.bash(f"set -euo pipefail\n{snippet}")
        assert code == 0, f"{snippet}\n{printed}{errors}"


def test_every_snippet_belongs_to_a_test():
    assert sorted(SNIPPETS) == sorted({*chosen("nntrain fit|resume"), *chosen("runs/many")})


@pytest.mark.slow
def test_one_training_from_one_process_to_several_machines(desk):
    desk.program("mpiexec", f'#!/bin/sh\nexec "{Launcher(desk.folder).program}" "$@"\n')
    snippets = chosen("nntrain fit|resume")
    if Launcher(desk.folder).is_open_mpi:
        snippets = [snippet for snippet in snippets if "mpiexec -f" not in snippet]
        desk.program("mpiexec", f'#!/bin/sh\nexec "{Launcher(desk.folder).program}" --oversubscribe "$@"\n')
    bash(desk, snippets)


@pytest.mark.slow
def test_many_runs_on_one_machine_on_slurm_and_on_dask(desk):
    pytest.importorskip("distributed")
    bash(desk, chosen("runs/many"))
    found = results(desk.folder / "runs" / "many")
    assert len(found) == 12
    bash(desk, [snippet for snippet in chosen("runs/many") if "sbatch" not in snippet])  # nothing is done twice
    assert results(desk.folder / "runs" / "many") == found
