"""What strangers, and MTS itself, cannot do at the callback, whatever they send."""

import json
import logging
from collections import Counter
from contextlib import contextmanager
from http.client import HTTPConnection
from unittest.mock import patch
from urllib.parse import urlsplit

import psycopg2
from odoo import http
from odoo.exceptions import ValidationError
from odoo.tests.common import new_test_user, tagged
from odoo.tools import mute_logger

from ..simulator.tests.receiver import Receiver
from .common import MtsCase

PASSWORD = "made up, long enough"
TOKEN = "294830175629481037562948103756294810"
SECRET = "nobody may read this"
SINGLE, BULK = "/mts/callback", "/mts/callback/bulk"
ROUTES = (SINGLE, BULK)
KIB = 1024

UNREADABLE, DENIED = {"error": "unreadable"}, {"error": "denied"}
NOTHING_NEW = {"accepted": 0, "ignored": 1, "malformed": 0}
MALFORMED = {"accepted": 0, "ignored": 0, "malformed": 1}

# What is written while nothing is delivered: the count of what was refused.
COUNTED = "mts_refused_delivery"


class CallbackCase(MtsCase):
    """MTS delivers to somebody else, so that the tests can deliver instead of it."""

    def setUp(self):
        super().setUp()
        self.receiver = Receiver()
        self.receiver.__enter__()
        self.addCleanup(self.receiver.__exit__)
        somewhere = self.receiver.url.rpartition("/")[0]
        self.connector = self.create_connector(callback_url=somewhere + BULK)

    # -- what MTS has ----------------------------------------------------------------------------

    def sent(self, count=1):
        """Send that many registrants in one request; return them."""
        people = self.create_registrants(count)
        self.import_now(self.connector)
        call = self.receiver.calls[-1]
        self.bearer = call.headers["Authorization"].partition(" ")[2]
        self.results = json.loads(call.data)
        self.refs = [result["params"]["ref"] for result in self.results]
        self.assertEqual(len(self.refs), count)
        return people

    def request_of(self, person):
        return self.record_of(person).request_id

    # -- deliveries ------------------------------------------------------------------------------

    def send(self, path, data, method="POST", bearer=None, **headers):
        """Send anything, with the bearer of the last request unless there is another."""
        self.env["base"].flush()
        bearer = self.bearer if bearer is None else bearer
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if bearer:
            headers.setdefault("Authorization", b"Bearer " + bearer.encode())
        data = data if isinstance(data, bytes) else json.dumps(data).encode()
        headers.setdefault("Content-Type", "application/json" if path == SINGLE else "text/plain")
        answer = self.opener.request(
            method, self.odoo_url + path, data=data, headers=headers, timeout=30
        )
        self.env["base"].invalidate_cache()
        return answer

    def answered(self, answer):
        """Return status and body."""
        self.assertLess(len(answer.content), 200)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        return answer.status_code, answer.json()

    def deliver(self, *results, **options):
        """Deliver in bulk, and return what the callback answers."""
        return self.answered(self.send(BULK, list(results), **options))

    def result(self, ref, token=TOKEN):
        return {"params": {"ref": ref, "status": "processed", "token": token}}

    # -- what came of it -------------------------------------------------------------------------

    def everything(self):
        """Return where each row of the database lies and what it says; writing moves it."""
        self.env["base"].flush()
        self.env.cr.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = {row[0] for row in self.env.cr.fetchall()} - {COUNTED}
        return {table: self.rows(table) for table in tables}

    def rows(self, table):
        self.env.cr.execute(f'SELECT ctid::text, "{table}"::text FROM "{table}"')  # noqa: S608
        return Counter(self.env.cr.fetchall())

    @contextmanager
    def nothing_written(self):
        before = self.everything()
        yield
        after = self.everything()
        changed = [table for table in before if before[table] != after[table]]
        self.assertEqual(changed, [])

    def refused(self):
        """Return how often deliveries were refused, by reason."""
        found = self.env["mts.refused.delivery"].search([])
        return {row.reason: row.count for row in found}

    def assert_tokenized(self, person, token=TOKEN):
        self.assertEqual((person.mosip_auth_token, person.mosip_vid), (token, False))


@contextmanager
def everything_logged(case):
    """Yield what is logged at level DEBUG; statements of SQL are no part of that in Odoo."""
    loggers = [
        entry for entry in logging.root.manager.loggerDict.values() if hasattr(entry, "level")
    ]
    levels = {logger: logger.level for logger in loggers}
    for logger in levels:
        if logger.level and logger.name != "odoo.sql_db":
            logger.setLevel(logging.DEBUG)
    try:
        with case.assertLogs(level="DEBUG") as logs:
            yield logs
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)


@tagged("post_install", "-at_install")
class TestUnreadable(CallbackCase):
    def raw(self, path, headers):
        """Send the head of a request only; return what is answered to that."""
        place = urlsplit(self.odoo_url)
        connection = HTTPConnection(place.hostname, place.port, timeout=30)
        connection.putrequest("POST", path)
        for name, value in {"Authorization": f"Bearer {self.bearer}", **headers}.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        found = answer.status, json.loads(answer.read())
        connection.close()
        return found

    def test_too_long(self):
        self.sent()
        limits = {SINGLE: 64 * KIB, BULK: 4 * KIB * KIB}
        for path, limit in limits.items():
            for kind in ("application/json", "text/plain"):
                headers = {"Content-Type": kind, "Content-Length": str(limit + 1)}
                self.assertEqual(self.raw(path, headers), (413, UNREADABLE))
        for path, limit in limits.items():
            whole = json.dumps([{}] if path == BULK else {}).encode().ljust(limit)
            self.assertEqual(self.answered(self.send(path, whole)), (200, MALFORMED))

    def test_without_a_length(self):
        self.sent()
        for path in ROUTES:
            for headers in ({}, {"Transfer-Encoding": "chunked"}, {"Content-Length": "many"}):
                self.assertEqual(self.raw(path, headers), (411, UNREADABLE))
            self.assertEqual(self.raw(path, {"Content-Length": "-5"}), (400, UNREADABLE))

    def test_too_many_results(self):
        person = self.sent()
        refused = self.send(BULK, [{}] * 1000 + [self.result(self.refs[0])])
        self.assertEqual(self.answered(refused), (413, UNREADABLE))
        taken = self.send(BULK, [{}] * 999 + [self.result(self.refs[0])])
        self.assertEqual(
            self.answered(taken), (200, {"accepted": 1, "ignored": 0, "malformed": 999})
        )
        self.assert_tokenized(person)

    def test_nested_too_deeply(self):
        self.sent()
        for path in ROUTES:
            for start in (b"[", b'{"params":', b'{"a":['):
                self.assertEqual(self.answered(self.send(path, start * 5000)), (400, UNREADABLE))

    def test_nested(self):
        self.sent()
        deep = {}
        for _level in range(100):
            deep = {"params": deep}
        self.assertEqual(self.answered(self.send(SINGLE, deep)), (200, MALFORMED))

    def test_numbers(self):
        """Python takes minutes over the first one, and longer than the sun shines over others."""
        self.sent()
        for number in (b"7" * 3 * 10**6, b"-1e999999999", b"1e-999999999", b"NaN", b"-Infinity"):
            body = b'[{"ref": %s, "status": %s}]' % (number, number[:9])
            self.assertEqual(self.answered(self.send(BULK, body)), (200, MALFORMED))

    def test_no_object(self):
        self.sent()
        for body in (b"", b"[]", b'[{"params": {}}]', b"null", b"1", b'"text"', b"true"):
            self.assertEqual(self.answered(self.send(SINGLE, body)), (400, UNREADABLE))

    def test_no_array(self):
        self.sent()
        for body in (b"", b"{}", b'{"params": [{}]}', b"null", b"1", b'"text"', b"true"):
            self.assertEqual(self.answered(self.send(BULK, body)), (400, UNREADABLE))

    def test_no_json(self):
        """Odoo would write into its log what it cannot read, and send it back."""
        self.sent()
        broken = [
            b'{"params": {"token": "%s"' % SECRET.encode(),
            b'[{"params": {"token": "%s\xff"}}]' % SECRET.encode(),
            b"params[token]=%s" % SECRET.encode(),
            b'["%s"]' % SECRET.encode(),
            json.dumps({"token": SECRET}).encode("utf-16")[1:],
        ]
        for path in ROUTES:
            for body in broken:
                for kind in (
                    "application/json",
                    "text/plain",
                    "application/x-www-form-urlencoded",
                ):
                    with everything_logged(self) as logs:
                        answer = self.send(path, body, Content_Type=kind)
                    self.assertNotIn(SECRET, "\n".join(logs.output))
                    self.assertNotIn(SECRET, answer.text)
                    self.answered(answer)

    def test_a_connection_that_breaks(self):
        self.sent()
        for path in ROUTES:
            place = urlsplit(self.odoo_url)
            connection = HTTPConnection(place.hostname, place.port, timeout=30)
            headers = {"Authorization": f"Bearer {self.bearer}", "Content-Length": "100"}
            connection.request("POST", path, body=b"[{}", headers=headers)
            connection.sock.shutdown(1)
            answer = connection.getresponse()
            self.assertEqual((answer.status, json.loads(answer.read())), (400, UNREADABLE))
            connection.close()


@tagged("post_install", "-at_install")
class TestReadable(CallbackCase):
    """Each variant is proven by a token that arrives."""

    def test_content_types(self):
        kinds = (
            "application/json",
            "application/json; charset=utf-8",
            "application/json-rpc",
            "text/plain",
            "text/plain; charset=no-such-charset",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/octet-stream",
            "",
            "\xe9",
        )
        people = self.sent(2 * len(kinds))
        deliveries = [(path, kind) for path in ROUTES for kind in kinds]
        for person, ref, (path, kind) in zip(people, self.refs, deliveries):
            result = self.result(ref)
            body = [result] if path == BULK else result
            answer = self.send(path, body, Content_Type=kind.encode("latin-1"))
            self.assertEqual(self.answered(answer)[0], 200, (path, kind))
            self.assert_tokenized(person)

    def test_methods(self):
        methods = ("GET", "PUT", "PATCH", "DELETE")
        people = self.sent(2 * len(methods))
        deliveries = [(path, method) for path in ROUTES for method in methods]
        for person, ref, (path, method) in zip(people, self.refs, deliveries):
            result = self.result(ref)
            answer = self.send(path, [result] if path == BULK else result, method)
            self.assertEqual(self.answered(answer)[0], 200)
            self.assert_tokenized(person)

    def test_encodings(self):
        encodings = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32")
        people = self.sent(len(encodings))
        for person, ref, encoding in zip(people, self.refs, encodings):
            body = json.dumps([self.result(ref, "token é")], ensure_ascii=False).encode(encoding)
            self.assertEqual(self.answered(self.send(BULK, body))[0], 200)
            self.assert_tokenized(person, "token é")

    def test_arguments_in_the_url(self):
        """Odoo would hand them to the controller, and fail with those that clash."""
        names = ("self", "___dbname", "dbname", "request", "params", "context", "debug", "a b")
        people = self.sent(2 * len(names))
        deliveries = [(path, name) for path in ROUTES for name in names]
        for person, ref, (path, name) in zip(people, self.refs, deliveries):
            result = self.result(ref)
            answer = self.send(f"{path}?{name}=1", [result] if path == BULK else result)
            self.assertEqual(self.answered(answer)[0], 200, (path, name))
            self.assert_tokenized(person)

    def test_other_keys(self):
        """Odoo would take a context from ``params``, and would send ``id`` back."""
        contexts = (None, 1, "x", [], {"lang": 1}, {"active_test": True, "tracking_disable": []})
        people = self.sent(len(contexts))
        for person, ref, context in zip(people, self.refs, contexts):
            result = self.result(ref)
            result["params"].update(context=context, self=1, args=[SECRET], method="unlink")
            body = {**result, "id": SECRET, "jsonrpc": [], "method": {}, "context": context}
            answer = self.send(SINGLE, body)
            self.assertEqual(
                self.answered(answer), (200, {"accepted": 1, "ignored": 0, "malformed": 0})
            )
            self.assert_tokenized(person)

    def test_params_that_are_no_object(self):
        """Then the result is looked for beside them."""
        odd = ([], "x", 1, None, True)
        people = self.sent(len(odd))
        for person, ref, params in zip(people, self.refs, odd):
            self.assertEqual(
                self.answered(self.send(SINGLE, {"params": params})), (200, MALFORMED)
            )
            self.send(SINGLE, {**self.result(ref)["params"], "params": params})
            self.assert_tokenized(person)

    def test_the_language_of_who_delivers_does_not_count(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        translated = self.env["ir.translation"]
        source = "MOSIP gave another token than the one that is there."
        translated.create(
            {
                "type": "code",
                "lang": "fr_FR",
                "module": "mts_connector",
                "name": "addons/mts_connector/models/mts_record.py",
                "res_id": 0,
                "src": source,
                "value": "Un autre",
                "state": "translated",
            }
        )
        person = self.sent()
        person.mosip_auth_token = "another"
        self.send(BULK, [self.result(self.refs[0])], Accept_Language="fr-FR")
        self.assertEqual(self.record_of(person).error_message, source)


@tagged("post_install", "-at_install")
class TestText(CallbackCase):
    """Whatever a token or a message is made of, it is stored clean or refused, without a 500."""

    def delivered(self, *results):
        """Send a registrant for each result, deliver them; return their records."""
        people = self.sent(len(results))
        body = [{"ref": ref, **result} for ref, result in zip(self.refs, results)]
        self.assertEqual(self.answered(self.send(BULK, json.dumps(body).encode()))[0], 200)
        return [self.record_of(person) for person in people]

    def tokens(self, *tokens):
        return self.delivered(*({"status": "processed", "token": token} for token in tokens))

    def assert_refused(self, record):
        person = record.partner_id
        self.assertEqual((person.mosip_auth_token, bool(person.mosip_vid)), (False, True))
        self.assertEqual((record.state, record.error_code), ("rejected", "MTC-UNUSABLE"))

    def test_tokens_that_are_refused(self):
        odd = ("a\x00b", "a\ud800b", "a\udfffb", "a\u202eb", "\u200f12", "a\u200bb", "a\nb")
        for record in self.tokens(*odd, "a\x7f", "\ufeff1", "9" * 257, "9" * 10000, " ", "\x00"):
            self.assert_refused(record)

    def test_values_that_are_no_text(self):
        for record in self.tokens(1, True, 1.5, [], {}, [TOKEN], {"a": TOKEN}):
            self.assert_refused(record)

    def test_tokens_that_are_stored(self):
        tokens = {
            "'; DROP TABLE res_partner; --": None,
            "<script>alert(1)</script>": None,
            "%s %(a)s {} ${a}": None,
            "é中😀": None,
            "9" * 256: None,
            f" {TOKEN}\n": TOKEN,
        }
        for record, (token, clean) in zip(self.tokens(*tokens), tokens.items()):
            self.assert_tokenized(record.partner_id, clean or token)
            self.assertEqual(record.state, "tokenized")

    def test_messages(self):
        messages = ("\x00\ud800", "\u202e", "%s %(a)s", "x" * 10000, "<b>", "")
        refusal = {"status": "error", "errorCode": "IDA-DEA-001"}
        results = [{**refusal, "errorMessage": f"before {text} after"} for text in messages]
        for record in self.delivered(*results):
            self.assertTrue(record.partner_id.mosip_vid)
            self.assertEqual((record.state, record.error_code), ("rejected", "IDA-DEA-001"))
            self.assertTrue(record.error_message.startswith("before"))
            self.assertLessEqual(len(record.error_message), 500)

    def test_codes(self):
        codes = ("\x00IDA\ud800", "%", "*", "IDA-DEA-%", "x" * 64, "x" * 65, "'", 1, [], {})
        for record in self.delivered(*({"status": "error", "errorCode": code} for code in codes)):
            self.assertTrue(record.partner_id.mosip_vid)
            self.assertEqual(record.state, "rejected")


@tagged("post_install", "-at_install")
class TestWho(CallbackCase):
    def log_in(self, groups):
        login = groups.replace(".", "_")
        new_test_user(self.env, login, groups, password=PASSWORD)
        self.env["base"].flush()
        self.authenticate(login, PASSWORD)

    def assert_denied(self, **headers):
        for path in ROUTES:
            result = self.result(self.refs[0])
            answer = self.send(path, [result] if path == BULK else result, **headers)
            self.assertEqual(self.answered(answer), (403, DENIED))

    def test_headers_that_prove_nothing(self):
        self.sent()
        bearer = self.bearer
        headers = (
            "",
            "Bearer",
            "Bearer ",
            "Bearer \t",
            "bearer None",
            "Bearer " + "\xe9" * 43,
            "Bearer " + "x" * 20000,
            "Basic " + bearer,
            "Token " + bearer,
            bearer,
            f"Bearer {bearer}, Bearer {bearer}",
            f"Bearer\xa0{bearer}",
            f"Bearer {bearer[:-1]}",
            f"Bearer {bearer}x",
            f"Bearer {bearer.swapcase()}",
            "Digest x=\x01",
        )
        with self.nothing_written():
            for header in headers:
                self.assert_denied(Authorization=header.encode("latin-1"))

    def test_the_hash_of_the_bearer_is_worth_nothing(self):
        person = self.sent()
        digest = self.request_of(person)._secret("bearer_hash")
        self.assertEqual(len(digest), 64)
        self.assert_denied(bearer=digest)

    def test_sessions_of_others(self):
        self.sent()
        groups = ("base.group_portal", "base.group_user", "mts_connector.group_user")
        for group in groups:
            self.log_in(group)
            with self.nothing_written():
                self.assert_denied(bearer="")

    def test_a_session_that_has_ended(self):
        self.sent()
        self.log_in("mts_connector.group_callback")
        self.env["res.users"].search(
            [("login", "=", "mts_connector_group_callback")]
        ).active = False
        with self.nothing_written():
            self.assert_denied(bearer="")

    def rpc(self, model, method, *args):
        """Call a method as a browser does; return the name of the error."""
        params = {"model": model, "method": method, "args": args, "kwargs": {}}
        with mute_logger("odoo.http", "odoo.addons.base.models.ir_model", "odoo.models"):
            answer = self.send(
                "/web/dataset/call_kw",
                {"params": params},
                bearer="",
                Content_Type="application/json",
            ).json()
        return answer.get("error", {}).get("data", {}).get("name")

    def test_the_callback_user_may_do_nothing_else(self):
        person = self.sent()
        record = self.record_of(person)
        self.log_in("mts_connector.group_callback")
        denied = "odoo.exceptions.AccessError"
        ids = {
            "mts.connector": self.connector.id,
            "mts.request": record.request_id.id,
            "mts.run": record.run_id.id,
            "mts.record": record.id,
            "res.partner": person.id,
        }
        with self.nothing_written():
            for model in (
                *ids,
                "mts.error.code",
                "mts.refused.delivery",
                "ir.config_parameter",
                "ir.attachment",
                "ir.model.fields",
            ):
                number = [ids.get(model, 1)]
                for call in (
                    ("search_read", [], ["id"]),
                    ("read", number),
                    ("write", number, {}),
                    ("create", {}),
                    ("unlink", number),
                ):
                    self.assertEqual(self.rpc(model, *call), denied, (model, call))
            number = [self.connector.id]
            for button in (
                "action_import_now",
                "action_start",
                "action_stop",
                "action_test_connection",
            ):
                self.assertEqual(self.rpc("mts.connector", button, number), denied, button)
            self.assertEqual(self.rpc("mts.record", "action_retry", [record.id]), denied)
            self.assertEqual(self.rpc("mts.run", "action_cancel", [record.run_id.id]), denied)
            for method in ("_receive", "_of_bearer", "_settle", "_note"):
                self.assertEqual(self.rpc("mts.request", method, []), denied)

    def test_the_group_gives_no_right_to_any_model(self):
        """Only what Odoo gives to everybody."""
        member = new_test_user(self.env, "member", "mts_connector.group_callback")
        nobody = new_test_user(self.env, "nobody", "base.group_portal")
        nobody.groups_id = False
        for model in self.env:
            for operation in ("read", "write", "create", "unlink"):
                rights = [
                    self.env[model].with_user(user).check_access_rights(operation, False)
                    for user in (member, nobody)
                ]
                self.assertEqual(rights[0], rights[1], (model, operation))

    def test_no_session_comes_of_a_delivery(self):
        person, _other = self.sent(2)
        store = http.root.session_store
        with patch.object(store, "save", wraps=store.save) as save:
            answer = self.send(BULK, [self.result(self.refs[0])])
            self.assertNotIn("Set-Cookie", answer.headers)
            answer = self.send(SINGLE + "?debug=1", self.result(self.refs[1]))
            self.assertNotIn("Set-Cookie", answer.headers)
            for path in ROUTES:
                for bearer in (self.bearer, "wrong", ""):
                    answer = self.send(path, b"nonsense", bearer=bearer)
                    self.assertNotIn("Set-Cookie", answer.headers)
            self.assertEqual(save.call_count, 0)
            # Elsewhere there is one.
            self.assertIn("Set-Cookie", self.send("/web/login", b"", "GET", "").headers)
            self.assertEqual(save.call_count, 1)
        self.assert_tokenized(person)


@tagged("post_install", "-at_install")
class TestForged(CallbackCase):
    def statements(self, *results, **options):
        """Return the answer, and how much was asked of the database for it."""
        self.env["base"].flush()
        before = self.env.cr.sql_log_count
        answer = self.deliver(*results, **options)
        return answer, self.env.cr.sql_log_count - before

    def forgeries(self, ref, other):
        """Yield references made from two genuine ones."""
        record, request, proof, seal = ref.split(".")
        other_record, other_request, other_proof, other_seal = other.split(".")
        flipped = "0123456789abcdef0"
        yield from (
            f"{record}.{request}.{flipped[int(proof[0], 16) + 1]}{proof[1:]}.{seal}",
            f"{record}.{request}.{proof}.{seal[:-1]}{flipped[int(seal[-1], 16) + 1]}",
            f"{other_record}.{request}.{proof}.{seal}",
            f"{record}.{request}.{other_proof}.{other_seal}",
            f"{record}.{request}.{proof}.{other_seal}",
            f"{record}.{request}.{other_proof}.{seal}",
            f"{record}.{request}.{seal}.{proof}",
            f"{record}.{request}.{proof}.{proof}",
            f"{record}.{request}.{'0' * 32}.{'0' * 32}",
            f"{other_record}.{other_request}.{proof}.{seal}",
            f"0{record}.{request}.{proof}.{seal}",
            f"{record}.{request}.{proof.upper()}.{seal.upper()}",
            f"{record}.{request}.{proof}.{seal}.",
            f"{record}.{request}.{proof}",
            f"{record}.{request}",
            f"{ref}\n{other}",
            f"-{ref}",
        )

    def log_in_to_deliver(self):
        new_test_user(self.env, "deliverer", "mts_connector.group_callback", password=PASSWORD)
        self.env["base"].flush()
        self.authenticate("deliverer", PASSWORD)

    def test_forged_references(self):
        self.sent(2)
        first, second = self.refs
        self.log_in_to_deliver()
        with self.nothing_written():
            for ref in (*self.forgeries(first, second), *self.forgeries(second, first)):
                for bearer in (None, ""):
                    answer = self.deliver(self.result(ref), bearer=bearer)
                    self.assertEqual(answer, (200, NOTHING_NEW))

    def test_wrong_unknown_and_foreign_ones_are_met_alike(self):
        self.sent()
        foreign = self.refs[0]
        self.sent(2)
        record, request, proof, seal = self.refs[0].split(".")
        cases = {
            "wrong": f"{record}.{request}.{proof}.{seal[::-1]}",
            "wrong, of another record": f"{self.refs[1].split('.')[0]}.{request}.{proof}.{seal}",
            "unknown record": f"999999999.{request}.{proof}.{seal}",
            "unknown request": f"{record}.999999999.{proof}.{seal}",
            "beyond what there can be": f"9999999999.9999999999.{proof}.{seal}",
            "foreign": foreign,
            "no reference": "nonsense",
        }
        self.deliver(self.result(cases["wrong"]))  # what Odoo keeps in mind is there from now on
        found = {name: self.statements(self.result(ref)) for name, ref in cases.items()}
        self.assertEqual(found, dict.fromkeys(cases, found["wrong"]))
        self.assertEqual(found["wrong"][0], (200, NOTHING_NEW))
        self.log_in_to_deliver()
        del cases["foreign"]  # a user may deliver for all
        self.deliver(self.result(cases["wrong"]), bearer="")
        found = {name: self.statements(self.result(r), bearer="") for name, r in cases.items()}
        self.assertEqual(found, dict.fromkeys(cases, found["wrong"]))
        self.assertEqual(found["wrong"][0], (200, NOTHING_NEW))

    def test_the_bearer_of_another_request(self):
        self.sent()
        (foreign,) = self.refs
        person = self.sent()
        with self.nothing_written():
            for path, body in ((BULK, [self.result(foreign)]), (SINGLE, self.result(foreign))):
                self.assertEqual(self.answered(self.send(path, body)), (200, NOTHING_NEW))
        both = self.deliver(self.result(foreign), self.result(self.refs[0]))
        self.assertEqual(both, (200, {"accepted": 1, "ignored": 1, "malformed": 0}))
        self.assert_tokenized(person)

    def test_the_vid_has_changed(self):
        person = self.sent()
        self.deliver({"ref": "nonsense"})
        person.mosip_vid = self.new_vid()
        self.assertEqual(self.deliver(self.result(self.refs[0])), (200, NOTHING_NEW))
        self.assertFalse(person.mosip_auth_token)
        self.assertEqual(self.record_of(person).state, "pending")

    def test_a_callback_that_comes_again(self):
        vids = [self.new_vid() for _number in range(4)]
        self.simulator.refuse(vids[3], "IDA-MLC-005")
        people = self.env["res.partner"]
        for vid in vids:
            people += self.create_registrant(mosip_vid=vid, given_name=vid)
        self.import_now(self.connector)
        call = self.receiver.calls[-1]
        self.bearer = call.headers["Authorization"].partition(" ")[2]
        first = self.answered(self.send(BULK, call.data))
        self.assertEqual(first, (200, {"accepted": 4, "ignored": 0, "malformed": 0}))
        self.assertEqual(
            [bool(person.mosip_auth_token) for person in people], [True] * 3 + [False]
        )
        self.log_in_to_deliver()
        with self.nothing_written():
            for bearer in (None, ""):
                again = self.answered(self.send(BULK, call.data, bearer=bearer))
                self.assertEqual(again, (200, {"accepted": 0, "ignored": 4, "malformed": 0}))
                for item in json.loads(call.data):
                    answer = self.send(SINGLE, item, bearer=bearer)
                    self.assertEqual(self.answered(answer), (200, NOTHING_NEW))

    def test_what_is_answered_stays_answered(self):
        """Who reads the bearer and the reference in the log of MTS, say, gets nothing for them."""
        person, other = self.sent(2)
        refusal = {"status": "error", "errorCode": "IDA-DEA-001"}
        refused = self.deliver({"ref": self.refs[0], **refusal})
        self.assertEqual(refused[1]["accepted"], 1)
        late = {"ref": self.refs[0], "status": "processed", "token": TOKEN}
        self.assertEqual(self.deliver({"ref": self.refs[1], **refusal})[1]["accepted"], 1)
        self.assertEqual(self.request_of(person).state, "answered")
        self.log_in_to_deliver()
        with self.nothing_written():
            for bearer in (None, ""):
                self.assertEqual(self.deliver(late, bearer=bearer), (200, NOTHING_NEW))
        self.assertEqual((person + other).mapped("mosip_auth_token"), [False, False])

    def test_nothing_hangs_on_the_secret_of_the_database(self):
        """Some registries let every user read and write it."""
        person = self.sent()
        self.env["ir.config_parameter"].set_param("database.secret", "known to everybody")
        self.assertEqual(self.deliver(self.result(self.refs[0]))[1]["accepted"], 1)
        self.assert_tokenized(person)

    def test_a_late_answer(self):
        """The old bearer works for the old request, until that is cleared away."""
        person, other = self.sent(2)
        run = self.record_of(person).run_id
        refs, bearer = self.refs, self.bearer
        self.simulator.restart()
        for _look in range(2):
            self.let_time_pass(run.request_ids, days=1)
            self.start_slice(self.connector)
        self.import_now(self.connector)
        self.assertNotEqual(self.record_of(person).run_id, run)
        self.assertEqual(
            self.deliver(self.result(refs[0]), bearer=bearer),
            (200, {"accepted": 1, "ignored": 0, "malformed": 0}),
        )
        self.assert_tokenized(person)
        run.unlink()
        with self.nothing_written():
            self.assertEqual(self.deliver(self.result(refs[1]), bearer=bearer), (403, DENIED))
        self.assertTrue(other.mosip_vid)


@tagged("post_install", "-at_install")
class TestCounted(CallbackCase):
    def setUp(self):
        super().setUp()
        self.env["mts.refused.delivery"].search([]).unlink()
        registry_class = type(self.env["mts.refused.delivery"])
        patcher = patch.object(registry_class, "_last_logged", float("-inf"))
        patcher.start()
        self.addCleanup(patcher.stop)

    def test_counts(self):
        self.sent()
        for _time in range(3):
            self.send(BULK, [], bearer="wrong")
        self.send(SINGLE, b"nonsense")
        self.deliver({}, None, {"ref": "nonsense"})
        self.assertEqual(
            self.refused(), {"denied": 3, "unreadable": 1, "malformed": 2, "unproven": 1}
        )
        self.send(SINGLE, {})
        self.assertEqual(self.refused()["malformed"], 3)

    def test_the_manager_sees_them_and_changes_nothing(self):
        self.sent()
        self.send(BULK, [], bearer="wrong")
        self.env["base"].flush()
        refusals = self.env["mts.refused.delivery"]
        manager = new_test_user(self.env, "manager", "mts_connector.group_manager")
        (row,) = refusals.with_user(manager).search_read([], ["reason", "count"])
        self.assertEqual((row["reason"], row["count"]), ("denied", 1))
        officer = new_test_user(self.env, "officer", "mts_connector.group_user")
        for user, operations in ((manager, ("write", "create", "unlink")), (officer, ("read",))):
            for operation in operations:
                self.assertFalse(
                    refusals.with_user(user).check_access_rights(operation, raise_exception=False)
                )

    def test_one_line_a_minute_without_data(self):
        self.sent()
        bodies = ([self.result(SECRET, SECRET)], SECRET, {"params": SECRET})
        with everything_logged(self) as logs:
            for path in ROUTES:
                for bearer in (self.bearer, SECRET, ""):
                    for body in bodies:
                        self.send(path, body, bearer=bearer)
        lines = [line for line in logs.output if "refused deliveries" in line]
        self.assertEqual(len(lines), 1)
        self.assertNotIn(SECRET, "\n".join(logs.output))
        self.assertNotIn(self.bearer, "\n".join(logs.output))

    def test_counting_that_fails_does_no_harm(self):
        """As when another process counts at the same moment."""
        person = self.sent()
        failing = patch.object(
            type(self.env["mts.refused.delivery"]), "_add", side_effect=psycopg2.OperationalError
        )
        with failing, mute_logger("odoo.addons.mts_connector.models.mts_refused_delivery"):
            self.assertEqual(
                self.deliver({}, self.result(self.refs[0])),
                (200, {"accepted": 1, "ignored": 0, "malformed": 1}),
            )
        self.assert_tokenized(person)
        self.assertEqual(self.refused(), {})
        self.send(BULK, [], bearer="wrong")
        self.assertEqual(self.refused(), {"malformed": 1, "denied": 1})


@tagged("post_install", "-at_install")
class TestOurOwnErrors(CallbackCase):
    def test_an_error_that_quotes_a_token(self):
        """Whatever goes wrong while results are settled."""
        self.sent()

        def fail(_records, _delivered):
            text = f"{TOKEN} is not to our taste"
            raise ValidationError(text)

        failing = patch.object(type(self.env["mts.record"]), "_settle", fail)
        bodies = {BULK: [self.result(self.refs[0])], SINGLE: self.result(self.refs[0])}
        for path, body in bodies.items():
            with failing, self.nothing_written(), everything_logged(self) as logs:
                answer = self.send(path, body)
            self.assertEqual(self.answered(answer), (500, {"error": "failed"}))
            text = "\n".join(logs.output)
            self.assertNotIn(TOKEN, text)
            self.assertIn("Callback failed: ValidationError", text)
            self.assertIn("in _receive", text)
