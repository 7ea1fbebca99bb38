# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError

# The settings that people type, which the form judges while they do.
TYPED = (
    "mts_url",
    "lang_code",
    "search_domain",
    "selected_fields",
    "mapping",
    "output_format",
    "callback_url",
    "callback_auth_url",
    "odk_url",
    "odk_odata_url",
)


def _problem():
    return fields.Text(
        compute="_compute_problems",
        groups="mts_connector.group_manager",
        help="Why the setting above cannot be saved as it stands.",
    )


class MtsSettingProblems(models.AbstractModel):
    """Says at a setting, before it is saved, what saving it would say."""

    _name = "mts.setting.problems"
    _description = "Problems with the Settings"
    _inherit = "mts.odk.settings"

    mts_url_problem = _problem()
    lang_code_problem = _problem()
    search_domain_problem = _problem()
    selected_fields_problem = _problem()
    mapping_problem = _problem()
    output_format_problem = _problem()
    callback_url_problem = _problem()
    callback_auth_url_problem = _problem()
    odk_url_problem = _problem()
    odk_odata_url_problem = _problem()

    @api.depends(*TYPED, "callback_in_bulk", "callback_auth_type", "input_type")
    def _compute_problems(self):
        for connector in self:
            problems = connector._problems()
            for setting in TYPED:
                connector[f"{setting}_problem"] = problems.get(setting, False)

    def _problems(self):
        """Return ``{setting: message}`` of what the checks on saving would refuse."""
        problems = {}
        for check in self._constraint_methods:
            if set(check._constrains) & set(TYPED):
                try:
                    check(self)
                except ValidationError as error:
                    # A check of another addon may not say which setting it is about.
                    problems[getattr(error, "setting", None)] = str(error)
        return problems
