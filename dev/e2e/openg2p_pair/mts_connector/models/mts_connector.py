# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class MtsConnector(models.Model):
    _name = "mts.connector"
    _description = "Connector of OpenG2P"

    name = fields.Char(required=True)
    mts_url = fields.Char(required=True)
    input_type = fields.Selection([("odk", "ODK"), ("custom", "Custom")], required=True)
    mapping = fields.Text(required=True)
    output_type = fields.Selection([("json", "JSON")], required=True, default="json")
    output_format = fields.Text()
    delivery_type = fields.Selection([("callback", "Callback")], required=True, default="callback")
    lang_code = fields.Char(required=True, default="eng")
    job_status = fields.Selection(
        [
            ("draft", "Draft"),
            ("started", "Started"),
            ("running", "Running"),
            ("completed", "Completed"),
        ],
        required=True,
        default="draft",
    )
    is_recurring = fields.Selection(
        [("recurring", "Recurring"), ("onetime", "One time")], required=True
    )
    cron_id = fields.Many2one("ir.cron")
    start_datetime = fields.Datetime()
    end_datetime = fields.Datetime()
    interval_minutes = fields.Integer()
    odk_base_url = fields.Char()
    odk_odata_url = fields.Char()
    odk_email = fields.Char()
    odk_password = fields.Char()
    callback_url = fields.Char()
    callback_httpmethod = fields.Selection(
        [("POST", "POST"), ("PUT", "PUT"), ("GET", "GET"), ("PATCH", "PATCH")]
    )
    callback_timeout = fields.Integer(default=10)
    callback_authtype = fields.Selection([("odoo", "Odoo")])
    callback_auth_url = fields.Char()
    callback_auth_database = fields.Char()
    callback_auth_username = fields.Char()
    callback_auth_password = fields.Char()
