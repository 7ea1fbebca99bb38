# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A database that had OpenG2P's pair of addons, one of which has the name of ours."""

import json
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from office import DEADLINE_SECONDS, POLL_SECONDS

from bootstrap.errors import SetupError
from bootstrap.paths import DEV, log_file
from demo.people import sample_people
from demo.registry import Registry, Scheduler
from environment import SimulatorProcess

PAIR = Path(__file__).parent / "openg2p_pair"
SAMPLES = ["mts_sample_registry", "mts_sample_g2p"]
API = "https://registry.example.org/api/v1/registry/individual/updateidentification"
PASSWORDS = ("password of the callback", "password of ODK Central")
VID, TOKEN = "2345678901234567", "T" * 36
MAPPING = '{"vid": "vid", "name": ["given_name", "family_name"], "dob": "birthdate"}'
FIELDS = '["id", "given_name", "family_name", "birthdate"]'
OUTPUT = "{partner_id: .input.id, token: .output.token}"
# As the pair writes it, with types that are called otherwise than usual.
FILTER = json.dumps(
    [
        ["is_registrant", "=", True],
        ["reg_ids.id_type", "=like", "Number"],
        "!",
        ["reg_ids.id_type", "=like", "Token"],
        ["city", "=", "Goma"],
    ]
)
BASE = {"mts_url": "http://mts.example.org", "mapping": MAPPING, "is_recurring": "recurring"}
AUTH = {
    "callback_authtype": "odoo",
    "callback_auth_url": "https://registry.example.org/web/session/authenticate",
    "callback_auth_database": "registry",
    "callback_auth_username": "mts",
    "callback_auth_password": PASSWORDS[0],
}
CONNECTORS = {
    "Daily": {
        **BASE,
        **AUTH,
        "input_type": "custom",
        "g2p_search_domain": FILTER,
        "g2p_selected_fields": FIELDS,
        "output_format": OUTPUT,
        "interval_minutes": 60,
        "lang_code": "fra",
        "callback_url": API,
        "callback_httpmethod": "PATCH",
        "callback_timeout": 25,
        "job_status": "running",
    },
    "Broken": {
        **BASE,
        "input_type": "custom",
        "is_recurring": "onetime",
        "mapping": '{"vid": "vid", "name": ["nickname"]}',
        "g2p_search_domain": '[["no_such_field", "=", 1]]',
        "g2p_selected_fields": FIELDS,
        "lang_code": "english",
        "callback_url": "https://mts:hidden@registry.example.org/callback",
    },
    "Field": {
        **BASE,
        "input_type": "odk",
        "odk_base_url": "https://odk.example.org",
        "odk_odata_url": "https://odk.example.org/v1/projects/1/forms/people.svc",
        "odk_email": "mts@example.org",
        "odk_password": PASSWORDS[1],
        "end_datetime": "2026-01-02 03:04:05",
    },
    "Field without a login": {
        **BASE,
        "input_type": "odk",
        "odk_base_url": "https://odk.example.org",
    },
}


@contextmanager
def addons_of_openg2p(environment, folder):
    """Have them in the addons path in place of ours."""
    for path in [
        *(PAIR / name for name in ("mts_connector", "g2p_mts")),
        *(DEV / "addons" / name for name in SAMPLES),
    ]:
        (folder / path.name).symlink_to(path, target_is_directory=True)
    ours = environment.addons_path
    environment.addons_path = [*environment.source.addons, folder]
    try:
        yield
    finally:
        environment.addons_path = ours


def fill(rpc):
    """Work with the pair for a while: connectors, settings, a job that is on."""
    registry = SimpleNamespace(types=[], connectors={})
    for name in ("Number", "Token"):
        registry.types.append(rpc.call("g2p.id.type", "create", {"name": name}))
    for key, number in zip(("vid_id_type", "uin_token_id_type"), registry.types):
        rpc.call("ir.config_parameter", "set_param", f"g2p_mts.{key}", str(number))
    for name, values in CONNECTORS.items():
        number = rpc.call("mts.connector", "create", {"name": name, **values})
        registry.connectors[name] = number
    # A number that is free again is not to be given to somebody else.
    rpc.call("mts.connector", "unlink", [registry.connectors.pop("Field without a login")])
    gone = {"name": "Field without a login", **CONNECTORS["Field without a login"]}
    registry.connectors[gone["name"]] = rpc.call("mts.connector", "create", gone)
    daily = registry.connectors["Daily"]
    model = rpc.call("ir.model", "search", [("model", "=", "mts.connector")])[0]
    job = {"name": "MTS", "model_id": model, "state": "code", "numbercall": -1}
    job["code"] = f"model.mts_onetime_action({daily})"
    job = rpc.call("ir.cron", "create", {**job, "nextcall": "2100-01-01 00:00:00"})
    rpc.call("mts.connector", "write", [daily], {"cron_id": job})
    ids = [
        (0, 0, {"id_type": number, "value": value})
        for number, value in zip(registry.types, (VID, TOKEN))
    ]
    person = {"name": "Amina", "is_registrant": True, "reg_ids": ids}
    registry.person = rpc.call("res.partner", "create", person)
    return registry


# The pair's first release called the name otherwise.
FIRST_RELEASE = """
    ALTER TABLE mts_connector ADD conf_name varchar, ALTER name DROP NOT NULL;
    UPDATE mts_connector SET conf_name = name, name = NULL WHERE name = 'Field'
"""


@pytest.fixture(scope="module")
def before(environment, tmp_path_factory):
    """A database of the pair, and what is in it."""
    database = environment.create_database("openg2p-pair", SAMPLES)
    folder = tmp_path_factory.mktemp("addons")
    with addons_of_openg2p(environment, folder):
        environment.install(database, ["g2p_mts"])
        with environment.odoo(database) as odoo:
            filled = fill(odoo.rpc("admin", "admin"))
    with environment.connect(database) as connection, connection.cursor() as cr:
        cr.execute(FIRST_RELEASE)
    yield SimpleNamespace(database=database, **vars(filled))
    environment.drop_database(database)


@pytest.fixture(scope="module")
def upgraded(environment, before):
    environment.install(before.database, ["mts_connector"], "-u")
    log = log_file(f"install-{environment.series}").read_text()
    with environment.odoo(before.database) as odoo:
        yield SimpleNamespace(rpc=odoo.rpc("admin", "admin"), log=log, odoo=odoo, **vars(before))


def read(upgraded, name):
    return upgraded.rpc.call("mts.connector", "read", [upgraded.connectors[name]])[0]


def note(upgraded, name):
    """What the chatter of a connector says, and what is attached to it."""
    about = [
        ("model", "=", "mts.connector"),
        ("res_id", "=", upgraded.connectors[name]),
        ("attachment_ids", "!=", False),
    ]
    found = upgraded.rpc.call("mail.message", "search_read", about, ["body", "attachment_ids"])[0]
    files = upgraded.rpc.call("ir.attachment", "read", found["attachment_ids"], ["raw"])
    return found["body"], json.loads(files[0]["raw"])


def column(environment, upgraded, statement):
    with environment.connect(upgraded.database) as connection, connection.cursor() as cr:
        cr.execute(statement)
        return [row[0] for row in cr.fetchall()]


def test_while_the_extension_is_there_nothing_is_touched(environment, before, tmp_path):
    (tmp_path / "g2p_mts").symlink_to(PAIR / "g2p_mts", target_is_directory=True)
    ours = environment.addons_path
    environment.addons_path = [*ours, tmp_path]
    try:
        with pytest.raises(SetupError):
            environment.install(before.database, ["mts_connector"], "-u")
    finally:
        environment.addons_path = ours
    assert "Remove its folder" in log_file(f"install-{environment.series}").read_text()
    kept = column(environment, before, "SELECT job_status FROM mts_connector")
    assert "running" in kept


def test_connectors_keep_their_settings_and_wait_for_a_person(upgraded):
    daily = read(upgraded, "Daily")
    expected = {
        "name": "Daily",
        "state": "draft",
        "mts_url": BASE["mts_url"],
        "input_type": "registry",
        "mapping": MAPPING,
        "selected_fields": FIELDS,
        "search_domain": "[('is_registrant', '=', True), ('city', '=', 'Goma')]",
        "identity_store": "g2p",
        "g2p_vid_type": "Number",
        "g2p_token_type": "Token",
        "output_format": OUTPUT,
        "lang_code": "fra",
        "job_type": "recurring",
        "interval_minutes": 60,
        "cron_id": False,
        "callback_url": API,
        "callback_http_method": "PATCH",
        "callback_timeout": 25,
        "callback_in_bulk": False,
        "callback_auth_type": "odoo",
        "callback_auth_url": AUTH["callback_auth_url"],
        "callback_auth_database": "registry",
        "callback_auth_username": "mts",
        "callback_auth_password": "",
        "callback_auth_password_source": "database",
    }
    assert {name: daily[name] for name in expected} == expected
    text, earlier = note(upgraded, "Daily")
    assert "It was running" in text
    assert "Results go to another API" in text
    assert earlier["callback_url"] == API


def test_odk_central_is_kept(upgraded):
    field = read(upgraded, "Field")
    expected = {
        "name": "Field",
        "state": "draft",
        "input_type": "odk",
        "odk_url": "https://odk.example.org",
        "odk_odata_url": CONNECTORS["Field"]["odk_odata_url"],
        "odk_email": "mts@example.org",
        "odk_password_source": "database",
        "odk_pulled_until": "2026-01-02 03:04:05",
        "mapping": MAPPING,
        "callback_auth_type": "bearer",
    }
    assert {name: field[name] for name in expected} == expected
    assert field["registry_connector_id"][0] == upgraded.connectors["Daily"]
    assert field["callback_url"].endswith("/mts/callback/bulk")


def test_what_cannot_be_kept_is_told(upgraded):
    broken, plain = read(upgraded, "Broken"), read(upgraded, "Field without a login")
    assert (broken["job_type"], broken["lang_code"]) == ("onetime", "eng")
    assert broken["callback_url"].endswith("/mts/callback/bulk")
    assert "nickname" not in broken["mapping"]
    assert "no_such_field" not in broken["search_domain"]
    text, earlier = note(upgraded, "Broken")
    for label in ("Mapping", "Filters", "MOSIP Language", "Callback URL"):
        assert label in text
    assert earlier["mapping"] == CONNECTORS["Broken"]["mapping"]
    assert "hidden" not in json.dumps(earlier)
    assert (plain["input_type"], plain["state"]) == ("registry", "draft")
    assert "ODK E-mail" in note(upgraded, "Field without a login")[0]


def test_nobody_reads_a_password(environment, upgraded):
    for name in upgraded.connectors:
        text, earlier = note(upgraded, name)
        told = text + json.dumps([earlier, read(upgraded, name)])
        assert not any(password in told for password in PASSWORDS)
    tables = "SELECT relname FROM pg_class WHERE relname LIKE 'mts_connector_openg2p%'"
    assert column(environment, upgraded, tables) == []
    assert not any(password in upgraded.log for password in PASSWORDS)


def test_vids_and_tokens_stay(upgraded):
    about = [("partner_id", "=", upgraded.person)]
    values = upgraded.rpc.call("g2p.reg.id", "search_read", about, ["value"])
    assert {row["value"] for row in values} == {VID, TOKEN}


def test_nothing_of_the_pair_is_left(environment, upgraded):
    left = """
        SELECT code FROM ir_act_server WHERE code LIKE '%onetime_action%' OR code LIKE '%if_token%'
        UNION SELECT name FROM ir_rule WHERE domain_force LIKE '%job_status%'
        UNION SELECT name FROM ir_model_data WHERE module = 'g2p_mts' OR name LIKE 'mts_importer%'
        UNION SELECT key FROM ir_config_parameter WHERE key LIKE 'g2p_mts.%'
        UNION SELECT name FROM ir_model_fields WHERE name IN ('job_status', 'g2p_search_domain')
        UNION SELECT conname FROM pg_constraint
        WHERE conrelid = 'mts_connector'::regclass AND conname LIKE '%cron%'
    """
    assert column(environment, upgraded, left) == []
    states = "SELECT state FROM ir_module_module WHERE name = 'g2p_mts'"
    assert column(environment, upgraded, states) == ["uninstalled"]


def test_the_log_says_what_was_lost_and_no_more(upgraded):
    lines = upgraded.log.splitlines()
    assert [line for line in lines if " ERROR " in line] == []
    told = [line.rpartition("Connector ")[2] for line in lines if "could not be kept" in line]
    names = ["Broken", "Field without a login"]
    assert [line.partition(":")[0] for line in told] == [
        str(upgraded.connectors[name]) for name in names
    ]


def test_they_work_once_a_person_has_looked_at_them(environment, upgraded):
    registry = Registry(upgraded.odoo)
    scheduler = Scheduler(registry, environment.series)
    connector = upgraded.connectors["Broken"]
    person = sample_people(1)[0]
    vid = {"id_type": upgraded.types[0], "value": person.pop("mosip_vid")}
    number = registry.register([{**person, "reg_ids": [(0, 0, vid)]}])[0]

    def identifiers():
        about = [("partner_id", "=", number)]
        found = registry.rpc.call("g2p.reg.id", "search_read", about, ["id_type", "value"])
        return {row["id_type"][0]: row["value"] for row in found}

    with SimulatorProcess() as simulator:
        urls = {"mts_url": simulator.url, "callback_url": f"{upgraded.odoo.url}/mts/callback/bulk"}
        registry.rpc.call("mts.connector", "write", [connector], urls)
        registry.import_now(connector)
        deadline = time.monotonic() + DEADLINE_SECONDS
        while set(identifiers()) != {upgraded.types[1]}:
            assert time.monotonic() < deadline, upgraded.odoo.tail()
            scheduler.tick()
            time.sleep(POLL_SECONDS)
        assert [result["token"] for result in simulator.ledger("results")] == list(
            identifiers().values()
        )
