# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the callback reads, and what it does not, whoever sends it."""

import json
from http.client import HTTPConnection
from urllib.parse import urlsplit

from odoo.tests.common import tagged

from .callback_case import (
    BULK,
    KIB,
    MALFORMED,
    ROUTES,
    SECRET,
    SINGLE,
    TOKEN,
    UNREADABLE,
    CallbackCase,
    debug_logs,
)


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
                    with debug_logs(self) as logs:
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
