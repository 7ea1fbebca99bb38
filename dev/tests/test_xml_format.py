# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Tags are laid out, and nothing else is touched."""

import pytest

from lint.xml_format import formatted

LONG = "[('state', 'in', ('rejected', 'conflict', 'lost'))]"


def document(*lines):
    return "".join(f"{line}\n" for line in ("<odoo>", *lines, "</odoo>"))


@pytest.mark.parametrize(
    "lines",
    [
        ('<field\n  name="a"\n/>',),
        ('<field   name="a"/>',),
        ("", "", '<field name="a" />', "", ""),
    ],
)
def test_what_fits_stands_in_one_line(lines):
    assert formatted(document(*lines)) == document('    <field name="a" />')


def test_what_is_too_long_has_a_line_for_each_attribute():
    text = f'<filter name="done" domain="{LONG}" string="Those who need something" />'
    assert formatted(document(text)) == document(
        "    <filter",
        '        name="done"',
        f'        domain="{LONG}"',
        '        string="Those who need something"',
        "    />",
    )


def test_a_single_empty_line_is_left_between_tags():
    text = document("    <record />", "", "", "", "    <record />")
    assert formatted(text) == document("    <record />", "", "    <record />")


@pytest.mark.parametrize(
    "text",
    [
        "<p>\n  One text, <b>bold</b>\n      and more.\n</p>",
        "<!-- <record\n   id='x'/> -->",
        "<![CDATA[ <a   b='c'/> ]]>",
        '<t t-if="a > b">a  &gt; b</t>',
    ],
)
def test_texts_and_comments_are_left_alone(text):
    assert text.split("\n", 1)[-1].strip() in formatted(document(text))


def test_it_is_done_after_once():
    text = document("<record>", '<field name="a"/>', "</record>", "<!-- b -->", "<record/>")
    once = formatted(text)
    assert formatted(once) == once
