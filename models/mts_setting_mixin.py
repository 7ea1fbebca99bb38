# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from contextlib import contextmanager

from odoo import _, models
from odoo.exceptions import ValidationError

from ..mts.errors import Explained


class MtsSettingMixin(models.AbstractModel):
    """Says which setting cannot be used, and why, in the user's language."""

    _name = "mts.setting.mixin"
    _description = "Settings That Are Checked on Saving"

    def _refuse(self, field, reason):
        """Raise the error of a setting: which one, and why.

        :param reason: the rest of a sentence, translated, without a full stop
        """
        label = self._fields[field]._description_string(self.env)
        error = ValidationError(_("%(field)s: %(reason)s.", field=label, reason=reason))
        error.setting = field  # for whoever shows it at the field
        raise error

    @contextmanager
    def _checking(self, field):
        """Refuse the setting with the reason of whatever error of ``mts/`` comes up."""
        try:
            yield
        except Explained as error:
            self._refuse(field, self._explain(error))

    def _explain(self, error):
        """Return the words of an error of ``mts/``, which knows no languages, in the user's."""
        values = {
            name: self._explain(value) if isinstance(value, Explained) else value
            for name, value in error.values.items()
        }
        template = _(error.template)  # the texts are marked for translation where they stand
        return template % values

    def _check_between(self, ranges):
        """Refuse numbers out of range.

        :param ranges: ``{field: (least, most)}``
        """
        for field, (least, most) in ranges.items():
            if not least <= self[field] <= most:
                self._refuse(
                    field,
                    _("it must lie between %(least)s and %(most)s", least=least, most=most),
                )
