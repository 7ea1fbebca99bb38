# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A database that had an earlier version of the addon."""

from contextlib import closing

import first_release
import pytest
from office import Office

from demo.people import sample_people

BEFORE, PEOPLE = 6, 8

VERSION = "SELECT latest_version FROM ir_module_module WHERE name = 'mts_connector'"
RESTRICTED = "SELECT value FROM ir_config_parameter WHERE key = %s"
PARAMETER = "mail.restrict.template.rendering"
EDITORS = """
    SELECT editor.uid FROM res_groups_users_rel editor
    JOIN ir_model_data data ON data.model = 'res.groups' AND data.res_id = editor.gid
    WHERE data.module = 'mail' AND data.name = 'group_mail_template_editor'
"""
ADMINISTRATORS = """
    SELECT admin.uid FROM res_groups_users_rel admin
    JOIN ir_model_data data ON data.model = 'res.groups' AND data.res_id = admin.gid
    WHERE data.module = 'base' AND data.name = 'group_system'
"""
LET_THE_PUBLIC_IN = """
    INSERT INTO res_groups_users_rel (gid, uid)
    SELECT data.res_id, users.id FROM ir_model_data data, res_users users
    WHERE data.module = 'mail' AND data.name = 'group_mail_template_editor'
      AND users.login = 'public'
"""


@pytest.fixture
def database(environment):
    """As the first version left it: the right to write placeholders was not looked at."""
    database = environment.create_database("upgrade", ["mts_connector"])
    with closing(environment.connect(database)) as connection, connection.cursor() as cr:
        first_release.go_back(cr)
        cr.execute(
            "DELETE FROM ir_config_parameter WHERE key = 'mail.restrict.template.rendering'"
        )
        cr.execute(LET_THE_PUBLIC_IN)
        # Odoo 14 has no such right.
        assert cr.rowcount == (1 if environment.series == "15.0" else 0)
    yield database
    environment.drop_database(database)


def test_nobody_but_administrators_writes_placeholders(environment, database):
    environment.install(database, ["mts_connector"], "-u")
    with closing(environment.connect(database)) as connection, connection.cursor() as cr:
        cr.execute(VERSION)
        assert cr.fetchone()[0].endswith("15.0.2.0.0")
        cr.execute(EDITORS)
        editors = set(cr.fetchall())
        cr.execute(ADMINISTRATORS)
        assert editors <= set(cr.fetchall())
        cr.execute(RESTRICTED, [PARAMETER])
        assert cr.fetchall() == ([("True",)] if environment.series == "15.0" else [])


def go_back(environment, office):
    office.odoo.stop()
    database = office.odoo.database
    with closing(environment.connect(database)) as connection, connection.cursor() as cr:
        first_release.go_back(cr)


def test_an_answer_under_way_arrives_and_nobody_is_sent_twice(environment):
    with Office(environment, BEFORE) as office:
        connector = office.create_connector()
        office.registry.import_now(connector)
        office.wait_for_import(connector)
        newcomers = sample_people(PEOPLE)[BEFORE:]
        office.people += newcomers
        office.ids += office.registry.register(newcomers)
        office.simulator.configure(hold=True)
        office.registry.press("action_start", connector)
        office.wait_until(
            lambda: (
                office.simulator.idle() == {"idle": True, "held": 1}
                and office.registry.runs(connector)[-1]["state"] == "waiting"
            ),
            "the newcomers were not sent",
        )
        go_back(environment, office)
        environment.install(office.odoo.database, ["mts_connector"], "-u")
        office.odoo.start()
        office.odoo.wait_ready()
        call = office.registry.rpc.call
        assert call("mts.connector", "read", [connector], ["state"])[0]["state"] == "running"
        office.simulator.release()
        office.wait_for_import(connector)
        office.check(connector)
        # Has everybody looked at again: who was rejected has the same data as before.
        call("mts.connector", "write", [connector], {"lang_code": "eng"})
        office.registry.import_now(connector)
        office.wait_for_import(connector)
        office.check(connector)
