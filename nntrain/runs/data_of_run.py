"""Whether a run learned from these data, by their SHA-256."""

from __future__ import annotations

from nntrain.runs.run import Run


def other_data(run: Run, sha256: str) -> str:
    """What to say of a run that learned from other data; "" where they are the same, or it does not say."""
    before = run.read_meta().get("data_sha256")
    if not isinstance(before, str) or not sha256 or before == sha256:
        return ""
    return f"{run.path} is of other data: SHA-256 was {before[:16]}…, is {sha256[:16]}…"
