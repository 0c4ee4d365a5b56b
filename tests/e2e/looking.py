"""What is looked for on a page, at the width of a desk and of a phone, and the picture taken of it."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import axe_playwright_python

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
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


# Of rows of one make, which differ in nothing but words and addresses, axe needs two.
THIN = """() => {
  const told = /^(class|style|role|type|lang|scope|tabindex|aria-(hidden|expanded|selected|checked|current|sort|live|haspopup))$/;
  const attribute = ({name, value}) => told.test(name) ? name + '=' + value : name + (value.trim() ? '' : '=');
  const part = one => one.tagName + Array.from(one.attributes).map(attribute) + (one.textContent.trim() ? '' : '-');
  const makes = new Map(), spare = [];
  for (const row of document.querySelectorAll('tr, li, option')) {
    const seen = makes.get(row.parentNode) ?? makes.set(row.parentNode, new Map()).get(row.parentNode);
    const make = [row, ...row.querySelectorAll('*')].map(part).join();
    seen.set(make, (seen.get(make) ?? 0) + 1);
    if (seen.get(make) > 2) spare.push(row);
  }
  spare.forEach(row => row.remove());
}"""
# Whether something scrolls only the whole of it tells.
SCROLLING = {"runOnly": ["scrollable-region-focusable"]}
SIZES = {"desktop": DESK, "phone": PHONE}


def looked_at(page, name, language, role):
    """The page that is open, at both widths: its faults as sentences."""
    where = f"{role or ''} {name} {language}"
    faults = []
    page.evaluate(AXE)
    for device, size in SIZES.items():
        page.set_viewport_size(size)
        faults += [f"{where} {device}: {one}" for one in faults_of_size(page, device)]
        if PICTURES:
            keep_picture(page, Path(PICTURES) / "pages" / language / f"{name.removeprefix('web:')}-{device}.webp")
    return faults + [f"{where} {one}" for one in axe_faults(page)]


def faults_of_size(page, device):
    """Whether the page is wider than the window, too small for a finger, or scrolls where no key gets to."""
    wide, room, widest = page.evaluate(WIDER)
    faults = [f"{wide} px wide in {room}: {widest}"] if wide > room else []
    if device == "phone":
        faults += [f"too small for a finger: {small}" for small in page.evaluate(SMALL)[:3]]
    return faults + serious(page, SCROLLING)


def axe_faults(page):
    """What axe finds serious, at the width the page has and then at the other: from here on it is not whole any more."""
    page.evaluate(THIN)
    faults = []
    for device, size in reversed(SIZES.items()):
        page.set_viewport_size(size)
        faults += [f"{device}: {one}" for one in serious(page, {})]
    return faults


def serious(page, rules):
    found = page.evaluate("rules => axe.run(document, {resultTypes: ['violations'], ...rules})", rules)
    bad = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]} ({len(one['nodes'])})" for one in bad]


def keep_picture(page, path):
    """The whole page as WebP, a third of a JPEG of it; Playwright's own pictures know no WebP."""
    path.parent.mkdir(parents=True, exist_ok=True)
    devtools = page.context.new_cdp_session(page)
    size = devtools.send("Page.getLayoutMetrics")["cssContentSize"]
    clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], HIGHEST), "scale": 1}
    told = {"format": "webp", "quality": 40, "clip": clip, "captureBeyondViewport": True}
    path.write_bytes(base64.b64decode(devtools.send("Page.captureScreenshot", told)["data"]))
    devtools.detach()
