# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re
from contextlib import contextmanager

import psycopg2
from odoo import _, api, models
from odoo.exceptions import AccessError, ValidationError

from ..background.transaction import quiet
from ..mts.redact import redact

# Fields of a contact that have groups. Odoo checks them when a field is read, but not when it is
# searched, sorted or grouped by, nor in all of exports and onchanges: without this anybody who can
# read contacts could find out a VID digit by digit, also by way of a model that leads to contacts.
GUARDED = (
    "mosip_vid",
    "mosip_vid_masked",
    "mosip_auth_token",
    "mosip_token_at",
    "mosip_has_token",
    "mosip_to_do",
    "mosip_duplicate_count",
    "mts_record_ids",
)
G2P_ID, G2P_TYPE = "g2p.reg.id", "g2p.id.type"

# The models whose rows hold VIDs and tokens.
WITH_VIDS = ("res.partner", G2P_ID)

_NAMES = re.compile(rf"\b(?:{'|'.join(GUARDED)})\b")


class Base(models.AbstractModel):
    """Keep VIDs and tokens from those who may not see them, and out of what is logged.

    On all models: contacts are reached by way of any of them, and OpenG2P's, which hold VIDs, may
    be missing, so that they cannot be inherited.
    """

    _inherit = "base"

    @api.model
    def _where_calc(self, domain, active_test=True):
        self._check_guarded(leaf[0] for leaf in domain if isinstance(leaf, (list, tuple)))
        return super()._where_calc(domain, active_test=active_test)

    @api.model
    def _generate_order_by(self, order_spec, query):
        self._check_guarded([order_spec])
        return super()._generate_order_by(order_spec, query)

    @api.model
    def _read_group_raw(self, domain, fields, groupby, *args, **kwargs):
        groupby = [groupby] if isinstance(groupby, str) else groupby
        self._check_guarded([*(fields or ()), *groupby])
        return super()._read_group_raw(domain, fields, groupby, *args, **kwargs)

    def write(self, vals):
        if self._name == G2P_TYPE and "name" in vals:
            # While it has the name that connectors know it by.
            self.env["mts.vid.type"].sudo()._remember_named()
        return super().write(vals)

    def onchange(self, values, field_name, field_onchange):
        # Odoo asks for no groups of what it computes or reads of the lines that it is told of.
        self._check_guarded(field_onchange)
        with self._quoting_no_id(values.get("value")):
            return super().onchange(values, field_name, field_onchange)

    def _validate_fields(self, *args, **kwargs):
        # OpenG2P lets nobody have two IDs of one type; those that the user may not see count.
        checked = self.sudo() if self._name == G2P_ID else self
        with self._quoting_no_id():
            return super(Base, checked)._validate_fields(*args, **kwargs)

    @contextmanager
    def _quoting_no_id(self, typed=None):
        """Take the number out of what OpenG2P says of an ID, since Odoo logs what is said.

        :param typed: a number that is not saved yet
        """
        try:
            yield
        except ValidationError as error:
            if self._name != G2P_ID:
                raise
            values = [str(typed or ""), *self.sudo().mapped("value")]
            raise ValidationError(redact(str(error), values)) from None

    # Where statements are executed, since Odoo puts off most of what is written.

    @api.model
    def _create(self, data_list):
        with self._quoting_no_row():
            return super()._create(data_list)

    def _write(self, vals):
        with self._quoting_no_row():
            return super()._write(vals)

    def unlink(self):
        with self._quoting_no_row():
            return super().unlink()

    @contextmanager
    def _quoting_no_row(self):
        """Keep VIDs and tokens out of what is said of a statement that fails, whatever it writes.

        Odoo logs it with its values, and PostgreSQL quotes the whole row. Code and name of the
        constraint stay, by which Odoo finds its own words.
        """
        if self._name not in WITH_VIDS:
            yield
            return
        with quiet(self.env.cr):
            try:
                yield
            except psycopg2.Error as error:
                name = error.diag.constraint_name or type(error).__name__
                error.args = (_("The registry does not take the change (%s).", name),)
                raise

    def export_data(self, fields_to_export):
        # Odoo checks the groups only of what is not in its cache yet.
        self._check_guarded(fields_to_export)
        return super().export_data(fields_to_export)

    @api.model
    def _check_guarded(self, texts):
        """Refuse what the user may not see.

        :param texts: field names, dotted paths, or whatever else has field names in it
        """
        if self.env.su:
            return
        for text in texts:
            for name in _NAMES.findall(text) if isinstance(text, str) else ():
                groups = self.env["res.partner"]._fields[name].groups
                if groups and not self.user_has_groups(groups):
                    raise AccessError(
                        _("“%s” is not for you to see, nor to search or group by.", name)
                    )
