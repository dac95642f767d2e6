"""Prints where a Chromium is; installs one where there is none.

First what the machine has, then Playwright's own build, then the distribution's package.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def installed() -> str | None:
    """A Chromium that is already here: named by $HOLDFAST_CHROMIUM, on the path, or Playwright's own."""
    named = os.environ.get("HOLDFAST_CHROMIUM")
    if named and Path(named).exists():
        return named
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> None:
    """Ask Playwright, then the system's package manager. Their output goes to stderr: stdout is the answer."""
    ways = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get"):
        root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        quiet = ["-qq", "-y", "-o", "DPkg::Lock::Timeout=120"]
        ways.append([*root, "apt-get", "update", "-qq"])
        ways.append(
            [*root, "apt-get", "install", *quiet, "--no-install-recommends", "chromium", "fonts-dejavu-core"]
        )
    for command in ways:
        subprocess.run(command, stdout=sys.stderr, stderr=sys.stderr, check=False, timeout=900)
        if installed():
            return


def main() -> None:
    if not installed():
        install()
    path = installed()
    if not path:
        sys.exit(
            "No Chromium here and none could be installed. Install one and name it in HOLDFAST_CHROMIUM."
        )
    sys.stdout.write(path)


if __name__ == "__main__":
    main()
