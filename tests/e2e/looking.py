"""What is looked for on a page, at the width of a desk and of a phone, and the picture taken of it."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import axe_playwright_python

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
HIGHEST = 6000
"""Of a page of hundreds of rows the first are enough."""
PICTURES = os.environ.get("PICTURES", "")

# How wide the page is, how wide the window, and what reaches out of it.
WIDER = """() => {
  const room = document.documentElement.clientWidth;
  const out = Array.from(document.querySelectorAll('main *')).filter(one => one.getBoundingClientRect().right > room + 1
    && !one.closest('.qs-scroll, .qs-leaf, .qs-editor'));
  return [document.documentElement.scrollWidth, room, out.slice(0, 3).map(one => one.outerHTML.slice(0, 120)).join(' | ')];
}"""

# What a finger has to meet on a helper's pages: links inside a sentence aside, 44 px high, a label with its box.
SMALL = """() => Array.from(document.querySelectorAll('.ph :is(a, button, summary, select, input:not([type=hidden]))'))
  .filter(one => one.offsetParent && !one.closest('.visually-hidden, .visually-hidden-focusable, .qs-skip, .qs-scroll'))
  .filter(one => !(one.tagName === 'A' && one.closest('p, dd, .fine, li') && getComputedStyle(one).display === 'inline'))
  .filter(one => Math.max(...[one, ...(one.labels ?? [])].map(each => each.getBoundingClientRect().height)) < 43.5)
  .map(one => one.outerHTML.slice(0, 120))"""

# Rules are as grave as what breaks them, so the mild ones are not asked. The rest of what axe says is as long as the
# page itself, and stays in the browser.
SERIOUS = """async () => {
  const mild = axe._audit.rules.filter(one => ['minor', 'moderate'].includes(one.impact));
  const rules = Object.fromEntries(mild.map(one => [one.id, {enabled: false}]));
  return (await axe.run(document, {resultTypes: ['violations'], rules})).violations
    .filter(one => ['serious', 'critical'].includes(one.impact))
    .map(one => `${one.id}: ${one.nodes[0].html.slice(0, 160)} (${one.nodes.length})`);
}"""


def a_window(browser):
    """A browser of its own that has axe on every page it opens: quicker than handing it over each time."""
    context = browser.new_context(bypass_csp=True)
    context.add_init_script(path=AXE)
    return context


def looked_at(page, name, language, role):
    """The page that is open in `a_window`, at both widths: its faults as sentences."""
    faults = []
    for device, size in (("desktop", DESK), ("phone", PHONE)):
        page.set_viewport_size(size)
        where = f"{role or ''} {name} {language} {device}"
        faults += faults_of(page, where)
        if size is PHONE:
            faults += [f"{where}: too small for a finger: {small}" for small in page.evaluate(SMALL)[:3]]
        if PICTURES:
            keep_picture(page, Path(PICTURES) / "pages" / language / f"{name.removeprefix('web:')}-{device}.webp")
    return faults


def faults_of(page, where):
    """What axe finds serious, and whether the page is wider than the window."""
    faults = [f"{where}: {one}" for one in page.evaluate(SERIOUS)]
    wide, room, widest = page.evaluate(WIDER)
    return faults + ([f"{where}: {wide} px wide in {room}: {widest}"] if wide > room else [])


def keep_picture(page, path):
    """The whole page as WebP, a third of a JPEG of it; Playwright's own pictures know no WebP."""
    path.parent.mkdir(parents=True, exist_ok=True)
    devtools = page.context.new_cdp_session(page)
    size = devtools.send("Page.getLayoutMetrics")["cssContentSize"]
    clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], HIGHEST), "scale": 1}
    told = {"format": "webp", "quality": 40, "clip": clip, "captureBeyondViewport": True}
    path.write_bytes(base64.b64decode(devtools.send("Page.captureScreenshot", told)["data"]))
    devtools.detach()
