"""Headless Chromium, which shows pages as a mail program does and measures what a reader would see."""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 120.0
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--dump-dom",
)
_SHADES = {"dark": 0, "light": 1}


@dataclass(frozen=True)
class Seen:
    """A page as a window of that width shows it."""

    page: int
    """Which of the pages it was, from 0 on."""
    width: int
    scroll_width: int
    outside: list[str]
    """What reaches beyond the window, by element."""
    cut: list[str]
    """What is hidden, or cut off within its own box."""
    language: str
    title: str
    headings: list[int]
    """Their levels, in order."""
    contrasts: dict[str, float]
    """The lowest contrast (WCAG 2.1) of a text in each pair of colours, the pair with a sample of the text."""
    smallest: float
    """The smallest letters, in CSS pixels."""
    requested: list[str]
    """Whatever the page asked for, whether it came or not."""


class Browser:
    """Shows pages in windows of their own, all of one shade in one run of the program."""

    def __init__(self, folder: Path) -> None:
        found = next(filter(None, map(shutil.which, _PROGRAMS)), None)
        assert found, "Chromium is missing, and mails are looked at with it: apt-get install chromium"
        self._program, self._folder = found, folder

    def look(self, pages: Sequence[str], widths: Sequence[int], shade: str) -> list[Seen]:
        """Each of the pages in each of the widths, in the reader's light or dark mode."""
        written = json.dumps({"pages": list(pages), "widths": list(widths)}).replace("</", "<\\/")
        stand = self._folder / f"{shade}.html"
        stand.write_text(_STAND.replace("EVERYTHING", written), encoding="utf-8")
        done = subprocess.run(
            [
                self._program,
                *_FLAGS,
                f"--user-data-dir={self._folder / shade}",
                f"--blink-settings=preferredColorScheme={_SHADES[shade]}",
                stand.as_uri(),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=True,
        )
        measured = re.search(r'<pre id="measured">(.*?)</pre>', done.stdout.decode(), re.DOTALL)
        assert measured, done.stderr.decode()
        seen = [Seen(**each) for each in json.loads(html.unescape(measured[1]))]
        assert len(seen) == len(pages) * len(widths)
        return seen


# A frame of the given width is a window to the page in it: its own media queries, its own overflow. The program's own
# window cannot be made as narrow as a telephone.
_STAND = """<!doctype html>
<html><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"></head><body>
<pre id="measured"></pre>
<script>
const everything = EVERYTHING;
const frames = everything.pages.flatMap((page, number) => everything.widths.map(width => {
  const frame = document.createElement("iframe");
  Object.assign(frame, {width, height: 800, srcdoc: page});
  frame.style.border = "0";
  document.body.append(frame);
  return {frame, number, width};
}));

function luminance([r, g, b]) {
  const linear = [r, g, b].map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}
function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}
const numbers = color => color.match(/[\\d.]+/g).map(Number);

function measure({frame, number, width}) {
  const view = frame.contentWindow, page = frame.contentDocument, root = page.documentElement;
  const style = element => view.getComputedStyle(element);
  const paper = page.createElement("div");  // what stands behind everything
  paper.style.background = "Canvas";
  page.body.append(paper);
  const canvas = numbers(style(paper).backgroundColor);
  paper.remove();
  const behind = element => {
    for (let each = element; each; each = each.parentElement) {
      const color = numbers(style(each).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return canvas;
  };
  const all = [...page.body.querySelectorAll("*")];
  const contrasts = {};
  let smallest = Infinity;
  for (const element of all) {
    const own = [...element.childNodes].filter(each => each.nodeType === 3);
    const text = own.map(each => each.data.trim()).join(" ").trim();
    if (!text) continue;
    const [ink, ground] = [numbers(style(element).color), behind(element)];
    smallest = Math.min(smallest, parseFloat(style(element).fontSize));
    const pair = `${ink.slice(0, 3)} on ${ground.slice(0, 3)}`;
    const known = Object.keys(contrasts).some(each => each.startsWith(pair + ":"));
    if (!known) contrasts[`${pair}: ${text.slice(0, 30)}`] = contrast(ink, ground);
  }
  const named = element => `${element.tagName.toLowerCase()} ${element.className}: ${element.textContent.slice(0, 40)}`;
  const hidden = element => style(element).visibility !== "visible" || style(element).display === "none";
  const clips = element => style(element).overflowX !== "visible" && element.scrollWidth > element.clientWidth;
  const leaves = ({left, right}) => left < 0 || right > width + 0.5;
  return {
    page: number,
    width,
    scroll_width: root.scrollWidth,
    outside: all.filter(each => leaves(each.getBoundingClientRect())).map(named),
    cut: all.filter(each => hidden(each) || clips(each)).map(named),
    language: root.lang,
    title: page.title,
    headings: all.filter(each => /^H[1-6]$/.test(each.tagName)).map(each => Number(each.tagName[1])),
    contrasts,
    smallest,
    requested: view.performance.getEntriesByType("resource").map(each => each.name),
  };
}
addEventListener("load", () => {
  document.getElementById("measured").textContent = JSON.stringify(frames.map(measure));
});
</script>
</body></html>
"""
