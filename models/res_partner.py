from odoo import _, api, fields, models
from odoo.tools import html2plaintext

from ..mts import message


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
        super().init()
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

    @api.depends("mosip_auth_token")
    def _compute_mosip_duplicate_count(self):
        tokens = [token for token in self.mapped("mosip_auth_token") if token]
        groups = self.read_group(
            [("mosip_auth_token", "in", tokens)], ["mosip_auth_token"], ["mosip_auth_token"]
        )
        counts = {
            group["mosip_auth_token"]: group["mosip_auth_token_count"] for group in groups
        }
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
        texts = [records._mts_field_text(record, name) for record in records]
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
