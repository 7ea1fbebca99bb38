# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

from ..crash import announce, reached
from ..transactions import watch_commit

announce(["submissions: before call"])


class MtsSubmission(models.Model):
    _inherit = "mts.submission"

    @api.model
    def _receive(self, items, delivered_for):
        reached("submissions: before call")
        result = super()._receive(items, delivered_for)
        watch_commit(self.env, "submissions")
        return result
