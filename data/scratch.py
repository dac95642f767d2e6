"""Temporary folders that cannot outlive their process for long.

Each has a lock file beside it that its process holds; whoever comes later removes those whose lock is free.
A process id would not do: it may have been given to another process since.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from words import text

PREFIX = ".making-"

_held: list[int] = []
"""Locks of folders that live as long as the process."""


def room(home: Path, tenant: str) -> Path:
    """The folder of one tenant, which nothing of another's lies in. Raises ValueError for an odd name."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", tenant):
        raise ValueError(
            text(
                "{tenant} cannot name a team: small letters, digits, - and _ were expected.",
                tenant=repr(tenant),
            )
        )
    return Path(home).resolve() / tenant


@contextmanager
def folder(parent: Path) -> Iterator[Path]:
    """A new folder in `parent`, removed at the end unless it was renamed; safe among processes, threads."""
    made, handle = _make(parent)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        _lock_of(made).unlink(missing_ok=True)
        os.close(handle)


def until_exit(parent: Path) -> Path:
    """A new folder in `parent` that is this process's until it ends; a later one sweeps it."""
    made, handle = _make(parent)
    _held.append(handle)
    return made


def _make(parent: Path) -> tuple[Path, int]:
    parent.mkdir(parents=True, exist_ok=True)
    sweep(parent)
    while True:
        made = parent / f"{PREFIX}{os.urandom(8).hex()}"
        handle = os.open(_lock_of(made), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        if _lock(handle):
            made.mkdir()
            return made, handle
        os.close(handle)  # a sweep took the lock file in the moment before it was locked


def sweep(parent: Path) -> None:
    """Remove what processes that have ended left in `parent`."""
    for lock in parent.glob(f"{PREFIX}*.lock"):
        try:
            handle = os.open(lock, os.O_RDWR)
        except FileNotFoundError:
            continue  # its process has just finished
        if _lock(handle):
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink(missing_ok=True)
        os.close(handle)


def link(source: Path, target: Path) -> None:
    """`target` holds what `source` holds: the same bytes on the disk where it can, else a copy."""
    try:
        os.link(source, target)
    except OSError:  # another disk, or one without links
        shutil.copyfile(source, target)


def _lock_of(made: Path) -> Path:
    return made.with_suffix(".lock")


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
