"""The tables of docs/scale.md. Each part of it stands between two comments, `<!-- NAME -->` and `<!-- end of NAME -->`."""

import json
import pathlib
import re

DOCUMENT = pathlib.Path(__file__).parents[1] / "docs/scale.md"
NUMBERS = pathlib.Path(__file__).with_name("scale.json")


class Report:
    """Prints tables at once, and keeps them for the document. `numbers` is what the arithmetic needs."""

    def __init__(self):
        self.parts, self.numbers = {}, {}

    def begin(self, name):
        """The next lines belong to this part."""
        self.lines = self.parts.setdefault(name, [])
        print(f"\n## {name}\n", flush=True)

    def line(self, text=""):
        self.lines.append(text)
        print(text, flush=True)

    def table(self, *columns):
        if self.lines:
            self.line()
        self.line(f"| {' | '.join(columns)} |")
        self.line("| " + " | ".join(["---", *["---:"] * (len(columns) - 1)]) + " |")

    def row(self, *cells):
        self.line(f"| {' | '.join(map(str, cells))} |")

    def write(self):
        """Puts the parts into the document, and the numbers beside the scripts."""
        NUMBERS.write_text(json.dumps(self.numbers, indent=4) + "\n")
        text = DOCUMENT.read_text()
        for name, lines in self.parts.items():
            text = put(text, name, "\n".join(lines))
        DOCUMENT.write_text(text)


def put(text, name, part):
    found = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- end of {re.escape(name)} -->)", re.DOTALL)
    if not found.search(text):
        raise RuntimeError(f"docs/scale.md has no place for {name}")
    return found.sub(lambda match: f"{match[1]}\n{part}\n\n{match[2]}", text)
