# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The floor: a bare program that does the least that could be done, and keeps no promise.

It reads the rows, sends them, takes the answers, writes the tokens and deletes the VIDs. A crash
in the middle would lose people, and whoever finds the port may deliver whatever they like.
"""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, List, Tuple

import psycopg2.extras
import requests

PARTS = ("given_name", "family_name", "gender", "birthdate", "phone", "email", "address")
MAPPING = {
    "vid": "vid",
    "name": ["given_name", "family_name"],
    "gender": "gender",
    "dob": "birthdate",
    "phoneNumber": "phone",
    "emailId": "email",
    "fullAddress": ["address"],
}
DUE = f"""
    SELECT id, mosip_vid, {", ".join(PARTS)} FROM res_partner
    WHERE is_registrant AND mosip_vid IS NOT NULL AND mosip_auth_token IS NULL ORDER BY id
"""  # noqa: S608
OUTPUT_FORMAT = "{id: .input.id, token: .output.token}"
PATIENCE_SECONDS = 300


class Sink:
    """A plain HTTP server that hands each body to a function; used with `with`."""

    def __init__(self, take: Any) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                take(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> "Sink":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_exception: Any) -> None:
        self._server.shutdown()
        self._server.server_close()


class Floor:
    """Imports everybody once.

    :param connect: opens a connection to the database
    """

    def __init__(self, connect: Any, mts_url: str, batch_size: int) -> None:
        self._connect = connect
        self._mts_url = mts_url
        self._batch_size = batch_size
        self._sent = 0
        self._written = 0
        self._changed = threading.Condition()

    def run(self) -> float:
        """Import everybody who is due; returns the seconds that it took."""
        started = time.perf_counter()
        self._writer = self._connect()
        with Sink(self._take) as sink:
            self._send(sink.url)
            with self._changed:
                if not self._changed.wait_for(self._through, PATIENCE_SECONDS):
                    raise TimeoutError("MTS did not deliver everything to the floor")
        self._writer.close()
        return time.perf_counter() - started

    def _through(self) -> bool:
        return self._written == self._sent

    def _send(self, callback_url: str) -> None:
        callback = in_bulk(callback_url)
        reader = self._connect()
        reader.autocommit = False
        with reader, requests.Session() as session, reader.cursor("due") as cursor:
            cursor.itersize = self._batch_size
            cursor.execute(DUE)
            while True:
                rows = cursor.fetchmany(self._batch_size)
                if not rows:
                    break
                self._sent += len(rows)
                message = envelope([record(row) for row in rows], callback, OUTPUT_FORMAT)
                post(session, self._mts_url, message)
        reader.close()

    def _take(self, body: bytes) -> None:
        """Write what was delivered."""
        values = [(result["id"], result["token"]) for result in json.loads(body)]
        with self._writer.cursor() as cursor:
            psycopg2.extras.execute_values(
                cursor,
                """
                UPDATE res_partner SET mosip_auth_token = answer.token, mosip_vid = NULL
                FROM (VALUES %s) AS answer (id, token) WHERE res_partner.id = answer.id
                """,
                values,
                page_size=len(values),
            )
        with self._changed:
            self._written += len(values)
            self._changed.notify_all()


def in_bulk(url: str) -> Dict[str, Any]:
    return {"url": url, "callInBulk": True, "authType": "none"}


def read_records(tables: Any) -> List[Dict[str, Any]]:
    """Everybody who is due, as MTS gets them."""
    return [record(row) for row in tables.query(DUE)]


def record(row: Tuple[Any, ...]) -> Dict[str, Any]:
    record = {name: value for name, value in zip(PARTS, row[2:]) if value}
    record["birthdate"] = record["birthdate"].strftime("%Y/%m/%d")
    return {"id": row[0], "vid": row[1], **record}


def envelope(
    records: List[Dict[str, Any]], callback: Dict[str, Any], output_format: str
) -> Dict[str, Any]:
    """The request as MTS wants it.

    :param callback: what its ``callbackProperties`` have besides the usual
    """
    return {
        "id": "",
        "version": "",
        "metadata": "",
        "requesttime": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
        "request": {
            "output": "json",
            "deliverytype": "callback",
            "mapping": MAPPING,
            "outputFormat": output_format,
            "callbackProperties": {
                "httpMethod": "POST",
                "timeoutSeconds": 60,
                **callback,
            },
            "authdata": records,
        },
    }


def post(session: requests.Session, mts_url: str, message: Dict[str, Any]) -> None:
    """Send a batch."""
    data = json.dumps(message, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json"}
    session.post(f"{mts_url}/authtoken/json", data=data, headers=headers).raise_for_status()
