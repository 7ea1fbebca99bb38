"""Takes screenshots of a running Odoo: `python take.py`, with the order as JSON on standard input.

The order: `{"url", "chromium", "switches", "folder", "widths", "shots": [{"name", "path", "ready",
"height", "clicks"}]}`. `ready` is the selector of what must be there, `clicks` those of what to
press first.
"""

import json
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

TIMEOUT_MILLISECONDS = 60_000
# Neither a blinking cursor nor a half faded dialog; and nothing that differs from day to day.
STILL = "*, *::before, *::after { animation: none !important; transition: none !important; }"
# Parts of a page are loaded one after the other, with a moment in between.
QUIET = """() => new Promise(done => {
    let looks = 0;
    const timer = setInterval(() => {
        const sign = document.querySelector(".o_loading, .o_loading_indicator");
        looks = sign && sign.offsetParent ? 0 : looks + 1;
        if (looks === 10) {
            clearInterval(timer);
            done();
        }
    }, 50);
})"""


def main() -> int:
    """Do what the order says."""
    order = json.load(sys.stdin)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=order["chromium"], args=order["switches"]
        )
        try:
            _take_all(browser, order)
        finally:
            browser.close()
    return 0


def _take_all(browser: Browser, order: dict) -> None:
    page = browser.new_page(base_url=order["url"], locale="en-US", timezone_id="UTC")
    page.set_default_timeout(TIMEOUT_MILLISECONDS)
    _log_in(page)
    for width in order["widths"]:
        for shot in order["shots"]:
            page.set_viewport_size({"width": width, "height": shot["height"]})
            _open(page, shot)
            name = shot["name"] if width == order["widths"][0] else f"{shot['name']}-{width}"
            page.screenshot(path=str(Path(order["folder"]) / f"{name}.png"))


def _log_in(page: Page) -> None:
    page.goto("/web/login")
    page.fill("input[name=login]", "admin")
    page.fill("input[name=password]", "admin")
    page.click("button[type=submit]")
    page.wait_for_selector(".o_main_navbar")


def _open(page: Page, shot: dict) -> None:
    # Away first: another fragment of the same page would not load it anew.
    page.goto("about:blank")
    page.goto(shot["path"])
    page.add_style_tag(content=STILL)
    for selector in shot.get("clicks", ()):
        page.click(selector)
    page.wait_for_selector(shot["ready"])
    # Away from everything that has a tooltip or a frame while it is in focus.
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    page.evaluate(QUIET)
    page.evaluate("document.fonts.ready")


if __name__ == "__main__":
    sys.exit(main())
