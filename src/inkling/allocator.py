"""Sets when glibc's allocator returns freed memory to the kernel. Does nothing elsewhere."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
# The greatest values that glibc's own adjustment reaches, in bytes.
USUAL_MMAP, USUAL_TRIM = 32 << 20, 64 << 20


def set_thresholds(mmap: int = USUAL_MMAP, trim: int = USUAL_TRIM) -> bool:
    """Sets the size in bytes of blocks that are mapped singly, and of free memory that is kept.

    glibc stops its own adjustment then. Returns whether the allocator is glibc's.
    """
    library = _library()
    if library is None:
        return False
    library.mallopt(M_MMAP_THRESHOLD, mmap)
    library.mallopt(M_TRIM_THRESHOLD, trim)
    return True


def return_memory() -> None:
    """Returns free memory to the kernel."""
    library = _library()
    if library is not None:
        library.malloc_trim(0)


def _library() -> ctypes.CDLL | None:
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if library is not None and hasattr(library, "mallopt") else None
