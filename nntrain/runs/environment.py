"""What a run was made with and on: facts for meta.json that no result may depend on."""

from __future__ import annotations

import os
import platform
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from nntrain import __version__
from nntrain.files.plain_values import JsonObject


def environment() -> JsonObject:
    """Directory, versions, platform, BLAS, git commit and start time, by name."""
    import numpy as np  # listing runs, which shares this package, needs no NumPy

    return {
        "directory": os.getcwd(),
        "nntrain": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "blas": _blas(np.show_config(mode="dicts")),
        "git_commit": git_commit(Path.cwd()),
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
    }


def git_commit(directory: Path) -> str | None:
    """The commit that is checked out where `directory` is, read from the files: starting git takes longer than a step.

    None outside a repository, and where git keeps its references in another form.
    """
    for place in (directory, *directory.parents):
        try:
            git = place / ".git"
            if git.is_file():  # a worktree: the file says where its own HEAD is
                git = place / git.read_text().removeprefix("gitdir:").strip()
            if git.is_dir():
                return _resolve_head(git)
        except (OSError, ValueError):
            return None
    return None


def _resolve_head(git: Path) -> str | None:
    head = (git / "HEAD").read_text().strip()
    if not head.startswith("ref:"):
        return _commit(head)
    name = head.removeprefix("ref:").strip()
    common = git / (git / "commondir").read_text().strip() if (git / "commondir").exists() else git
    for store in (git, common):
        if (store / name).is_file():
            return _commit((store / name).read_text().strip())
    for line in (common / "packed-refs").read_text().splitlines():
        if line.endswith(f" {name}"):
            return _commit(line.split()[0])
    return None


def _commit(text: str) -> str | None:
    return text if re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", text) else None


def _blas(config: Any) -> str:
    """NumPy's own account of its BLAS; its form is not promised, so its absence is no error."""
    try:
        blas = config["Build Dependencies"]["blas"]
        return f"{blas['name']} {blas['version']}"
    except (KeyError, TypeError):
        return "unknown"
