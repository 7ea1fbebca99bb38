"""An office works through all that can go wrong, and nobody's data gets out.

Odoo logs at level DEBUG, as with ``--log-level=debug``, and all libraries with it. Left out are
the loggers that Odoo keeps silent at that level, too, because to write down values is what they
are there for: SQL statements (``debug_sql``) and the contents of calls (``debug_rpc``).
"""

import itertools
import json
import random
import threading

import pytest
import requests
from leaks import (
    ADDRESS,
    BEARER,
    BIRTH,
    EMAIL,
    KEY,
    NAME,
    OLD_PASSWORD,
    PASSWORD,
    PHONE,
    TOKEN,
    VID,
    Secrets,
    columns_with,
    files_with,
    lines_with,
)

from environment import RpcError
from faults.identities import AmongIds, OnContact
from faults.people import Person
from faults.world import CALLBACK_PASSWORD, World
from simulator import api

LOUD = ("--log-level=debug", "--log-handler=:DEBUG")
SINGLE, BULK = "/mts/callback", "/mts/callback/bulk"
LOGIN_PASSWORD = "to see and to type"
WRONG_PASSWORD = "what the callback user had before"
IN_A_URL = "typed into a URL"
OUTPUT = (
    "{params: {ref: .input.mts_ref, token: .output.token, status: .output.status, "
    "errorCode: .output.errorCode, errorMessage: .output.errorMessage}}"
)
HOURS = 60

# Each column in which something may be at the end, and has to be: otherwise the test has not
# looked where it is.
BELONGS = {
    NAME: {
        *("res_partner.name", "res_partner.display_name"),
        *("res_partner.given_name", "res_partner.addl_name", "res_partner.family_name"),
    },
    EMAIL: {"res_partner.email", "res_partner.email_normalized"},
    PHONE: {"res_partner.phone", "res_partner.phone_sanitized"},
    ADDRESS: {"res_partner.address"},
    BIRTH: {"res_partner.birthdate"},
    PASSWORD: {"mts_connector.callback_auth_password"},
    KEY: {"mts_connector.hmac_key"},
}
# VIDs only of those who have no token. A registrant's second token waits until a manager has
# decided.
IDENTITIES = {
    OnContact: {
        VID: {"res_partner.mosip_vid"},
        TOKEN: {"res_partner.mosip_auth_token", "mts_record.offered"},
    },
    AmongIds: {
        VID: {"g2p_reg_id.value"},
        TOKEN: {"res_partner.mosip_auth_token", "mts_record.offered", "g2p_reg_id.value"},
    },
}

# A transaction of this database that waits for another one.
WAITING = """
    SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE NOT granted AND datname = current_database()
"""


class Story:
    """What happens, and what of it is a secret."""

    def __init__(self, world):
        self.world, self.simulator = world, world.simulator
        self.secrets = Secrets()
        self.secrets.add(PASSWORD, CALLBACK_PASSWORD, LOGIN_PASSWORD, IN_A_URL)
        self.secrets.add(OLD_PASSWORD, WRONG_PASSWORD)
        self.people = []
        self.posts = []
        self._numbers = itertools.count(11)
        self._random = random.Random("leaks")
        self.officer = self.log_in("officer", "group_user")
        self.manager = self.log_in("manager", "group_manager")

    def log_in(self, login, group):
        query = "SELECT res_id FROM ir_model_data WHERE module = 'mts_connector' AND name = %s"
        ((number,),) = self.world.query(query, [group])
        contacts = self.world.query(
            query.replace("mts_connector", "base"), ["group_partner_manager"]
        )
        groups = [(4, number), (4, contacts[0][0])]
        values = {"name": login, "login": login, "password": LOGIN_PASSWORD, "groups_id": groups}
        self.world.call("res.users", "create", values)
        return self.world.odoo.rpc(login, LOGIN_PASSWORD)

    # -- people ----------------------------------------------------------------------------------

    def new_vid(self):
        vid = str(self._random.randrange(2 * 10**15, 10**16))
        self.secrets.add(VID, vid)
        return vid

    def new_token(self):
        token = f"{self._random.getrandbits(120):030x}"
        self.secrets.add(TOKEN, token)
        return token

    def person(self, reference, **changes):
        """A registrant who is registered by somebody."""
        number = next(self._numbers)
        values = {
            "given_name": f"Amaru{number}",
            "addl_name": f"Belisar{number}",
            "family_name": f"Quispe{number}",
            "email": f"kontakt{number}@inbox{number}.example",
            "phone": f"+25779100{number}",
            "address": f"{number} Kirundo Crescent",
            "birthdate": f"19{number}-03-17",
            "gender": "Female",
            "ref": reference,
            **changes,
        }
        names = [values[name] for name in ("given_name", "addl_name", "family_name")]
        values["name"] = " ".join(names)
        self.secrets.add(NAME, *names)
        self.secrets.add(EMAIL, values["email"])
        self.secrets.add(PHONE, values["phone"])
        self.secrets.add(ADDRESS, values["address"])
        self.secrets.add(BIRTH, values["birthdate"], values["birthdate"].replace("-", "/"))
        person = Person(number, self.new_vid(), values)
        self.world.register([person])
        self.people.append(person)
        return person

    @staticmethod
    def gossip(person):
        """All about somebody, in the words of a service that quotes what it has got."""
        return f"No match: {json.dumps({**person.values, 'vid': person.vid})} {person.vid}"

    def refuse(self, person, *codes, **options):
        errors = [{"code": code, "message": self.gossip(person), **options} for code in codes]
        self.simulator.refuse(person.vid, errors)

    def answer(self, person, **values):
        self.simulator.add_fault("output", "set", values=values, vids=[person.vid])

    # -- imports ---------------------------------------------------------------------------------

    def connector(self, reference, **values):
        values = {"callback_auth_password": False, "batch_size": 20, **values}
        return self.world.create_connector(reference, **values)

    def send(self, connector):
        self.officer.call("mts.connector", "action_import_now", [connector])
        self.world.tick()
        assert self.simulator.wait_idle(60)

    def go_through(self, connector):
        """Import, and let hours pass until nothing is open any more."""
        self.send(connector)
        query = (
            "SELECT 1 FROM mts_run WHERE connector_id = %s "
            "AND state IN ('queued', 'sending', 'waiting')"
        )
        for _hour in range(40):
            if not self.world.query(query, [connector]):
                return
            self.world.let_time_pass(connector, HOURS)
            self.world.tick()
            assert self.simulator.wait_idle(60)
        raise AssertionError("the import comes to no end")

    def state(self, person):
        query = "SELECT state, error_code FROM mts_record WHERE partner_id = %s"
        return self.world.query(query, [person.id])[0]

    def attention(self, connector):
        query = "SELECT attention FROM mts_connector WHERE id = %s"
        return self.world.query(query, [connector])[0][0]

    # -- what goes wrong -------------------------------------------------------------------------

    def refusals_of_all_kinds(self):
        connector = self.connector(
            "refusals",
            output_format=f'if .input.gender == "Other" then error(.) else {OUTPUT} end',
        )
        good, refused, several, invalid = (
            self.person("refusals", gender=gender) for gender in ("Male", "Male", "Male", False)
        )
        coded, poisoned, passing = (self.person("refusals") for _number in range(3))
        without = self.person("refusals", gender="Other")
        self.refuse(refused, "IDA-DEA-001")
        self.refuse(several, "IDA-DEA-001", "IDA-MLC-005")
        self.refuse(passing, "IDA-MLC-007", times=1)
        self.simulator.configure(poison=[poisoned.vid])
        self.answer(coded, status="error", errorCode=coded.vid, errorMessage=self.gossip(coded))
        # MTS fails on all of them at first, and quotes them all.
        self.simulator.add_fault("post", "echo", next=1)
        self.go_through(connector)
        self.world.let_time_pass(connector, HOURS)
        self.go_through(connector)
        for person, code in (
            *((refused, "IDA-DEA-001"), (several, "IDA-MLC-005"), (invalid, "ATS-REQ-011")),
            *((coded, "•••"), (poisoned, "ATS-REQ-100")),
        ):
            assert self.state(person) == ("rejected", code)
        assert self.state(without)[0] == "lost"
        assert {self.state(good)[0], self.state(passing)[0]} == {"tokenized"}
        self.try_again(refused)

    def try_again(self, person):
        self.simulator.accept(person.vid)
        query = "SELECT id, connector_id FROM mts_record WHERE partner_id = %s"
        ((record, connector),) = self.world.query(query, [person.id])
        self.officer.call("mts.record", "action_retry", [record])
        self.go_through(connector)
        assert self.state(person)[0] == "tokenized"

    def answers_that_cannot_be_used(self):
        connector = self.connector("unusable")
        odd, unread = self.person("unusable"), self.person("unusable")
        self.answer(odd, status=self.gossip(odd))
        self.answer(unread, token={"token": self.new_token()})
        self.go_through(connector)
        assert {self.state(odd)[1], self.state(unread)[1]} == {"MTC-UNUSABLE"}
        assert "MTC-UNUSABLE" in self.attention(connector)

    def an_mts_that_quotes_everything(self):
        """Bearer secrets and passwords, too."""
        for name, values in (
            ("quoted", {}),
            (
                "quoted with a password",
                {"callback_auth_type": "odoo", "callback_auth_password": CALLBACK_PASSWORD},
            ),
        ):
            connector = self.connector(name, **values)
            person = self.person(name)
            for status in (400, 422, 404, 409):
                self.simulator.add_fault("post", "echo", status=status, next=1)
                self.go_through(connector)
                assert "MTS refused the request" in self.attention(connector)
            for status in (500, 500, 502, 504):
                self.simulator.add_fault("post", "echo", status=status, next=1)
            self.go_through(connector)
            self.simulator.clear_faults()
            self.simulator.add_fault("status", "answer", status=500, body=self.gossip(person))
            self.go_through(connector)
            self.simulator.clear_faults()
            self.go_through(connector)

    def answers_that_get_lost(self):
        connector = self.connector("lost")
        person = self.person("lost")
        self.simulator.add_fault("callback", "drop", next=1)
        self.go_through(connector)
        assert self.state(person)[0] == "lost"
        self.simulator.add_fault("post", "close", stored=True, next=1)
        self.go_through(connector)
        self.simulator.offline()
        self.person("lost")
        self.send(connector)
        self.simulator.online()
        self.go_through(connector)
        assert self.state(person)[0] == "tokenized"

    def a_wrong_password(self):
        values = {
            "callback_auth_type": "odoo",
            "callback_in_bulk": False,
            "callback_url": self.world.odoo.url + SINGLE,
        }
        connector = self.connector("password", callback_auth_password=WRONG_PASSWORD, **values)
        person = self.person("password")
        self.go_through(connector)
        assert self.state(person)[0] == "lost"
        assert self.attention(connector)
        values = {"callback_auth_password": CALLBACK_PASSWORD}
        self.manager.call("mts.connector", "write", [connector], values)
        self.go_through(connector)
        assert self.state(person)[0] == "tokenized"

    def what_is_looked_at_before(self):
        values = {"callback_auth_type": "odoo", "callback_auth_password": WRONG_PASSWORD}
        connector, person = self.connector("looked at", **values), self.person("looked at")
        found = self.opened(self.manager, "action_test_connection", connector)
        assert "Odoo refuses this user name or password" in found
        assert not self.secrets.found_in(found)
        shown = self.opened(self.officer, "action_preview", connector)
        assert person.values["email"] in shown and person.vid not in shown
        question = {"connector_id": connector, "partner_id": person.id}
        wizard = self.officer.call("mts.send.one", "create", question)
        self.officer.call("mts.send.one", "action_send", [wizard])
        self.go_through(connector)
        assert self.state(person)[0] == "lost"
        self.manager.call("mts.connector", "write", [connector], {"callback_auth_type": "bearer"})

    def opened(self, user, button, connector):
        """Press a button, and return what the dialog shows."""
        action = user.call("mts.connector", button, [connector])
        return user.call(action["res_model"], "read", [action["res_id"]], ["report"])[0]["report"]

    def changes_meanwhile(self):
        connector = self.connector("meanwhile")
        conflict, moved, kept = (self.person("meanwhile") for _number in range(3))
        self.simulator.hold()
        self.send(connector)
        token = {"mosip_auth_token": self.new_token()}
        self.manager.call("res.partner", "write", [conflict.id], token)
        moved.vids.append(self.new_vid())
        self.officer.call("res.partner", "write", [moved.id], {"mosip_vid_masked": moved.vids[-1]})
        self.simulator.release()
        self.go_through(connector)
        self.go_through(connector)
        assert self.state(conflict)[0] == "conflict"
        assert {self.state(moved)[0], self.state(kept)[0]} == {"tokenized"}

    def a_registry_that_refuses(self):
        """PostgreSQL quotes the row."""
        connector = self.connector("registry")
        poor, other = self.person("registry"), self.person("registry")
        with self.world.sql.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE res_partner ADD CONSTRAINT mts_test "
                "CHECK (mosip_auth_token IS NULL OR id <> %s)",
                [poor.id],
            )
            self.go_through(connector)
            values = {"mosip_auth_token": self.new_token()}
            with pytest.raises(RpcError):
                self.manager.call("res.partner", "write", [poor.id], values)
            cursor.execute("ALTER TABLE res_partner DROP CONSTRAINT mts_test")
        assert self.state(poor) == ("rejected", "MTC-NOT-STORED")
        assert self.state(other)[0] == "tokenized"

    def two_at_once(self):
        """Odoo repeats the one that comes too late, and would log its statement."""
        person = self.person("at once")
        person.vids.append(self.new_vid())
        values = {"mosip_vid_masked": person.vids[-1]}
        writer = threading.Thread(
            target=self.officer.call, args=("res.partner", "write", [person.id], values)
        )
        with self.world.sql.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("UPDATE res_partner SET color = 1 WHERE id = %s", [person.id])
            writer.start()
            self.world.wait_until(lambda: self.world.query(WAITING))
            cursor.execute("COMMIT")
        writer.join()
        vid = self.world.identities.vid
        query = f"SELECT {vid} FROM res_partner partner WHERE id = %s"  # noqa: S608
        assert self.world.query(query, [person.id]) == [(person.vids[-1],)]

    def wrong_settings(self):
        connector, person = self.connector("settings"), self.person("settings")
        url = f"https://mts:{IN_A_URL}@mts.example.org"
        domain = repr([("mosip_vid", "=", person.vid), ("nowhere", "=", person.values["name"])])
        for values in (
            {"output_format": f'{{ref: "{person.vid}", token: "{self.new_token()}"'},
            {"output_format": f"error({json.dumps(person.vid + ' ' + person.values['email'])})"},
            {"mapping": json.dumps({"vid": person.vid})},
            {"search_domain": domain},
            {"search_domain": f"[('id', '=', '{person.vid}')]"},
            {"search_domain": repr([("name", "~", person.values["name"])])},
            {"selected_fields": json.dumps(["name", person.vid])},
            *({name: url} for name in ("mts_url", "callback_url", "callback_auth_url")),
        ):
            with pytest.raises(RpcError):
                self.manager.call("mts.connector", "write", [connector], values)
        # A filter that has worked once; here the field is gone by now.
        with self.world.sql.cursor() as cursor:
            update = "UPDATE mts_connector SET search_domain = %s WHERE id = %s"
            cursor.execute(update, [domain, connector])
            self.send(connector)
            assert "unexpected error" in self.attention(connector)
            for user, button in (
                (self.officer, "action_preview"),
                (self.manager, "action_test_connection"),
            ):
                assert "“nowhere” is no field" in self.opened(user, button, connector)
            cursor.execute(update, [repr([("ref", "=", "settings")]), connector])

    def what_people_type(self):
        """Imports, half a mask, what is not for them, a wrong login."""
        person = self.person("typed")
        half = {"mosip_vid_masked": "•" + person.vid}
        with pytest.raises(RpcError):
            self.officer.call("res.partner", "write", [person.id], half)
        with pytest.raises(RpcError):
            self.officer.call("res.partner", "create", {"name": "X", "mosip_vid": person.vid})
        columns = ["name", "mosip_vid_masked", "birthdate"]
        row = ["X", person.vid, person.values["birthdate"]]
        for rows in ([row], [[*row[:2], person.vid]], [["", *row[1:]]]):
            self.officer.call("res.partner", "load", columns, rows)
        self.officer.call("res.partner", "load", ["name", "mosip_vid"], [["X", person.vid]])
        search = [("mosip_vid", "=like", person.vid)]
        with pytest.raises(RpcError):
            self.officer.call("res.partner", "search", search)
        self.manager.call("res.partner", "search_read", search, ["name", "mosip_vid"])
        with pytest.raises(RpcError):
            self.world.odoo.rpc("officer", WRONG_PASSWORD)

    def garbage_at_the_callback(self):
        person, token = self.person("garbage"), self.new_token()
        result = {"ref": self.gossip(person), "token": token, "status": "processed"}
        bearer = self.posts[-1]["request"]["callbackProperties"]["authStaticBearer"]["token"]
        bodies = [json.dumps(body).encode() for body in (result, [result], {"params": result})]
        bodies += [body[:-9] for body in bodies] + [token.encode(), token.encode("utf-16"), b""]
        kinds = ("application/json", "text/plain", "application/x-www-form-urlencoded")
        for path, body, kind in itertools.product((SINGLE, BULK), bodies, kinds):
            for value in (f"Bearer {bearer}", f"Bearer {token}", token, ""):
                answer = requests.post(
                    self.world.odoo.url + path,
                    data=body,
                    headers={"Content-Type": kind, "Authorization": value},
                    timeout=30,
                )
                assert not self.secrets.found_in(answer.text)

    # -- what is looked for ----------------------------------------------------------------------

    def collect(self):
        """Add what was made up by Odoo and MTS."""
        for post in self.posts:
            auth = post["request"]["callbackProperties"]
            self.secrets.add(BEARER, auth.get("authStaticBearer", {}).get("token", ""))
        tokens = [result["token"] for result in self.simulator.ledger.results]
        self.secrets.add(TOKEN, *filter(None, tokens))
        keys = self.world.query("SELECT hmac_key FROM mts_connector")
        self.secrets.add(KEY, *(key for (key,) in keys))

    def tokenized_vids(self):
        rows = self.world.query("SELECT partner_id FROM mts_record WHERE state = 'tokenized'")
        done = {number for (number,) in rows}
        vids = Secrets()
        for person in self.people:
            if person.id in done:
                vids.add(VID, *person.vids)
        return vids


@pytest.fixture(params=IDENTITIES)
def story(request, environment, monkeypatch):
    options = {"cron_threads": 1, "arguments": LOUD, "identities": request.param}
    with World(environment, "leaks", **options) as world:
        made, read = Story(world), api._read

        def listen(post):
            body, error = read(post)
            made.posts.append(body)
            return body, error

        monkeypatch.setattr(api, "_read", listen)
        yield made


def test_nobodys_data_gets_out(story, environment):
    story.refusals_of_all_kinds()
    story.answers_that_cannot_be_used()
    story.an_mts_that_quotes_everything()
    story.answers_that_get_lost()
    story.a_wrong_password()
    story.what_is_looked_at_before()
    story.changes_meanwhile()
    story.a_registry_that_refuses()
    story.two_at_once()
    story.wrong_settings()
    story.what_people_type()
    story.garbage_at_the_callback()
    story.collect()
    belongs = {**BELONGS, **IDENTITIES[type(story.world.identities)]}
    for kind in (*belongs, OLD_PASSWORD, BEARER):
        assert story.secrets.count(kind)

    log = story.world.odoo.log_file
    assert lines_with(story.secrets, log) == []
    # It was as loud as it should be.
    assert "odoo.api: call res.partner().create(" in log.read_text()
    assert " DEBUG " in log.read_text()

    assert columns_with(story.secrets, story.world.sql) == belongs
    assert files_with(story.secrets, environment.databases.filestore / story.world.database) == []
    done = story.tokenized_vids()
    assert done.count(VID) > 5
    assert columns_with(done, story.world.sql) == {}
