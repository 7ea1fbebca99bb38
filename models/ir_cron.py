# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

from ..background import rounds


class IrCron(models.Model):
    """Lets a scheduled job know in which round of the scheduler it runs."""

    _inherit = "ir.cron"

    @classmethod
    def _process_job(cls, *args):
        # On Odoo 15 the second is the cursor of the scheduler's round. On 14, which executes each
        # job once in a round, it is the job as it was read, another object each time.
        with rounds.taking_part_in(args[1]):
            return super()._process_job(*args)
