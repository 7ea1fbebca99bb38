# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, models
from psycopg2 import sql

from .. import server_config

DATABASE, SERVER = "database", "server"


class MtsSecretMixin(models.AbstractModel):
    """Keeps secrets in columns that the ORM does not know, as Odoo does with user passwords.

    No field means no way to read, search, sort, group, export or copy them.
    """

    _name = "mts.secret.mixin"
    _description = "Secrets That Nobody Can Read"
    # The columns; each model says its own.
    _secrets = ()
    # Those of them that the server's configuration may hold instead, where it comes first.
    _configurable_secrets = ()

    def _auto_init(self):
        # Not in init, which anybody can call over RPC.
        result = super()._auto_init()
        for column in self._secrets:
            self._execute_on(
                "ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} varchar", column
            )
        return result

    def _secret(self, column):
        """Return one secret of this record, or an empty string."""
        self.ensure_one()
        return self._configured_secret(column) or self._stored_secret(column)

    def _secret_source(self, column):
        """Return where one secret of this record, which may be a new one, comes from, or False."""
        if self._configured_secret(column):
            return SERVER
        return DATABASE if self._stored_secret(column) else False

    def _configured_secret(self, column):
        if column not in self._configurable_secrets:
            return ""
        return server_config.get(column, self._origin.id)

    def _stored_secret(self, column):
        self._execute_on(
            "SELECT {column} FROM {table} WHERE id = ANY(%s)", column, self._origin.ids
        )
        row = self.env.cr.fetchone()
        return (row and row[0]) or ""

    def _set_secret(self, column, value):
        """Replace one secret of these records; None removes it."""
        self.flush()
        self._execute_on(
            "UPDATE {table} SET {column} = %s WHERE id = ANY(%s)", column, value, self.ids
        )

    def _forget_typed(self, column):
        """Keep what was typed in the field that is named as the column out of Odoo's cache."""
        self.invalidate_cache([column, f"{column}_source"], self.ids)

    def _check_secret_stays(self, column, url_fields, vals):
        """Have a secret typed in again where it would go to another URL.

        Whoever may change these records could have it sent to a place of their own, and read it
        there.

        :param url_fields: names of the fields that say where it goes
        :param vals: what is about to be written
        """
        for record in self:
            moves = any(vals.get(name, record[name]) != record[name] for name in url_fields)
            if moves and record._stored_secret(column):
                record._refuse(column, _("type it in again, since it would go to another URL"))

    def _execute_on(self, statement, column, *params):
        """Execute a statement in which table and column are left open."""
        names = {"table": sql.Identifier(self._table), "column": sql.Identifier(column)}
        self.env.cr.execute(sql.SQL(statement).format(**names), params, log_exceptions=False)
