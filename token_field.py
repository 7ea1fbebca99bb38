# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json

from odoo import fields
from psycopg2.extensions import AsIs

# Stands for the token of each contact while Odoo notes what changes. No contact can have it
# already: PostgreSQL keeps no such text.
_PLACEHOLDER = "\0"


class TokenOfEach:
    """What ``write`` gets for many contacts at once, each of which has a token of its own.

    Whoever overrides ``write`` may ask for the tokens of contacts in ``self``, with
    :func:`own_token`. It is no text: what takes it for one fails, and each contact is then written
    by itself, with its token as a text.

    :param tokens: ``{partner id: token}``
    """

    __slots__ = ("_tokens",)

    def __init__(self, tokens):
        self._tokens = tokens

    def of(self, partner_id):
        return self._tokens[partner_id]

    def __repr__(self):
        return "<a token of each contact>"

    def __str__(self):
        raise TypeError("each of these contacts has a token of its own")

    def __eq__(self, other):
        if not isinstance(other, TokenOfEach):
            raise TypeError("each of these contacts has a token of its own")
        return self._tokens == other._tokens

    __hash__ = None


def own_token(value, partner_id):
    """Return the token that a contact gets by what ``write`` has as value of the field."""
    return value.of(partner_id) if isinstance(value, TokenOfEach) else value


class TokenField(fields.Char):
    """A text that can also be written as a :class:`TokenOfEach`."""

    __slots__ = ()

    def write(self, records, value):
        if not isinstance(value, TokenOfEach):
            return super().write(records, value)
        # Before anything is noted: whoever has none must not be left with what stands for it.
        tokens = {id_: value.of(id_) for id_ in records.ids}
        records = super().write(records, _PLACEHOLDER)
        # Not the values of the dictionary: somebody may have written a contact twice.
        records.env.cache.update(records, self, [tokens[id_] for id_ in records.ids])
        # Odoo sends one statement for all records that get the same value. So here they do: an
        # expression by which PostgreSQL finds the value of each record.
        statement = records.env.cr.mogrify("(%s::jsonb ->> id::text)", [json.dumps(tokens)])
        found = AsIs(statement.decode())
        pending = records.env.all.towrite[records._name]
        for id_ in records.ids:
            pending[id_][self.name] = found
        return records
