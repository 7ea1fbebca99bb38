# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What has to happen when the addon comes and goes."""

from odoo import SUPERUSER_ID, api

from . import log_filter
from .controllers import callback_request
from .models.mail_render_mixin import EDITORS
from .models.mts_activities import KINDS


def post_load():
    """Have deliveries received by a request class of our own, and calls logged without data."""
    callback_request.install()
    log_filter.install()


def post_init_hook(cr, _registry):
    """Close what Odoo leaves open to everybody who works with it."""
    leave_templates_to_administrators(cr)


def leave_templates_to_administrators(cr):
    """Leave it to administrators to write templates, by which anything can be read.

    Odoo 15 has a setting for it, *Restrict Template Rendering*, which takes the right from
    users to come. Odoo 14 has none: see ``models/mail_render_mixin.py``.
    """
    env = api.Environment(cr, SUPERUSER_ID, {"active_test": False})
    editors = env.ref(EDITORS, raise_if_not_found=False)
    if editors:
        env["ir.config_parameter"].set_param("mail.restrict.template.rendering", "True")
        others = editors.users - env.ref("base.group_system").users
        editors.write({"users": [(3, user.id) for user in others]})


def uninstall_hook(cr, _registry):
    """Remove what would be left behind.

    Odoo would refuse to delete a model that a scheduled job still calls, or an activity's type.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    connectors = env["mts.connector"].with_context(active_test=False).search([])
    connectors._remove_cron()
    connectors._remove_jobs()
    env["mts.connector"]._remove_orphaned_crons()
    cr.execute("DROP INDEX IF EXISTS g2p_reg_id_mts_index")
    kinds = [env.ref(kind, raise_if_not_found=False) for kind in KINDS]
    kinds = [kind.id for kind in kinds if kind]
    env["mail.activity"].search([("activity_type_id", "in", kinds)]).unlink()
