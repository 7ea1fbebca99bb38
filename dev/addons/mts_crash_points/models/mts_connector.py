# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

from ..transactions import watch_commit


class MtsConnector(models.Model):
    _inherit = "mts.connector"

    def _start_run(self, trigger, scope="due"):
        run = super()._start_run(trigger, scope)
        watch_commit(self.env, trigger)
        return run

    @api.model
    def _remove_orphaned_crons(self):
        result = super()._remove_orphaned_crons()
        watch_commit(self.env, "orphans")
        return result

    @api.model
    def _cron_work(self):
        result = super()._cron_work()
        watch_commit(self.env, "cron")
        return result
