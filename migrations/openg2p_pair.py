# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Take over from OpenG2P's pair of addons, ``mts_connector`` and ``g2p_mts``.

The first has our name and other fields. What there is tells it, not its version.
"""

import logging

from odoo import _
from odoo.exceptions import UserError
from odoo.modules.module import get_module_path
from odoo.tools import sql

from . import openg2p_connector

_logger = logging.getLogger(__name__)

EXTENSION = "g2p_mts"
# Both are under noupdate: Odoo would leave them, and they name a field that is gone.
RULES = ("mts_running_conf_no_delete", "mts_not_running_conf_delete")
# What their scheduled jobs call.
CALLS = ("mts_onetime_action", "delete_vids_if_token")


def is_there(cr):
    return sql.column_exists(cr, "mts_connector", "is_recurring")


def made_room(cr):
    return sql.table_exists(cr, openg2p_connector.TABLE)


def make_room(env):
    """Set their connectors aside, and remove what would break with the fields that it names."""
    if get_module_path(EXTENSION, display_warning=False):
        raise UserError(
            _(
                "The addon “%s” does not work with this one, which does all it did. Remove its "
                "folder from the addons path; its settings are taken over. Do not uninstall it.",
                EXTENSION,
            )
        )
    _remove_screens(env)
    for name in RULES:
        rule = env.ref(f"mts_connector.{name}", raise_if_not_found=False)
        if rule:
            rule.unlink()
    _remove_crons(env)
    # Odoo does the rest, at the end.
    extension = env["ir.module.module"].search([("name", "=", EXTENSION)])
    extension.filtered(lambda self: self.state != "uninstalled").state = "to remove"
    env["base"].flush()
    env.cr.execute("CREATE TABLE mts_connector_openg2p AS TABLE mts_connector")
    env.cr.execute("DROP TABLE mts_connector CASCADE")


def _remove_screens(env):
    views = env["ir.ui.view"].with_context(active_test=False, _force_unlink=True)
    settings = env["ir.model.data"].search(
        [("module", "=", EXTENSION), ("model", "=", "ir.ui.view")]
    )
    mine = [("model", "=", "mts.connector")]
    views.search(["|", ("id", "in", settings.mapped("res_id")), *mine]).filtered(
        lambda view: not view.inherit_id or view.model != "mts.connector"
    ).unlink()
    views.search(mine).unlink()


def _remove_crons(env):
    crons = env["ir.cron"].with_context(active_test=False)
    for call in CALLS:
        for cron in crons.search(
            [("model_id.model", "=", "mts.connector"), ("code", "like", f"model.{call}(")]
        ):
            action = cron.ir_actions_server_id
            cron.unlink()
            action.unlink()


def bring_over(env):
    """Create their connectors anew, in state draft: a person has to look at them first."""
    # Whoever reads what is posted is told by nobody in which language.
    env = env(context={**env.context, "lang": env.company.partner_id.lang})
    for connector, lost in openg2p_connector.create_all(env):
        if lost:
            _logger.warning("Connector %s: could not be kept of OpenG2P's: %s", connector.id, lost)
    env.cr.execute("DROP TABLE mts_connector_openg2p")
    env["ir.config_parameter"].search([("key", "=like", f"{EXTENSION}.%")]).unlink()
