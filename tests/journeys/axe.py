"""axe as pages are judged with it: the same rules and findings, in less time."""

from pathlib import Path
from typing import Final

import axe_playwright_python

PLAIN: Final = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()

# Every text's contrast is reckoned from the colours of all that lies behind it, and each of them
# was read anew from its words: a quarter of the whole time, for a few dozen words.
REMEMBER_COLOURS: Final = """(() => {
  const known = new Map(), maker = axe.commons.color.Color.prototype, read = maker.parseString;
  maker.parseString = function (words) {
    const colour = known.get(words);
    if (colour) [this.r, this.g, this.b, this.alpha] = colour;
    else {
      read.call(this, words);
      known.set(words, [this.r, this.g, this.b, this.alpha]);
    }
    return this;
  };
})()"""

AXE: Final = f"{PLAIN};{REMEMBER_COLOURS}"
# Nothing is told of what passes: gathering that takes axe longer than looking for what does not.
RULES: Final = """{resultTypes: ['violations'],
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}"""
