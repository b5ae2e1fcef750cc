"""Lists what an attacker inside the container could use: set-uid files and writable paths.

    python deploy/scan.py [ROOT] [--user UID]

The image's build runs it as its last step. It ends with exit code 1 if it finds a set-uid or
set-gid file, or a path outside the temporary folders that the service's user may write to.
"""

import argparse
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

USER = 10001  # the user and group of the service in the Dockerfile
TEMPORARY = ("tmp", "var/tmp", "run/lock")
VIRTUAL = ("proc", "sys", "dev")  # file systems of the kernel


def scan(root: Path, user: int) -> Iterator[str]:
    """A line for each finding below `root`."""
    virtual = {root / name for name in VIRTUAL}
    temporary = {root / name for name in TEMPORARY}
    for folder, names, files in os.walk(root):
        here = Path(folder)
        names[:] = [name for name in names if here / name not in virtual]
        for name in (*names, *files):
            path = here / name
            if not path.is_symlink():
                yield from _findings(path, path.lstat(), user, path in temporary)
        names[:] = [name for name in names if here / name not in temporary]


def _findings(path: Path, status: os.stat_result, user: int, temporary: bool) -> Iterator[str]:
    mode = status.st_mode
    if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
        yield f"set-uid or set-gid: {path}"
    owned = (status.st_uid == user and mode & stat.S_IWUSR) or (
        status.st_gid == user and mode & stat.S_IWGRP
    )
    if (owned or mode & stat.S_IWOTH) and not temporary:
        yield f"writable: {path}"


def main() -> None:
    """Scan and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", nargs="?", type=Path, default=Path("/"))
    parser.add_argument("--user", type=int, default=USER)
    options = parser.parse_args()
    findings = list(scan(options.root, options.user))
    print("\n".join(findings) or "no set-uid file, no writable path")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
