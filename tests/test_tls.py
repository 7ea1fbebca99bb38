# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""TLS on the way to MTS: always verified, by the usual authorities or by those of a CA file."""

import datetime
import ipaddress
import json
import os
import shutil
import ssl
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from odoo.tests.common import tagged
from odoo.tools import config

from .. import server_config
from .fault_case import FaultCase

FIELDS = ["vid", "name", "gender", "dob", "phoneNumber", "emailId", "fullAddress"]
HOUR = datetime.timedelta(hours=1)


class Certificate:
    """A certificate that signs itself, and its key, as PEM files."""

    def __init__(self, folder, name):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        now = datetime.datetime.utcnow()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - HOUR)
            .not_valid_after(now + HOUR)
            .add_extension(x509.SubjectAlternativeName([address]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        self.file = os.path.join(folder, name + ".pem")
        self.key_file = os.path.join(folder, name + ".key")
        with open(self.file, "wb") as handle:
            handle.write(certificate.public_bytes(pem))
        with open(self.key_file, "wb") as handle:
            handle.write(
                key.private_bytes(
                    pem,
                    serialization.PrivateFormat.TraditionalOpenSSL,
                    serialization.NoEncryption(),
                )
            )


class Mts(BaseHTTPRequestHandler):
    """Just enough of MTS; ``received`` has the bodies that arrived."""

    received = []

    def do_GET(self):
        pong = self.path.endswith("/ping")
        self.answer("[0 - 0] pong" if pong else {"response": {"authfields": FIELDS}})

    def do_POST(self):
        self.received.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer({"response": {"request_identifier": "a" * 36}})

    def answer(self, body):
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args):
        """Odoo's log is not for this."""


@tagged("post_install", "-at_install")
class TestTls(FaultCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        self.certificate = Certificate(folder, "mts")
        self.stranger = Certificate(folder, "stranger")
        Mts.received = []
        self.connector = self.create_connector(mts_url=self.serve(self.certificate))

    def serve(self, certificate):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Mts)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.file, certificate.key_file)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"https://127.0.0.1:{server.server_address[1]}"

    def trusting(self, path):
        return patch.dict(config.misc, {server_config.SECTION: {"mts_ca_file": path}})

    def assert_no_connection(self, words):
        self.assertIn(f"To be mended MTS {words}", self.connection_report(self.connector))

    def test_an_unknown_authority_is_not_trusted(self):
        self.assert_no_connection("No secure connection")
        with self.trusting(self.stranger.file):
            self.assert_no_connection("No secure connection")

    def test_the_environment_does_not_get_round_it(self):
        trusted = patch.dict(os.environ, {"REQUESTS_CA_BUNDLE": self.certificate.file})
        with self.trusting(self.stranger.file), trusted:
            self.assert_no_connection("No secure connection")
        with patch.dict(os.environ, {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""}):
            self.assert_no_connection("No secure connection")

    def test_the_ca_file_is_trusted(self):
        with self.trusting(self.certificate.file):
            self.assertIn("Works MTS", self.connection_report(self.connector))

    def test_the_ca_file_of_one_connector(self):
        name = f"MTS_CONNECTOR_MTS_CA_FILE_{self.connector.id}"
        with patch.dict(os.environ, {name: self.certificate.file}):
            self.assertIn("Works MTS", self.connection_report(self.connector))
            copy = self.connector.copy()
            self.assertIn("To be mended MTS", self.connection_report(copy))

    def test_certificates_of_the_environment_that_are_not_there(self):
        with patch.dict(os.environ, {"REQUESTS_CA_BUNDLE": "/nowhere/all.pem"}):
            self.assert_no_connection("The certificates that the server's environment names")

    def test_a_ca_file_that_is_not_there(self):
        with self.trusting("/nowhere/mts.pem"):
            self.assert_no_connection("The CA file")

    def test_nobodys_data_goes_to_a_stranger(self):
        partner = self.create_registrant()
        with self.no_pauses():
            run = self.import_now(self.connector)
        self.assertEqual(Mts.received, [])
        self.assertEqual(self.record_of(partner).state, "lost")
        self.assertIn("certificate", run.message)
        # The same batch goes out once the certificate is trusted, and nobody asks a stranger.
        with self.trusting(self.certificate.file), self.no_pauses():
            self.import_now(self.connector)
        self.assertEqual(len(Mts.received), 1)
        self.assertIn(partner.mosip_vid.encode(), Mts.received[0])
        self.assertEqual(self.record_of(partner).state, "pending")
