from psycopg2 import sql

from odoo import models


class MtsSecretMixin(models.AbstractModel):
    """Keeps secrets in columns that the ORM does not know, as Odoo does with user passwords.

    No field means no way to read, search, sort, group, export or copy them.
    """

    _name = "mts.secret.mixin"
    _description = "Secrets That Nobody Can Read"
    # The columns; each model says its own.
    _secrets = ()

    def init(self):
        for column in self._secrets:
            self._execute_on("ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} varchar", column)
        return super().init()

    def _secret(self, column):
        """Return one secret of this record, or an empty string."""
        self.ensure_one()
        self._execute_on("SELECT COALESCE({column}, '') FROM {table} WHERE id = %s", column, self.id)
        return self.env.cr.fetchone()[0]

    def _set_secret(self, column, value):
        """Replace one secret of these records; None removes it."""
        self.flush()
        self._execute_on(
            "UPDATE {table} SET {column} = %s WHERE id = ANY(%s)", column, value, self.ids
        )

    def _execute_on(self, statement, column, *params):
        """Execute a statement in which table and column are left open."""
        names = {"table": sql.Identifier(self._table), "column": sql.Identifier(column)}
        self.env.cr.execute(sql.SQL(statement).format(**names), params, log_exceptions=False)
