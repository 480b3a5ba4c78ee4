"""Memory of this process and this machine."""

from __future__ import annotations

import ctypes
import os
import sys


def peak_memory() -> int:
    """Largest resident size so far in bytes; 0 where the platform does not tell (Windows)."""
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def physical_memory() -> int:
    """Bytes of memory that this machine has, or that a container lets us have; 1 TiB where the system does not say."""
    from nntrain.runtime import cgroups

    size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 2**40
    return min(size, cgroups.memory() or size)


def keep_freed_memory() -> bool:
    """Tell glibc's malloc to keep freed arrays for the next step; True where it did.

    By default glibc returns blocks over 128 KB to the kernel, and a training step frees and allocates the same
    activations again and again.  For the start of a program, before the first large array; never on import, since
    a library must not change its host's allocator.  Does nothing where malloc is not glibc's.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    m_trim_threshold, m_top_pad, m_mmap_threshold = -1, -2, -3
    # older releases of glibc refuse more than 32 MB
    kept = any(mallopt(m_mmap_threshold, size) for size in (1 << 30, 32 << 20))
    return bool(kept and mallopt(m_trim_threshold, 2**31 - 1) and mallopt(m_top_pad, 64 << 20))
