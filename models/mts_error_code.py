# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re
from datetime import timedelta

from odoo import _, api, fields, models

# In a compound message MOSIP's errors stand as CODE::message pairs.
_PAIR = re.compile(r"([A-Z]{2,5}[-_][A-Z]{2,5}[-_][0-9]{1,4})::")

POLICIES = [
    ("fix_data", "Correct the data"),
    ("new_vid", "New VID needed"),
    ("final", "Refused for good"),
    ("transient", "Sent again by itself"),
    ("config", "Connector set up wrongly: sending stops"),
    ("operator", "MTS or MOSIP set up wrongly: sending stops"),
    ("compound", "Several errors in one"),
    ("none", "Nothing to do"),
]

# MTS's names of what it gets of a person, in the words of people.
MTS_FIELDS = [
    ("vid", "MOSIP VID"),
    ("name", "Name"),
    ("gender", "Gender"),
    ("dob", "Date of birth"),
    ("phoneNumber", "Phone"),
    ("emailId", "E-mail"),
    ("fullAddress", "Address"),
]

# After a passing fault the same data is sent again after 15 minutes, an hour, four hours … and
# never later than after some forty days.
RETRY_PAUSE = timedelta(minutes=15)
LAST_GROWTH = 6


class MtsErrorCode(models.Model):
    """What an error code of MTS or MOSIP means, and what has to be done about it."""

    _name = "mts.error.code"
    _description = "MTS Error Code"
    _order = "code"

    code = fields.Char(
        required=True,
        help="The code as MTS or MOSIP sends it. A trailing * stands for any ending, a * alone "
        "for all codes that are not in the list.",
    )
    name = fields.Char("Meaning", required=True, translate=True)
    policy = fields.Selection(
        POLICIES,
        required=True,
        default="fix_data",
        help="What the connector does with a registrant who is refused with this code.",
    )
    advice = fields.Char(
        required=True, translate=True, help="What a person is told to do about it."
    )
    mts_field = fields.Selection(
        MTS_FIELDS,
        "Field in Question",
        help="What has to be corrected. Leave it empty where the message names it.",
    )

    _sql_constraints = [("code_unique", "unique(code)", "This code exists already.")]

    def name_get(self):
        return [
            (
                error.id,
                _("%(advice)s (%(code)s)", advice=error.advice, code=error._code_in_words()),
            )
            for error in self
        ]

    def _code_in_words(self):
        if self.code == "*":
            return _("any other code")
        return _("%s…", self.code[:-1]) if self.code.endswith("*") else self.code

    @api.model
    def _find(self, code, message=""):
        """Return the entry that decides about an answer, and the code that it is about.

        The entry is empty where the code is in no table.

        :param code: the code of the answer
        :param message: its message, which may hold ``CODE::message`` pairs
        """
        found = self._match(code)
        if found.policy != "compound":
            return found, code
        parts = [part.replace("_", "-") for part in _PAIR.findall(message)]
        inner = [(self._match(part), part) for part in parts]
        order = self._precedence()
        inner = [pair for pair in inner if pair[0].policy in order]
        return min(inner, key=lambda pair: order.index(pair[0].policy), default=(found, code))

    @api.model
    def _match(self, code):
        exact = self.search([("code", "=", code)], limit=1)
        if exact:
            return exact
        patterns = self.search([("code", "=like", "%*")])
        matching = patterns.filtered(lambda pattern: code.startswith(pattern.code[:-1]))
        return matching.sorted(lambda pattern: -len(pattern.code))[:1]

    # -- what a policy means; an addon that adds one overrides these ------------------------------

    @api.model
    def _precedence(self):
        """Return the policies in the order in which one of several errors in an answer decides.

        A fault that stops everybody comes before one person's, and one that can never be mended
        before one that can.
        """
        return ["operator", "config", "final", "new_vid", "fix_data", "transient", "none"]

    def _stops_sending(self):
        """Tell whether the next registrant would meet the same fault."""
        return self.policy in ("operator", "config")

    def _retry_pause(self, attempts):
        """Return after which time the same data is sent again by itself; None where it is not.

        :param attempts: how often it has been sent
        """
        if self.policy != "transient":
            return None
        return RETRY_PAUSE * 4 ** min(attempts - 1, LAST_GROWTH)
