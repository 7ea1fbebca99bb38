# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import psycopg2
from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import html2plaintext

from ..mts import message
from ..mts.redact import redact
from ..mts.settings import SettingError, shown
from ..token_field import TokenField, own_token
from .base import GUARDED

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

# What a token comes with.
OURS = frozenset(("mosip_vid", "mosip_auth_token", "mosip_token_at"))

MASK = "•"
SHOWN_DIGITS = 4


def _texts(domain):
    """Yield the texts that are searched for."""
    for leaf in domain:
        value = leaf[-1] if isinstance(leaf, (list, tuple)) and leaf else None
        for text in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(text, str):
                yield text


def masked(vid):
    """Return the VID with its last digits only; False for none."""
    hidden = max(len(vid) - SHOWN_DIGITS, SHOWN_DIGITS) if vid else 0
    return MASK * hidden + vid[hidden:] if vid else False


class ResPartner(models.Model):
    """A registrant: the VID and token that are kept on the contact, and where they may be seen."""

    _name = "res.partner"
    _inherit = ["res.partner", "mts.registrant.form"]

    mosip_vid = fields.Char(
        "MOSIP VID",
        copy=False,
        groups="mts_connector.group_manager",
        help="The number that the person got from MOSIP. It is deleted as soon as the token is "
        "there.",
    )
    mosip_vid_masked = fields.Char(
        "Masked MOSIP VID",
        compute="_compute_mosip_vid_masked",
        inverse="_inverse_mosip_vid_masked",
        copy=False,
        groups="mts_connector.group_user",
        help="The number that the person got from MOSIP, of which only the last four digits are "
        "shown. Type the whole number to replace it. It is deleted as soon as the token is there.",
    )
    mosip_auth_token = TokenField(
        "MOSIP Token",
        copy=False,
        groups="mts_connector.group_user",
        help="What MOSIP calls this person towards this registry: the same each time, so that two "
        "registrants with one token are one person.",
    )
    mosip_token_at = fields.Datetime(
        "MOSIP Token Since",
        readonly=True,
        copy=False,
        groups="mts_connector.group_user",
        help="When the token came in.",
    )
    mosip_has_token = fields.Boolean(
        "Has a MOSIP Token",
        compute="_compute_mosip_has_token",
        groups="mts_connector.group_user",
        help="Whether a token is there, wherever the registry keeps it.",
    )
    mosip_to_do = fields.Text(
        "MOSIP: What to Do",
        compute="_compute_mosip_to_do",
        groups="mts_connector.group_user",
        help="What keeps this registrant from a token, and what to do about it.",
    )
    mts_record_ids = fields.One2many(
        "mts.record", "partner_id", "MOSIP Records", groups="mts_connector.group_user"
    )

    def _auto_init(self):
        result = super()._auto_init()
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
        return result

    # -- who may see and change what -------------------------------------------------------------

    @api.depends("mosip_vid")
    def _compute_mosip_vid_masked(self):
        vids = self._read_mosip("_read_vids", self._mosip_store())
        for partner in self:
            partner.mosip_vid_masked = masked(vids.get(partner._origin.id))

    def _inverse_mosip_vid_masked(self):
        store = self._mosip_store()
        vids = self._read_mosip("_read_vids", store)
        for partner in self:
            typed = (partner.mosip_vid_masked or "").strip()
            if typed == (masked(vids.get(partner.id)) or ""):
                continue
            if MASK in typed:
                raise UserError(
                    _("Type the whole MOSIP VID: with %s in it, it cannot be used.", MASK)
                )
            store._write_vid(partner.sudo(), typed or False)
        self.invalidate_cache(["mosip_vid_masked"], self.ids)

    @api.model
    def _mosip_store(self):
        """Return the identity store for VIDs that people look at and type in.

        Connectors may use several, while a registry goes over from one to another.
        """
        mine = [("company_id", "=", self.env.company.id)]
        stores = self.env["mts.connector"].sudo()._stores(mine)
        return max(stores, key=lambda store: store._precedence)

    def _read_mosip(self, method, store):
        """Return ``{id: VID or token}`` of those whom this user may read.

        Odoo asks for a field's groups on its ways to read, but not where a method of the ORM that
        is open to RPC gets at a field that is computed.

        :param method: that of the identity store which reads it
        """
        if not (self.env.su or self.user_has_groups("mts_connector.group_user")):
            return {}
        return getattr(store, method)(self._origin._filter_access_rules("read").sudo())

    @api.depends("mosip_auth_token")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_mosip_has_token(self):
        tokens = self._read_mosip("_read_tokens", self._mosip_store())
        for partner in self:
            partner.mosip_has_token = partner._origin.id in tokens

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_mosip_written(vals)
        return super().create([self.browse()._with_token_time(vals) for vals in vals_list])

    def write(self, vals):
        self._check_mosip_written(vals)
        return super().write(self._with_token_time(vals))

    def _with_token_time(self, vals):
        """Note when another token comes, however it does."""
        token = vals.get("mosip_auth_token")
        if "mosip_auth_token" not in vals or "mosip_token_at" in vals:
            return vals
        if self and not self._with_other_token({id_: own_token(token, id_) for id_ in self.ids}):
            return vals
        now = fields.Datetime.now() if token else False
        if self and all(partner.mosip_token_at == now for partner in self._as_superuser()):
            return vals
        return {**vals, "mosip_token_at": now}

    def _with_other_token(self, tokens):
        """Return those of these contacts who do not have the token yet.

        :param tokens: ``{partner id: token}``
        """
        return self._as_superuser().filtered(
            lambda partner: (partner.mosip_auth_token or False) != (tokens[partner.id] or False)
        )

    def _as_superuser(self):
        return self if self.env.su else self.sudo()

    @api.model
    def _check_mosip_written(self, vals):
        """Refuse to let a user write what is not for that user.

        Odoo does not check the groups of fields when a record is created. And the token is
        MOSIP's word, which only a manager may correct.
        """
        names = [name for name in GUARDED if name in vals]
        if self.env.su or not names:
            return
        self.check_field_access_rights("write", names)
        if "mosip_token_at" in names:
            raise AccessError(_("When a MOSIP token came in is not for anybody to change."))
        manager = self.user_has_groups("mts_connector.group_manager")
        if "mosip_auth_token" in names and not manager:
            raise AccessError(_("Only a manager of the MTS Connector may change a MOSIP token."))

    @api.model
    def _add_missing_default_values(self, values):
        # A user can make up defaults, in the context or in ir.default, which nobody checks.
        result = super()._add_missing_default_values(values)
        for name in GUARDED:
            if name not in values:
                result.pop(name, None)
        return result

    # -- where it stands -------------------------------------------------------------------------

    @api.depends("mosip_auth_token", "mts_record_ids.state")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_mosip_to_do(self):
        for partner in self:
            records = partner.mts_record_ids.filtered(
                lambda record, token=partner.mosip_has_token: (
                    record.state == "conflict" or (record.state == "rejected" and not token)
                )
            )
            lines = [record._to_do() for record in records]
            partner.mosip_to_do = "\n".join(dict.fromkeys(lines))

    # -- what is written along -------------------------------------------------------------------

    def _children_sync(self, values):
        # Whoever works for a registrant has neither that VID nor that token. Without this Odoo
        # would look for such contacts of each registrant whose token comes.
        return None if OURS.issuperset(values) else super()._children_sync(values)

    def _mts_written_along(self):
        """Return the contacts whose rows the registry writes whenever it writes these.

        OpenG2P does so with the groups of a member. Registries may override this.
        """
        if "individual_membership_ids" not in self._fields:
            return self.browse()
        return self.individual_membership_ids.group

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
                raise SettingError(
                    _("“%(path)s” is no field that a contact leads to"), path=shown(path)
                )
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
            # PostgreSQL goes on with the whole statement, and both quote what is searched for.
            reason = redact(str(error).partition("\n")[0], _texts(domain))
            raise SettingError(_("it cannot be searched: %(reason)s"), reason=reason) from None

    def _mts_records(self, paths):
        """Return what is sent of each of these registrants: nested objects of texts, empty values
        left out.

        :param paths: field names, or dotted paths
        """
        columns = self._mts_columns(paths)
        return [
            message.nest((path, columns[path][place]) for path in paths)
            for place in range(len(self))
        ]

    def _mts_columns(self, paths):
        """Return ``{path: texts}``: what is sent of these registrants, a text of each."""
        names = {path.partition(".")[0] for path in paths}
        # These and no others: by itself Odoo would read all that a contact has.
        self._read([name for name in names if self._fields[name].store])
        columns = {path: self._mts_texts(path) for path in paths}
        for path, texts in columns.items():
            if len(texts) != len(self):
                # What belongs to one must not be sent of another.
                raise ValueError(f"_mts_texts({path!r}) has to return a text of each registrant")
        return columns

    def _mts_texts(self, path):
        """Return the value at the path as MTS takes it, or None, of each of these registrants.

        Registries may override this.
        """
        *parents, name = path.split(".")
        if parents or self._fields[name].relational:
            return [partner._mts_joined(parents, name) for partner in self]
        texts = [self._mts_value(self._fields[name], value) for value in self.mapped(name)]
        if path == "phone" and "phone_number_ids" in self._fields:
            # OpenG2P writes all numbers of a person into this field, and MOSIP knows one.
            texts = [(text and text.partition(",")[0].strip()) or None for text in texts]
        return texts

    def _mts_joined(self, parents, name):
        """Return one text of all that a path leads to."""
        records = self.mapped(".".join(parents)) if parents else self
        texts = [self._mts_value(record._fields[name], record[name]) for record in records]
        return ", ".join(text for text in texts if text) or None

    @api.model
    def _mts_value(self, field, value):
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
