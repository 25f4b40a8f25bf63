"""A report opens in Chromium: in time, without an error or a request, on every width, with its numbers as CSV."""

import csv
import io
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from _browser import Browser

ROOT = Path(__file__).resolve().parents[3]
CHARTS = ["split", "batch", "roofline", "distribution", "flops", "calls", "energy", "memory", "load", "operators"]
TOGETHER = ["laws", "knees", "correlations"]
# What a page of 1,000 cells may take to open: the median of so many openings, as other work may share the machine.
OPENS_WITHIN_MS = 1_000
OPENINGS = 5
# Keeps what a download would save, and does nothing else.
CATCH = """
window.kept = {};
URL.createObjectURL = blob => { blob.text().then(text => window.kept.last = text); return "#"; };
HTMLAnchorElement.prototype.click = function () { window.kept.name = this.download; };
"""


def made(folder: Path, cells: int) -> str:
    cargo = ["cargo", "run", "--quiet", "--locked", "--package", "tare-report"]
    page = folder / f"{cells}.html"
    subprocess.run([*cargo, "--example", "big_report", "--", page, str(cells)], cwd=ROOT, check=True)
    return page.as_uri()


def opened(browser: Browser, url: str) -> float:
    """Milliseconds until the page is loaded and laid out."""
    browser.open(url)
    return browser.value("performance.getEntriesByType('navigation')[0].loadEventEnd")


def downloaded(browser: Browser, chart: str) -> list[list[str]]:
    browser.value(f"document.querySelector('[data-csv={chart}]').click()")
    text = browser.value("new Promise(done => setTimeout(() => done(window.kept.last), 50))")
    assert browser.value("window.kept.name") == f"tare-{chart}.csv"
    return list(csv.reader(io.StringIO(text)))


def check_numbers(browser: Browser, cells: int) -> None:
    browser.value(CATCH)
    for chart in CHARTS:
        heading, *rows = downloaded(browser, chart)
        assert heading[:2] == ["model", "adapter"] and "doubts" in heading, heading
        assert rows and all(len(row) == len(heading) for row in rows), chart
        assert len(set(heading)) == len(heading), heading
        units = ("_ns", "_bytes", "_j", "_per_s", "flops", "operators")
        figures = [values for name, *values in zip(heading, *rows) if name.endswith(units)]
        assert any(any(values) for values in figures), f"{chart} has no number"
        assert all(float(value) is not None for values in figures for value in values if value)
    for name in TOGETHER:
        # A law takes more models than a small page has.
        if not browser.value(f"!!document.querySelector('[data-csv={name}]')"):
            assert cells < 1_000, f"{name} is not there"
            continue
        heading, *rows = downloaded(browser, name)
        assert rows or name == "correlations", f"{name} has no row"
        assert all(len(row) == len(heading) for row in rows) and len(set(heading)) == len(heading), heading


def check_layout(browser: Browser) -> None:
    for scheme in ("light", "dark"):
        for width in (360, 400, 800, 1400):
            browser.look(width, scheme)
            wide = browser.value("document.documentElement.scrollWidth")
            assert wide <= width, f"{wide} pixels wide in a window of {width}"
        ground = browser.value("getComputedStyle(document.body).backgroundColor")
        assert (ground == "rgb(255, 255, 255)") == (scheme == "light"), (scheme, ground)
    assert browser.value("document.querySelectorAll('main img').length") == 0


def check_keys(browser: Browser) -> None:
    focus = "document.activeElement"
    browser.value("document.activeElement.blur()")
    seen = set()
    for _ in range(60):
        for kind in ("keyDown", "keyUp"):
            browser.ask("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
        seen.add(browser.value(f"{focus}.tagName"))
    assert {"A", "SUMMARY"} <= seen, seen


# What the browser leaves running for a moment may still write into its profile.
with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, Browser(f"{folder}/profile") as browser:
    browser.look(1200)
    for cells in (30, 1_000):
        url = made(Path(folder), cells)
        took = statistics.median(opened(browser, url) for _ in range(OPENINGS))
        assert took < OPENS_WITHIN_MS, f"{cells} cells open in {took:.0f} ms"
        check_layout(browser)
        check_numbers(browser, cells)
        check_keys(browser)
        assert browser.complaints() == [], browser.complaints()
        outside = [asked for asked in browser.requests() if asked not in (url, "data:,")]
        assert outside == [], outside
        print(f"a report of {cells} cells opens in Chromium in {took:.0f} ms", file=sys.stderr)
