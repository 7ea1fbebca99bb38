# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The addon as pip installs it, from a checkout that is called anything."""

import ast
import os
import shutil
import sys
from contextlib import closing
from email.parser import Parser
from pathlib import PurePosixPath
from zipfile import ZipFile

import pytest

from bootstrap import wheel
from bootstrap.paths import ADDON, CHECKOUT, log_file
from bootstrap.run import run
from environment import addons

INSIDE = PurePosixPath("odoo/addons", ADDON)
MANIFEST = ast.literal_eval((CHECKOUT / "__manifest__.py").read_text())
STATE = "SELECT state FROM ir_module_module WHERE name = %s"
INSTALL_SECONDS = 600


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    checkout = tmp_path_factory.mktemp("checkout") / "any name"
    shutil.copytree(str(CHECKOUT), str(checkout), ignore=shutil.ignore_patterns(".git"))
    return wheel.build(checkout, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def names(built):
    with ZipFile(str(built)) as archive:
        return {PurePosixPath(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def metadata(built, names):
    name = next(name for name in names if name.name == "METADATA")
    with ZipFile(str(built)) as archive:
        return Parser().parsestr(archive.read(str(name)).decode())


def test_it_says_what_the_manifest_says(metadata):
    assert metadata["Name"] == "odoo-addon-mts-connector"
    assert metadata["Version"] == MANIFEST["version"]
    needed = MANIFEST["external_dependencies"]["python"]
    assert sorted(metadata.get_all("Requires-Dist")) == sorted(needed)


def test_all_that_odoo_reads_is_in_it_and_no_more(names):
    own = {name.relative_to(INSIDE) for name in names if INSIDE in name.parents}
    code = {name for name in own if name.suffix in addons.INSTALLED_SUFFIXES}
    assert {str(name) for name in code} == set(addons.installed_files(ADDON))
    assert {str(name) for name in own} >= {*MANIFEST["images"], "static/description/icon.png"}
    assert not {"dev", "docs", "simulator", "tests"} & {name.parts[0] for name in own}
    elsewhere = {name.parts[0] for name in names if INSIDE not in name.parents}
    assert [folder.endswith(".dist-info") for folder in elsewhere] == [True]


def test_odoo_installs_it(environment, built, tmp_path):
    site = tmp_path / "site-packages"
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--no-compile"]
    run([*pip, "--target", site, built], log_file("pip-wheel"), "pip did not install the wheel")
    database = environment.create_database("wheel")
    path = ",".join(str(folder) for folder in environment.source.addons)
    configuration = environment.config_file(database, addons_path=path)
    command = environment.command("-c", str(configuration), "-i", ADDON, "--stop-after-init")
    run(
        [*command, "--no-http", "--max-cron-threads=0"],
        log_file("wheel-install"),
        "Odoo did not install what pip had installed",
        timeout=INSTALL_SECONDS,
        env=environment.process_environment({"PYTHONPATH": os.fspath(site)}),
    )
    with closing(environment.connect(database)) as connection, connection.cursor() as cr:
        cr.execute(STATE, [ADDON])
        assert cr.fetchall() == [("installed",)]
    environment.drop_database(database)
