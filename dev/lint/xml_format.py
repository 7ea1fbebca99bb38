# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Formats XML as OCA does: `python xml_format.py [--check] <file> …`.

OCA's formatter runs on Node, which nothing else here needs. This one lays out tags, and leaves
alone what stands between them, since blanks there are part of texts that are translated.
"""

import argparse
import re
import sys
from pathlib import Path

from lxml import etree

WIDTH = 99
INDENT = " " * 4
_VALUE = r"\"[^\"]*\"|'[^']*'"
_TAG = re.compile(rf"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<(?:{_VALUE}|[^\"'>])*>", re.DOTALL)
_ATTRIBUTE = re.compile(rf"([\w.:-]+)\s*=\s*({_VALUE})")


def formatted(text: str) -> str:
    """The same document, with its tags laid out."""
    done, position, depth, before = "", 0, 0, ""
    for match in _TAG.finditer(text):
        tag = match[0]
        depth -= tag.startswith("</")
        done += _between(text[position : match.start()], before, tag, depth)
        done += _laid_out(tag, done.rpartition("\n")[2])
        depth += _opens(tag)
        position, before = match.end(), tag
    done = done.rstrip() + "\n"
    if _meaning(done) != _meaning(text):
        raise ValueError("the formatter would change what is meant")
    return done


def _between(text: str, before: str, after: str, depth: int) -> str:
    """What stands between two tags; where that is nothing but blanks, the new line."""
    if text.strip() or "\n" not in text:
        return text
    at_an_end = _opens(before) or after.startswith("</")
    return "\n" * (1 if at_an_end else min(text.count("\n"), 2)) + INDENT * depth


def _laid_out(tag: str, line: str) -> str:
    """A tag in one line; where that is too long, each attribute in a line of its own.

    :param line: what stands before it
    """
    if tag.startswith(("</", "<!", "<?")):
        return tag
    name = tag.strip("</>").split()[0]
    attributes = [f"{key}={value}" for key, value in _ATTRIBUTE.findall(tag)]
    end = "/>" if tag.endswith("/>") else ">"
    flat = " ".join([f"<{name}", *attributes]) + end.replace("/", " /")
    if line.strip() or not attributes or ("\n" not in flat and len(line + flat) <= WIDTH):
        return flat
    return "\n".join(
        [f"<{name}", *(f"{line}{INDENT}{attribute}" for attribute in attributes), f"{line}{end}"]
    )


def _opens(tag: str) -> bool:
    return bool(tag) and not tag.startswith(("</", "<!", "<?")) and not tag.endswith("/>")


def _meaning(text: str) -> bytes:
    parser = etree.XMLParser(remove_blank_text=True)
    return etree.tostring(etree.fromstring(text.encode(), parser), method="c14n")


def main() -> int:
    """Format the files, or say which are not formatted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("files", nargs="+", type=Path)
    options = parser.parse_args()
    status = 0
    for path in options.files:
        text = path.read_text()
        if text == formatted(text):
            continue
        if options.check:
            print(f"{path}: make lint ARGS=--fix formats it")
            status = 1
        else:
            path.write_text(formatted(text))
    return status


if __name__ == "__main__":
    sys.exit(main())
