# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A tiny client for Odoo's JSON-RPC."""

from typing import Any, Optional

import requests


class RpcError(Exception):
    """Odoo answered with an error; `name` is the exception's class there."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message


class RpcClient:
    """Calls methods of models as one user."""

    def __init__(self, url: str, database: str, login: str, password: str) -> None:
        self.url = url
        self.database = database
        self.password = password
        self.user_id = self._service("common", "login", database, login, password)
        if not self.user_id:
            raise RpcError("AccessDenied", f"user '{login}' may not log in")

    def call(
        self, model: str, method: str, *args: Any, timeout: Optional[float] = 120, **kwargs: Any
    ) -> Any:
        """Call a method; the first argument of a record's method is the list of ids."""
        return self._service(
            "object",
            "execute_kw",
            self.database,
            self.user_id,
            self.password,
            model,
            method,
            list(args),
            kwargs,
            timeout=timeout,
        )

    def _service(
        self, service: str, method: str, *args: Any, timeout: Optional[float] = 120
    ) -> Any:
        body = {
            "jsonrpc": "2.0",
            "method": "call",
            "params": {"service": service, "method": method, "args": args},
        }
        response = requests.post(self.url + "/jsonrpc", json=body, timeout=timeout)
        response.raise_for_status()
        answer = response.json()
        if "error" in answer:
            data = answer["error"].get("data", {})
            raise RpcError(data.get("name", "Error"), data.get("message", str(answer["error"])))
        return answer.get("result")
