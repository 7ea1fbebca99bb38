# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Fills big tables with SQL, since the ORM would take hours, and clears them for another round."""

from typing import Any, Dict, List

COLUMNS = {
    "name": "'Person ' || n || ' Diallo'",
    "display_name": "'Person ' || n || ' Diallo'",
    "active": "TRUE",
    "type": "'contact'",
    "lang": "'en_US'",
    "is_company": "FALSE",
    "partner_share": "TRUE",
    "color": "0",
    "company_id": "1",
    "email": "'person.' || n || '@example.org'",
    "phone": "'+254 555 ' || n",
    "create_uid": "1",
    "write_uid": "1",
    "create_date": "now() AT TIME ZONE 'UTC' - interval '1 day'",
    "write_date": "now() AT TIME ZONE 'UTC' - interval '1 day'",
}
#: What the sample registry adds, and a VID.
REGISTRANT = {
    "is_registrant": "TRUE",
    "is_group": "FALSE",
    "given_name": "'Person ' || n",
    "family_name": "'Diallo'",
    "gender": "CASE WHEN mod(n, 2) = 0 THEN 'Female' ELSE 'Male' END",
    "birthdate": "DATE '1950-01-01' + mod(n, 20000)",
    "address": "n || ' Harbour Road, Mombasa'",
    "registration_date": "DATE '2026-01-15'",
}
VID = "(2000000000000000 + 7 * n)::text"


class Tables:
    """One database, in which each statement is a transaction."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def query(self, statement: str, parameters: Any = ()) -> List[tuple]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def value(self, statement: str, parameters: Any = ()) -> Any:
        return self.query(statement, parameters)[0][0]

    def add_contacts(self, count: int) -> None:
        """Contacts of a database that may not even have the addon."""
        self._add(COLUMNS, count)

    def add_registrants(self, count: int) -> None:
        """Registrants who are due, each a person of their own for MOSIP."""
        self._add({**COLUMNS, **REGISTRANT, "mosip_vid": VID}, count)

    def _add(self, columns: Dict[str, str], count: int) -> None:
        self.query(
            f"""
            INSERT INTO res_partner (id, commercial_partner_id, {", ".join(columns)})
            SELECT id, id, {", ".join(columns.values())}
            FROM (SELECT nextval('res_partner_id_seq') AS id, n
                  FROM generate_series(1, %s) n) number
            """,  # noqa: S608
            [count],
        )
        self.tidy()

    def make_due(self) -> None:
        """Have nobody a token and everybody a VID, as if nothing had ever been sent."""
        self.query("DELETE FROM mts_run")
        self.query("DELETE FROM mts_record")
        self.query("UPDATE mts_connector SET changes_since = NULL, attention = NULL")
        self.query(
            """
            UPDATE res_partner SET mosip_auth_token = NULL, mosip_vid = (20e14 + 7 * id)::text
            WHERE is_registrant
            """
        )
        self.tidy()

    def tidy(self) -> None:
        """Do what PostgreSQL does by itself before long."""
        self.query("VACUUM ANALYZE")

    def expect_tokens(self, count: int) -> None:
        """Make sure that what was measured was done."""
        found = self.value("SELECT count(*) FROM res_partner WHERE mosip_auth_token IS NOT NULL")
        if found != count:
            raise RuntimeError(f"{found} registrants have a token, not {count}")
