import psycopg2
from odoo import _, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext

from ..mts import message
from ..mts.settings import SettingError

# What Odoo and PostgreSQL raise on a domain that makes no sense.
UNSEARCHABLE = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    psycopg2.Error,
    UserError,
)


class ResPartner(models.Model):
    _inherit = "res.partner"

    mosip_vid = fields.Char(
        "MOSIP VID",
        copy=False,
        groups="mts_connector.group_user",
        help="The number that the person got from MOSIP. It is deleted as soon as the token is "
        "there.",
    )
    mosip_auth_token = fields.Char(
        "MOSIP Token",
        copy=False,
        groups="mts_connector.group_user",
        help="What MOSIP calls this person towards this registry: the same each time, so that two "
        "registrants with one token are one person.",
    )
    mosip_duplicate_count = fields.Integer(
        "Possible Duplicates",
        compute="_compute_mosip_duplicate_count",
        search="_search_mosip_duplicate_count",
        groups="mts_connector.group_user",
        help="Other registrants with the same MOSIP token.",
    )
    mts_record_ids = fields.One2many(
        "mts.record", "partner_id", "MOSIP Records", groups="mts_connector.group_user"
    )

    def init(self):
        # Partial, so that they stay small and cost nothing for contacts without a VID or token:
        # the first finds who is due, the second who changed, the third who is there twice.
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS res_partner_mts_due_index
                ON res_partner (id)
                WHERE mosip_vid IS NOT NULL AND mosip_auth_token IS NULL;
            CREATE INDEX IF NOT EXISTS res_partner_mts_changed_index
                ON res_partner (write_date)
                WHERE mosip_vid IS NOT NULL AND mosip_auth_token IS NULL;
            CREATE INDEX IF NOT EXISTS res_partner_mosip_auth_token_index
                ON res_partner (mosip_auth_token)
                WHERE mosip_auth_token IS NOT NULL;
            """
        )
        return super().init()

    @api.depends("mosip_auth_token")
    def _compute_mosip_duplicate_count(self):
        tokens = [token for token in self.mapped("mosip_auth_token") if token]
        groups = self.read_group(
            [("mosip_auth_token", "in", tokens)], ["mosip_auth_token"], ["mosip_auth_token"]
        )
        counts = {group["mosip_auth_token"]: group["mosip_auth_token_count"] for group in groups}
        for partner in self:
            partner.mosip_duplicate_count = max(counts.get(partner.mosip_auth_token, 0) - 1, 0)

    @api.model
    def _search_mosip_duplicate_count(self, operator, value):
        """Support "has duplicates" and "has none", which is what a filter needs."""
        if (operator, value) not in ((">", 0), ("!=", 0), ("=", 0)):
            raise ValueError(_("Only “has duplicates” and “has none” can be searched."))
        self.env["res.partner"].flush(["mosip_auth_token", "active"])
        inside = "not inselect" if operator == "=" else "inselect"
        duplicates = """
            SELECT id FROM res_partner WHERE mosip_auth_token IN (
                SELECT mosip_auth_token FROM res_partner
                WHERE mosip_auth_token IS NOT NULL AND active
                GROUP BY mosip_auth_token HAVING count(*) > 1
            )
        """
        return [("id", inside, (duplicates, []))]

    # -- what is sent to MTS ---------------------------------------------------------------------

    @api.model
    def _mts_fields(self, path):
        """Return the fields that a dotted path leads through, as a list of (model, field).

        :raises SettingError: where it leads nowhere
        """
        found, model = [], self
        for name in path.split("."):
            field = model._fields.get(name) if model is not None else None
            if field is None:
                raise SettingError(_("“%(path)s” is no field that a contact leads to"), path=path)
            found.append((model, field))
            model = self.env[field.comodel_name] if field.relational else None
        return found

    @api.model
    def _mts_check_paths(self, paths):
        """Refuse what cannot be sent, or what this user may not read: it is sent as superuser.

        :raises SettingError: with the reason
        """
        for path in paths:
            for model, field in self._mts_fields(path):
                if field.type == "binary":
                    raise SettingError(_("“%(path)s” is a file, which MTS cannot take"), path=path)
                if not self._mts_may_read(model, field):
                    raise SettingError(_("you may not read “%(path)s”"), path=path)

    @api.model
    def _mts_may_read(self, model, field):
        if self.env.su:
            return True
        allowed = not field.groups or self.user_has_groups(field.groups)
        return allowed and model.check_access_rights("read", raise_exception=False)

    @api.model
    def _mts_check_domain(self, domain):
        """Refuse a domain that cannot be searched.

        :raises SettingError: with the reason
        """
        for leaf in domain:
            if isinstance(leaf, (list, tuple)) and leaf and isinstance(leaf[0], str):
                _model, field = self._mts_fields(leaf[0])[-1]
                if not field._description_searchable:
                    # Odoo would pass over it and find everybody.
                    raise SettingError(_("“%(path)s” cannot be searched"), path=leaf[0])
        try:
            with self.env.cr.savepoint(flush=False):
                self._flush_search(domain)
                query = self._where_calc(domain)
                query.limit = 1
                statement, params = query.select()
                self.env.cr.execute(statement, params, log_exceptions=False)
        except UNSEARCHABLE as error:
            # PostgreSQL goes on with the whole statement.
            reason = str(error).partition("\n")[0]
            raise SettingError(_("it cannot be searched: %(reason)s"), reason=reason) from error

    def _mts_record(self, paths):
        """Return what is sent of this registrant: nested objects of texts, empty values left out.

        :param paths: field names, or dotted paths
        """
        self.ensure_one()
        return message.nest((path, self._mts_text(path)) for path in paths)

    def _mts_text(self, path):
        """Return the value at the path as MTS takes it, or None. Registries may override this."""
        *parents, name = path.split(".")
        records = self.mapped(".".join(parents)) if parents else self
        texts = [self._mts_field_text(record, name) for record in records]
        return ", ".join(text for text in texts if text) or None

    @api.model
    def _mts_field_text(self, record, name):
        field = record._fields[name]
        value = record[name]
        if field.type == "boolean":
            return "true" if value else "false"
        if field.relational:
            return ", ".join(value.mapped("display_name")) or None
        if field.type == "reference":
            return message.as_text(value and value.display_name)
        if field.type == "html":
            return message.as_text(value and html2plaintext(value))
        if field.type in ("integer", "float", "monetary"):
            return str(value)
        return message.as_text(value)
