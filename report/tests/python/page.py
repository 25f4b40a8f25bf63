"""A report is built and opens in Chromium: in time, without an error or a request, on every width and on paper, with its numbers as CSV."""

import csv
import io
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _browser import Browser

ROOT = Path(__file__).resolve().parents[3]
CHARTS = ["split", "batch", "roofline", "distribution", "flops", "calls", "energy", "memory", "load", "operators"]
TOGETHER = ["laws", "knees", "correlations"]
# The most cells whose samples are drawn, one by one.
DRAWN = 333
# What a page of 1,000 cells may take to build from a store with samples, to open, and on disk: medians of so many, as other
# work may share the machine.
BUILT_WITHIN_S = 2
OPENS_WITHIN_MS = 1_000
SMALLER_THAN = 5_000_000
TIMES = 5
# Keeps what a download would save, and does nothing else.
CATCH = """
window.kept = {};
URL.createObjectURL = blob => { blob.text().then(text => window.kept.last = text); return "#"; };
HTMLAnchorElement.prototype.click = function () { window.kept.name = this.download; };
"""


def example(name: str, path: Path, cells: int) -> None:
    cargo = ["cargo", "run", "--quiet", "--locked", "--package", "tare-report"]
    subprocess.run([*cargo, "--example", name, "--", path, str(cells)], cwd=ROOT, check=True)


def made(folder: Path, cells: int) -> str:
    page = folder / f"{cells}.html"
    example("big_report", page, cells)
    return page.as_uri()


def built(folder: Path, cells: int) -> str:
    """The page that `tare report` makes of a store with samples."""
    store, page = folder / f"store-{cells}", folder / f"stored-{cells}.html"
    example("big_samples", store, cells)
    tare = [os.environ["TARE_BIN"], "--store", store, "report", "latest", "-o", page]
    took = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        subprocess.run(tare, check=True, stdout=subprocess.DEVNULL)
        took.append(time.perf_counter() - begun)
    size, seconds = page.stat().st_size, statistics.median(took)
    assert size < SMALLER_THAN, f"{cells} cells take {size} bytes"
    assert seconds < BUILT_WITHIN_S, f"{cells} cells take {seconds:.2f} s to build"
    files = [path.stat().st_size for path in store.glob("*/samples/*")]
    told = f"built from {len(files)} files of samples, {sum(files) / 1e6:.0f} MB, in {seconds:.2f} s, {size / 1e6:.2f} MB"
    print(f"a report of {cells} cells is {told}", file=sys.stderr)
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
        told = [row[heading.index("doubts")] for row in rows]
        assert not any(re.fullmatch(r"[\d ;]+", text) for text in told), told
        assert chart not in ("split", "batch") or any("not steady after" in text for text in told), told
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


# What of the elements that a selector finds can be read as the page is laid out now.
READABLE = """
(selector => [...document.querySelectorAll(selector)]
    .filter(one => one.checkVisibility() && one.getBoundingClientRect().height > 0)
    .map(one => one.textContent))
"""
REASONS = "#invalid-title ~ details tbody td:nth-child(2)"
# The doubts that tables on paper refer to by number.
REFERRED = '[...document.querySelectorAll("details.printed td a")].map(one => "#" + one.hash.slice(1))'


def check_paper(browser: Browser, cells: int) -> None:
    """Whatever stands on the screen behind a heading or a number stands on paper too."""

    def readable(selector: str) -> list[str]:
        return browser.value(f"{READABLE}({selector!r})")

    assert readable(REASONS) == readable("#doubts li") == [], "they are closed"
    browser.print(True)
    reasons, doubts = readable(REASONS), readable("#doubts li")
    invalid = browser.value(f"document.querySelectorAll({REASONS!r}).length")
    assert len(reasons) == invalid >= cells // 97, (reasons, invalid)
    assert all("no operator" in reason for reason in reasons), reasons
    assert any("not steady after" in doubt for doubt in doubts), doubts
    for place in set(browser.value(REFERRED)):
        assert readable(place), f"{place} cannot be read"
    browser.print(False)


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
    for make, cells in ((made, 30), (built, DRAWN), (built, 1_000)):
        url = make(Path(folder), cells)
        took = statistics.median(opened(browser, url) for _ in range(TIMES))
        assert took < OPENS_WITHIN_MS, f"{cells} cells open in {took:.0f} ms"
        lines = browser.value("document.querySelectorAll('#distribution-lines-numbers').length")
        assert (lines == 1) == (make is built and cells == DRAWN), "samples are drawn where there is room"
        check_layout(browser)
        check_numbers(browser, cells)
        check_paper(browser, cells)
        check_keys(browser)
        assert browser.complaints() == [], browser.complaints()
        outside = [asked for asked in browser.requests() if asked not in (url, "data:,")]
        assert outside == [], outside
        print(f"a report of {cells} cells opens in Chromium in {took:.0f} ms", file=sys.stderr)
