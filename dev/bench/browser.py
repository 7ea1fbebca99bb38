# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Opens screens with the calls that Odoo's web client makes, and measures how long they take."""

import ast
import time
from typing import Any, Dict, List

from lxml import etree

from bootstrap.paths import ADDON
from environment import RpcClient

#: Rows on a page of a list, and groups where they are opened at once.
PAGE, OPEN_GROUPS = 80, 10
#: The web client shows these in its own way.
DISCUSSION = ("message_ids", "activity_ids", "message_follower_ids")


class Browser:
    """One user's; the times are those of the second opening, when the views are known."""

    def __init__(self, rpc: RpcClient) -> None:
        self._rpc = rpc

    def open_list(self, action: str) -> float:
        """Open a menu's list, grouped where it is grouped by default; returns the seconds."""
        return self._second(lambda: self._list(action))

    def open_filtered(self, action: str, *domain: Any) -> float:
        """Open a list with a filter."""
        return self._second(lambda: self._list(action, list(domain)))

    def open_chart(self, action: str) -> float:
        """Open a menu's chart; returns the seconds."""
        return self._second(lambda: self._chart(action))

    def open_form(self, model: str, number: int) -> float:
        """Open a record; returns the seconds."""
        return self._second(lambda: self._form(model, number))

    def _second(self, opening: Any) -> float:
        opening()
        started = time.perf_counter()
        opening()
        return time.perf_counter() - started

    # Lists

    def _list(self, name: str, further: "List[Any] | None" = None) -> None:
        action = self._action(name)
        model, context = action["res_model"], _literal(action["context"], {})
        domain = _literal(action["domain"], []) + (further or [])
        views = self._views(model, "list", "search")
        fields = _fields(views["list"])
        groups = _groups(views["search"], context)
        if groups:
            self._rpc.call(
                model,
                "web_read_group",
                domain,
                fields,
                groups[:1],
                context=context,
                **self._pages(views["list"]),
            )
        else:
            self._rpc.call(model, "search_read", domain, fields, limit=PAGE, context=context)
            self._rpc.call(model, "search_count", domain, context=context)

    @staticmethod
    def _pages(view: Dict[str, Any]) -> Dict[str, Any]:
        """How much the web client asks for of a list in groups, which may be opened at once."""
        if etree.fromstring(view["arch"]).get("expand"):
            return {"limit": OPEN_GROUPS, "lazy": True, "expand": True, "expand_limit": PAGE}
        return {"limit": PAGE, "lazy": True}

    def _chart(self, name: str) -> None:
        action = self._action(name)
        number = next(number for number, kind in action["views"] if kind == "graph")
        views = self._rpc.call(action["res_model"], "load_views", [(number, "graph")])
        nodes = etree.fromstring(views["fields_views"]["graph"]["arch"]).iter("field")
        groups = [
            ":".join(filter(None, (node.get("name"), node.get("interval"))))
            for node in nodes
            if node.get("type") != "measure"
        ]
        domain = _literal(action["domain"], [])
        self._rpc.call(action["res_model"], "read_group", domain, [], groups, lazy=False)

    def _action(self, name: str) -> Dict[str, Any]:
        domain = [("module", "=", ADDON), ("name", "=", name)]
        number = self._rpc.call("ir.model.data", "search_read", domain, ["res_id"])[0]["res_id"]
        names = ["res_model", "domain", "context", "views"]
        return self._rpc.call("ir.actions.act_window", "read", [number], names)[0]

    # Forms

    def _form(self, model: str, number: int) -> None:
        view = self._views(model, "form")["form"]
        names = _fields(view)
        values = self._rpc.call(model, "read", [number], names)[0]
        for name in names:
            field = view["fields"][name]
            if field["type"] in ("one2many", "many2many") and name not in DISCUSSION:
                self._lines(field["relation"], values[name])

    def _lines(self, model: str, numbers: List[int]) -> None:
        if numbers:
            fields = _fields(self._views(model, "list")["list"])
            self._rpc.call(model, "read", numbers[:PAGE], fields)

    def _views(self, model: str, *kinds: str) -> Dict[str, Any]:
        wanted = [(False, kind) for kind in kinds]
        return self._rpc.call(model, "load_views", wanted)["fields_views"]


def _fields(view: Dict[str, Any]) -> List[str]:
    """The fields of a view, without those of lists within it."""
    return list(
        dict.fromkeys(etree.fromstring(view["arch"]).xpath("//field[not(ancestor::field)]/@name"))
    )


def _groups(view: Dict[str, Any], context: Dict[str, Any]) -> List[str]:
    """What an action groups by from the start."""
    groups = [context["group_by"]] if "group_by" in context else []
    for node in etree.fromstring(view["arch"]).iter("filter"):
        chosen = context.get("search_default_" + str(node.get("name")))
        filters = _literal(node.get("context"), {})
        if chosen and "group_by" in filters:
            groups.append(filters["group_by"])
    return groups


def _literal(text: Any, default: Any) -> Any:
    return ast.literal_eval(text) if text else default
