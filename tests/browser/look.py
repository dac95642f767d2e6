"""Pictures of every page, in every size, theme and data set: `make look`. Open them and look."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import sync_playwright  # noqa: E402

import navigation  # noqa: E402
from tests.browser.driving import open_page, serving  # noqa: E402 (the path is set above)
from tests.browser.shops import KINDS, prepare  # noqa: E402

SIZES = {"1440": (1440, 900), "390": (390, 844)}
THEMES = ("light", "dark")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "look")
    parser.add_argument("--shops", nargs="*", default=KINDS, choices=KINDS)
    parser.add_argument("--pages", nargs="*", default=[p.address for p in navigation.PAGES])
    parser.add_argument("--sizes", nargs="*", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--themes", nargs="*", default=list(THEMES), choices=THEMES)
    parser.add_argument("--view", default="plain", choices=("plain", "full"))
    parser.add_argument("--whole", action="store_true", help="the whole page, not only the first screen")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("HOLDFAST_CHROMIUM") or None, args=["--no-sandbox"]
        )
        for shop in chosen.shops:
            home = Path(scratch) / shop
            prepare(home, shop)
            with serving(home, Path(scratch) / f"{shop}.log") as address:
                for size in chosen.sizes:
                    for theme in chosen.themes:
                        width, height = SIZES[size]
                        context = browser.new_context(
                            viewport={"width": width, "height": height},
                            color_scheme=theme,
                            reduced_motion="reduce",
                        )
                        page = context.new_page()
                        for path in chosen.pages:
                            open_page(page, f"{address}/{navigation.page(path).route}?view={chosen.view}")
                            if chosen.whole:
                                tall = page.evaluate(
                                    "document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight"
                                )
                                page.set_viewport_size(
                                    {"width": width, "height": max(height, min(int(tall) + 80, 6000))}
                                )
                                page.wait_for_timeout(400)
                            view = "" if chosen.view == "plain" else f"-{chosen.view}"
                            page.screenshot(path=chosen.out / f"{path}-{shop}-{size}-{theme}{view}.png")
                            page.set_viewport_size({"width": width, "height": height})
                        context.close()
        browser.close()
    sys.stdout.write(f"Pictures are in {chosen.out}\n")


if __name__ == "__main__":
    main()
