# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import math

from odoo import _, api, fields, models

from ..mts.settings import SettingError, shown
from ..mts.text import MAX_DIGITS, storable
from .base import GUARDED

SETTABLE = ("char", "text", "selection", "date", "integer", "float", "boolean")

# What would make of a registrant something else, or hide it.
FORBIDDEN = (*GUARDED, "active", "is_company", "type", "is_group", "lang", "tz", "barcode")


class MtsFormValues(models.AbstractModel):
    """Answers of a form as values of a registrant.

    They were typed by somebody in the field: each is looked at, and what cannot be used is refused
    by the name of its field.
    """

    _name = "mts.form.values"
    _description = "Values of a Registrant from a Form"

    @api.model
    def _check_settable(self, names):
        """Refuse fields that a submission must not set, or that this user may not write.

        :raises SettingError: with the reason
        """
        partners = self.env["res.partner"]
        for name in names:
            field = partners._fields.get(name)
            if not field:
                raise SettingError(_("a contact has no field “%(name)s”"), name=shown(name))
            if not self._is_settable(field):
                raise SettingError(_("“%(name)s” is not for a submission to set"), name=name)
            may_write = self.env.su or (
                (not field.groups or self.user_has_groups(field.groups))
                and partners.check_access_rights("write", raise_exception=False)
            )
            if not may_write:
                raise SettingError(_("you may not change “%(name)s”"), name=name)

    @api.model
    def _is_settable(self, field):
        return (
            field.type in SETTABLE
            and field.store
            and not field.readonly
            and not field.automatic
            and field.name not in FORBIDDEN
        )

    @api.model
    def _converted(self, values, allowed):
        """Return ``{field: value}`` of what can be used, and the names of the others.

        Questions without an answer are left out.

        :param values: what the output format has made of a submission
        :param allowed: the names of the fields that may be set
        """
        known = self.env["res.partner"]._fields
        good, refused = {}, []
        for name, value in values.items():
            if value is None or value == "":
                continue
            try:
                if name not in allowed or not self._is_settable(known[name]):
                    raise ValueError("not to be set")
                if isinstance(value, float) and not math.isfinite(value):
                    raise ValueError("no number")
                good[name] = getattr(self, f"_{known[name].type}_from")(known[name], value)
            except (KeyError, ValueError, TypeError):
                # Not the words of the error, which quote the value.
                refused.append(shown(storable(name)))
        return good, refused

    @api.model
    def _char_from(self, _field, value):
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise ValueError("no text")
        return storable(str(value)).strip()

    _text_from = _char_from

    @api.model
    def _selection_from(self, field, value):
        """Return the choice, whatever its case: forms are not always strict about it."""
        wanted = str(value).strip().casefold()
        choices = {str(choice).casefold(): choice for choice in field.get_values(self.env)}
        return choices[wanted]

    @api.model
    def _date_from(self, _field, value):
        return fields.Date.to_date(str(value)[:10].replace("/", "-"))

    @api.model
    def _integer_from(self, _field, value):
        if isinstance(value, str) and len(value) > MAX_DIGITS:
            raise ValueError("too large")
        number = int(value)
        if not -(2**31) <= number < 2**31:
            raise ValueError("too large")
        return number

    @api.model
    def _float_from(self, _field, value):
        number = float(value)
        if not math.isfinite(number):
            raise ValueError("no number")
        return number

    @api.model
    def _boolean_from(self, _field, value):
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        return words[str(value).strip().casefold()]
