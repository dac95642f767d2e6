"""What a snapshot says about itself, and whether its files are still what was kept."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from threading import Lock
from typing import Any

from data.tables import SCHEMA_VERSION
from words import text

MANIFEST = "manifest.json"
MOST_VERIFIED = 10_000

_verified: dict[Path, tuple[int, int, int]] = {}
_guard = Lock()


class Broken(ValueError):
    """A snapshot whose files are not what was kept: it is not read."""


def write(folder: Path, manifest: dict[str, Any]) -> Path:
    """Write the manifest with a checksum of its own; the file's path."""
    path = Path(folder) / MANIFEST
    body = {**manifest, "checksum": _checksum(manifest)}
    path.write_text(json.dumps(body, indent=1, sort_keys=True), encoding="utf-8")
    return path


def read(folder: Path) -> dict[str, Any]:
    """The manifest, whose own checksum has to fit. Raises Broken."""
    path = Path(folder) / MANIFEST
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        found = body.pop("checksum")
    except FileNotFoundError as fault:
        raise Broken(
            text("There is no snapshot in {folder}. Import the file again.", folder=folder)
        ) from fault
    except (ValueError, KeyError, AttributeError) as fault:
        raise Broken(_damaged(path)) from fault
    if found != _checksum(body):
        raise Broken(_damaged(path))
    if body["schema_version"] > SCHEMA_VERSION:
        raise Broken(
            text(
                "The snapshot {folder} was kept by a newer Holdfast (tables {found}; this one knows "
                "{known}). Update Holdfast to read it.",
                folder=folder,
                found=body["schema_version"],
                known=SCHEMA_VERSION,
            )
        )
    return body


def verify(folder: Path) -> dict[str, Any]:
    """Read every file of a snapshot and compare its checksum. Returns the manifest; raises Broken."""
    manifest = read(folder)
    for name, facts in manifest["files"].items():
        _verify_file(Path(folder) / name, facts)
    return manifest


def whole(folder: Path) -> bool:
    """Whether a snapshot is there and every file of it is what was kept."""
    if not Path(folder).exists():
        return False
    try:
        verify(folder)
    except Broken:
        return False
    return True


def verified_once(path: Path, facts: dict[str, Any]) -> None:
    """Verify before the first read in this process, and again whenever the file looks different."""
    try:
        seen = path.stat()
    except FileNotFoundError as fault:
        raise Broken(_damaged(path)) from fault
    stamp = (seen.st_ino, seen.st_size, seen.st_mtime_ns)
    with _guard:
        if _verified.get(path) == stamp:
            return
    _verify_file(path, facts)
    with _guard:
        if len(_verified) >= MOST_VERIFIED:
            _verified.clear()
        _verified[path] = stamp


def sha256(path: Path) -> str:
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _verify_file(path: Path, facts: dict[str, Any]) -> None:
    try:
        found = sha256(path)
    except FileNotFoundError as fault:
        raise Broken(_damaged(path)) from fault
    if found != facts["sha256"]:
        raise Broken(_damaged(path))


def _damaged(path: Path) -> str:
    return text(
        "{file} is not what was kept: its checksum does not fit, so it is not read. The disk may be "
        "failing, or someone changed the file. Import the same source file again to replace it.",
        file=path,
    )


def _checksum(manifest: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
