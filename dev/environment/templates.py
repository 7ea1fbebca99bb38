# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Databases that are installed once and copied for each run.

There are two levels. The base holds Odoo's own addons that ours build on; it takes long and
changes when Odoo, the pins or the dependencies do. The second holds our addons and is made
from the base whenever one of their files changed.
"""

import os
from pathlib import Path
from typing import Callable, List

from bootstrap import oca_addons
from bootstrap.locks import lock
from bootstrap.odoo_source import OdooSource
from bootstrap.paths import DEV, digest
from bootstrap.progress import step

from . import addons
from .databases import Databases, checkout_prefix, owner_prefix

BASE_MODULES = {"base", "web", "mail", "contacts"}
Installer = Callable[[str, List[str]], None]


class Templates:
    """Makes the templates of one series and hands out copies."""

    def __init__(self, source: OdooSource, databases: Databases, install: Installer) -> None:
        self.source = source
        self.databases = databases
        self.install = install
        self._series = source.series.replace(".0", "")

    def copy(self, target: str, modules: List[str], before: List[str]) -> None:
        """A new database with these addons of the checkout, and with all they depend on.

        :param before: addons of others that are installed before ours
        """
        with lock(f"templates-{self.source.series}"):
            self.databases.copy(self._with_modules(modules, before), target)

    def _with_modules(self, modules: List[str], before: List[str]) -> str:
        base = self._base(sorted(BASE_MODULES | addons.dependencies(modules)))
        if not modules:
            return base
        everything = digest(*sorted(modules), *sorted(before))
        family = f"{checkout_prefix()}tpl{self._series}_{everything[:6]}_"
        pins = oca_addons.pins(self.source.series) if before else ""
        name = family + digest(base, addons.fingerprint(modules), pins)
        if not self.databases.exists(name):
            for old in self.databases.names(family):
                self.databases.drop(old)
            with step(f"installing {', '.join(modules)} on Odoo {self.source.series}"):
                self._make(name, modules, lambda draft: self._begin(base, before, draft))
        return name

    def _begin(self, base: str, before: List[str], draft: str) -> None:
        self.databases.copy(base, draft)
        if before:
            self.install(draft, before)

    def _base(self, modules: List[str]) -> str:
        release = self.source.root / "odoo" / "release.py"
        key = digest(
            str(self.source.root),
            self.source.version,
            str(release.stat().st_mtime_ns),
            (DEV / "requirements.txt").read_text(),
            *modules,
        )
        name = f"{owner_prefix()}base{self._series}_{key}"
        if not self.databases.exists(name):
            with step(f"preparing a database of Odoo {self.source.series}"):
                self._make(name, modules, self.databases.create_empty)
        return name

    def _make(self, name: str, modules: List[str], start: Callable[[str], None]) -> None:
        """Work on a draft: a template under its own name is always whole."""
        draft = f"{name[:50]}_p{os.getpid()}"
        start(draft)
        try:
            self.install(draft, modules)
            self.databases.rename(draft, name)
        except BaseException:
            self.databases.drop(draft)
            raise


def data_dir_of(cache: Path, series: str) -> Path:
    """Odoo's own folder for files and sessions; the series must not share it."""
    return cache / "data" / series
