# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How MTS fetches the records of a batch from ODK Central."""

from __future__ import annotations

from typing import Any

import requests

from .errors import BatchFailed, CheckFailed

TIMEOUT = 30


def pull(config: dict[str, Any], scheme: str) -> list[dict[str, Any]]:
    """The submissions that ``odkconfig`` asks for; raises CheckFailed or BatchFailed.

    ``baseurl`` is a host, with a port perhaps. MTS logs in there by https; ``scheme`` is for the
    simulated ODK Central, which has no certificate.
    """
    for key, code in (("baseurl", "18"), ("email", "19"), ("password", "20")):
        if not config.get(key):
            raise CheckFailed((f"ATS-REQ-{code}", f"no odk {key} provided"))
    root = f"{scheme}://{config['baseurl']}/{config.get('version') or 'v1'}"
    try:
        with requests.Session() as session:
            session.trust_env = False
            return _pull(session, root, config)
    except (requests.RequestException, KeyError, ValueError) as error:
        # What ODK refuses MTS trips over: where there is no token, for instance.
        raise BatchFailed(str(error)) from None


def _pull(session: requests.Session, root: str, config: dict[str, Any]) -> list[dict[str, Any]]:
    credentials = {"email": config["email"], "password": config["password"]}
    token = session.post(root + "/sessions", json=credentials, timeout=TIMEOUT).json()["token"]
    answer = session.get(
        _submissions_url(root, config),
        headers={"Authorization": "Bearer " + token},
        timeout=TIMEOUT,
    )
    submissions = answer.json().get("value")
    if not submissions:
        raise CheckFailed(("ATS-REQ-23", "no submissions found for odk pull"))
    return submissions


def _submissions_url(root: str, config: dict[str, Any]) -> str:
    url = config.get("odataurl")
    if not url:
        for key, code in (("projectid", "21"), ("formid", "22")):
            if not config.get(key):
                raise CheckFailed((f"ATS-REQ-{code}", f"no odk {key} provided"))
        url = f"{root}/projects/{config['projectid']}/forms/{config['formid']}.svc"
    url += "/Submissions"
    start, end = config.get("startdate"), config.get("enddate")
    if start and end:
        # Both ends are left out.
        field = "__system/submissionDate"
        url += f"?$filter={field}%20gt%20{start}%20and%20{field}%20lt%20{end}"
    return url
