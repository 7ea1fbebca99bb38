# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Take the screenshots of the README from a demo, with a Chromium that is installed here.

With a folder as argument, all screens go there, to be looked at: also those that the README does
not show.
"""

import argparse
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Dict, List

from PIL import Image

from bootstrap import browser
from bootstrap.paths import CHECKOUT, DEV
from bootstrap.progress import say, step
from demo.field import fetch_twice
from demo.people import sample_people
from demo.registry import Registry
from demo.stage import Stage, stage, watch
from environment import Environment

COLOURS = 160
IMAGES = CHECKOUT / "docs" / "images"
STORE_PAGE = CHECKOUT / "static" / "description"
# Beyond the people of the demo.
LATECOMERS = 400


def run(arguments: List[str]) -> int:
    """Play the demo and take a picture of each screen."""
    parser = argparse.ArgumentParser(prog="dev/cli.py screenshots")
    parser.add_argument("folder", nargs="?", type=Path, default=IMAGES)
    parser.add_argument("--widths", nargs="+", type=int, default=[1300])
    options = parser.parse_args(arguments)
    chromium, python = browser.program(), browser.python()
    options.folder.mkdir(parents=True, exist_ok=True)
    with Environment.for_series() as environment:
        say(environment.describe())
        with stage(environment) as play, _scratch() as scratch:
            shots = _wanted(_shots(play), options.folder)
            if options.folder != IMAGES:
                shots += _field(play)
            order = {
                "url": play.odoo.url,
                "chromium": chromium,
                "switches": browser.SWITCHES,
                "folder": scratch,
                "widths": options.widths,
                "shots": shots,
            }
            with step("taking screenshots"):
                _take(python, order)
            for picture in sorted(Path(scratch).glob("*.png")):
                _save_small(picture, options.folder / picture.name)
    if options.folder == IMAGES:
        _copy_to_the_store_page()
    return 0


def _copy_to_the_store_page() -> None:
    """Odoo shows an addon's page with what lies beside it."""
    page = (STORE_PAGE / "index.html").read_text("utf-8")
    for name in re.findall(r'src="([^"]+)"', page):
        shutil.copy(str(IMAGES / name), str(STORE_PAGE / name))


def _take(python: Path, order: Dict[str, Any]) -> None:
    """In an environment of its own, which Odoo's cannot be."""
    subprocess.run(
        [str(python), str(DEV / "screenshots" / "take.py")],
        input=json.dumps(order),
        text=True,
        check=True,
    )


def _scratch() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="mts-screenshots-")


def _wanted(shots: List[Dict[str, Any]], folder: Path) -> List[Dict[str, Any]]:
    if folder != IMAGES:
        return shots
    readme = (CHECKOUT / "README.md").read_text("utf-8")
    return [shot for shot in shots if f"images/{shot['name']}.png" in readme]


def _shots(play: Stage) -> List[Dict[str, Any]]:
    """Import, and say what there is to be seen."""
    registry = play.registry
    connector = registry.create_connector(name="Demo registry", mts_url=play.simulator.url)
    registry.import_now(connector)
    watch(play, connector)
    # Who has come since is due now.
    registry.register(sample_people(LATECOMERS)[-2:])
    form = _form(registry, "mts_connector_action", "mts.connector", connector)
    run = max(registry.runs(connector), key=lambda run: run["selected_count"])["id"]
    twice = registry.registrants(("mosip_duplicate_count", ">", 0))[0]["id"]
    return [
        {
            "name": "overview",
            "path": _list(registry, "mts_overview_action", "mts.connector"),
            "ready": ".o_kanban_view .o_kanban_record",
            "height": 340,
        },
        {
            "name": "connector",
            "path": form,
            "ready": ".o_form_view .tab-pane.active .o_field_widget[name=mapping]",
            "height": 900,
        },
        {
            "name": "connector-mts",
            "path": form,
            "clicks": [".nav-tabs >> text=MTS"],
            "ready": ".o_form_view .tab-pane.active .o_field_widget[name=output_format]",
            "height": 900,
        },
        {
            "name": "connector-callback",
            "path": form,
            "clicks": [".nav-tabs >> text=Callback"],
            "ready": ".o_form_view .tab-pane.active .o_field_widget[name=callback_url]",
            "height": 800,
        },
        {
            "name": "connector-schedule",
            "path": form,
            "clicks": [".nav-tabs >> text=Schedule"],
            "ready": ".o_form_view .tab-pane.active .o_field_widget[name=job_type]",
            "height": 700,
        },
        {
            "name": "connector-edit",
            "path": form,
            "clicks": [".o_form_button_edit"],
            "ready": ".o_form_view.o_form_editable .ace_content",
            "height": 1100,
        },
        {
            "name": "connection",
            "path": form,
            "clicks": ["button[name=action_test_connection]"],
            "ready": ".modal .o_field_widget[name=report] table",
            "height": 600,
        },
        {
            "name": "preview",
            "path": form,
            "clicks": ["button[name=action_preview]"],
            "ready": ".modal .o_field_widget[name=report] table",
            "height": 900,
        },
        {
            "name": "send-one",
            "path": form,
            "clicks": ["button[name=action_preview]", ".modal footer >> text=Send One"],
            "ready": ".modal .o_field_widget[name=standing]",
            "height": 600,
        },
        {
            "name": "import",
            "path": _form(registry, "mts_run_action", "mts.run", run),
            "ready": ".o_form_view .o_progressbar",
            "height": 620,
        },
        {
            "name": "imports",
            "path": _list(registry, "mts_run_action", "mts.run"),
            "ready": ".o_list_view .o_data_row",
            "height": 400,
        },
        {
            "name": "refused",
            "path": _list(registry, "mts_record_rejected_action", "mts.record"),
            "clicks": [".o_group_header >> text=IDA-DEA-001"],
            "ready": ".o_list_view .o_data_row",
            "height": 760,
        },
        {
            "name": "duplicates",
            "path": _list(registry, "mts_duplicate_action", "res.partner"),
            "ready": ".o_list_view .o_data_row",
            "height": 580,
        },
        {
            "name": "registrant",
            "path": f"/web#id={twice}&model=res.partner&view_type=form",
            "clicks": [".nav-tabs >> text=MOSIP"],
            "ready": ".o_form_view .tab-pane.active .o_field_widget[name=mts_record_ids] tbody",
            "height": 820,
        },
        {
            "name": "comparison",
            "path": _list(registry, "mts_duplicate_action", "res.partner"),
            "clicks": [".o_data_row button[name=action_compare_duplicates] >> nth=0"],
            "ready": ".modal .o_field_widget[name=comparison] table",
            "height": 820,
        },
        {
            "name": "retry",
            "path": _list(registry, "mts_record_rejected_action", "mts.record"),
            "clicks": [
                ".o_group_header >> text=IDA-DEA-001",
                ".o_data_row .o_list_record_selector >> nth=0",
                ".o_cp_buttons button >> text=Retry",
            ],
            "ready": ".modal button[name=action_send]",
            "height": 700,
        },
        {
            "name": "repair",
            "path": _list(registry, "mts_record_rejected_action", "mts.record"),
            "clicks": [
                ".o_group_header >> text=ATS-REQ-011",
                ".o_data_row button[name=action_open_registrant] >> nth=0",
            ],
            "ready": ".o_form_view.o_form_editable .o_field_widget[name=gender]",
            "height": 820,
        },
        {
            "name": "repair-vid",
            "path": _list(registry, "mts_record_rejected_action", "mts.record"),
            "clicks": [
                ".o_group_header >> text=IDA-MLC-005",
                ".o_data_row button[name=action_open_registrant] >> nth=0",
            ],
            "ready": ".o_form_editable .tab-pane.active .o_field_widget[name=mosip_vid_masked]",
            "height": 820,
        },
        {
            "name": "record",
            "path": _list(registry, "mts_record_rejected_action", "mts.record"),
            "clicks": [
                ".o_group_header >> text=IDA-DEA-001",
                ".o_data_row >> nth=0",
            ],
            "ready": ".o_form_view .o_field_widget[name=situation]",
            "height": 700,
        },
        {
            "name": "not-duplicates",
            "path": _list(registry, "mts_duplicate_decision_action", "mts.duplicate.decision"),
            "ready": ".o_list_view, .o_view_nocontent",
            "height": 500,
        },
        *_board(registry),
    ]


def _field(play: Stage) -> List[Dict[str, Any]]:
    """Have submissions fetched, and say what there is to be seen of that."""
    registry = play.registry
    fetch_twice(play, registry.rpc.call("mts.connector", "search", [], order="id", limit=1)[0])
    is_odk = [("input_type", "=", "odk")]
    (connector,) = registry.rpc.call("mts.connector", "search", is_odk)
    form = _form(registry, "mts_connector_action", "mts.connector", connector)
    page = ".o_form_view .tab-pane.active .o_field_widget[name=odk_url]"
    return [
        {
            "name": "field",
            "path": form,
            "clicks": [".nav-tabs >> text=ODK Central"],
            "ready": page,
            "height": 900,
        },
        {
            "name": "field-edit",
            "path": form,
            "clicks": [".o_form_button_edit", ".nav-tabs >> text=ODK Central"],
            "ready": page.replace(".o_form_view", ".o_form_editable"),
            "height": 900,
        },
        {
            "name": "field-preview",
            "path": form,
            "clicks": ["button[name=action_preview]"],
            "ready": ".modal .o_field_widget[name=report] pre",
            "height": 900,
        },
        {
            "name": "submissions",
            "path": _list(registry, "mts_submission_action", "mts.submission"),
            "ready": ".o_list_view .o_data_row",
            "height": 500,
        },
    ]


def _board(registry: Registry) -> List[Dict[str, Any]]:
    boards = {
        "answers-by-day": ("mts_record_day_action", "mts.record"),
        "rejections-by-code": ("mts_record_code_action", "mts.record"),
        "coverage": ("mts_coverage_action", "mts.coverage"),
    }
    return [
        {
            "name": name,
            "path": f"{_list(registry, action, model)}&view_type=graph",
            "ready": ".o_graph_view canvas, .o_graph_renderer canvas",
            "height": 700,
        }
        for name, (action, model) in boards.items()
    ]


def _form(registry: Registry, action: str, model: str, record: int) -> str:
    return f"{_list(registry, action, model)}&view_type=form&id={record}"


def _list(registry: Registry, action: str, model: str) -> str:
    number = registry.number_of(action)
    return f"/web#action={number}&model={model}"


def _save_small(source: Path, target: Path) -> None:
    """Screens have few colours: a palette makes the file a third as large."""
    with Image.open(str(source)) as picture:
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
            str(target), optimize=True
        )
