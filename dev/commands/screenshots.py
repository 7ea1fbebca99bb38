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
from typing import Any, Dict, Iterable, List, NamedTuple, Tuple

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


class Screen(NamedTuple):
    """A picture: of which page, how high, what must be there, and what is clicked before."""

    name: str
    page: str
    height: int
    ready: str
    clicks: Tuple[str, ...] = ()


#: The pages that an action opens by itself: a list, cards or a graph.
ACTIONS = {
    "overview": ("mts_overview_action", "mts.connector"),
    "imports": ("mts_run_action", "mts.run"),
    "rejected": ("mts_record_rejected_action", "mts.record"),
    "duplicates": ("mts_duplicate_action", "res.partner"),
    "decisions": ("mts_duplicate_decision_action", "mts.duplicate.decision"),
    "submissions": ("mts_submission_action", "mts.submission"),
}
GRAPHS = {
    "answers-by-day": ("mts_record_day_action", "mts.record"),
    "rejections-by-code": ("mts_record_code_action", "mts.record"),
    "coverage": ("mts_coverage_action", "mts.coverage"),
}
SCREENS = (
    Screen("overview", "overview", 340, ".o_kanban_view .o_kanban_record"),
    Screen(
        "connector",
        "connector",
        900,
        ".o_form_view .tab-pane.active .o_field_widget[name=mapping]",
    ),
    Screen(
        "connector-mts",
        "connector",
        900,
        ".o_form_view .tab-pane.active .o_field_widget[name=output_format]",
        (".nav-tabs >> text=MTS",),
    ),
    Screen(
        "connector-callback",
        "connector",
        800,
        ".o_form_view .tab-pane.active .o_field_widget[name=callback_url]",
        (".nav-tabs >> text=Callback",),
    ),
    Screen(
        "connector-schedule",
        "connector",
        700,
        ".o_form_view .tab-pane.active .o_field_widget[name=job_type]",
        (".nav-tabs >> text=Schedule",),
    ),
    Screen(
        "connector-edit",
        "connector",
        1100,
        ".o_form_view.o_form_editable .ace_content",
        (".o_form_button_edit",),
    ),
    Screen(
        "connection",
        "connector",
        600,
        ".modal .o_field_widget[name=report] table",
        ("button[name=action_test_connection]",),
    ),
    Screen(
        "preview",
        "connector",
        900,
        ".modal .o_field_widget[name=report] table",
        ("button[name=action_preview]",),
    ),
    Screen(
        "send-one",
        "connector",
        600,
        ".modal .o_field_widget[name=standing]",
        ("button[name=action_preview]", ".modal footer >> text=Send One"),
    ),
    Screen("import", "import", 620, ".o_form_view .o_progressbar"),
    Screen("imports", "imports", 400, ".o_list_view .o_data_row"),
    Screen(
        "refused",
        "rejected",
        760,
        ".o_list_view .o_data_row",
        (".o_group_header >> text=IDA-DEA-001",),
    ),
    Screen("duplicates", "duplicates", 580, ".o_list_view .o_data_row"),
    Screen(
        "registrant",
        "registrant",
        820,
        ".o_form_view .tab-pane.active .o_field_widget[name=mts_record_ids] tbody",
        (".nav-tabs >> text=MOSIP",),
    ),
    Screen(
        "comparison",
        "duplicates",
        820,
        ".modal .o_field_widget[name=comparison] table",
        (".o_data_row button[name=action_compare_duplicates] >> nth=0",),
    ),
    Screen(
        "retry",
        "rejected",
        700,
        ".modal button[name=action_send]",
        (
            ".o_group_header >> text=IDA-DEA-001",
            ".o_data_row .o_list_record_selector >> nth=0",
            ".o_cp_buttons button >> text=Retry",
        ),
    ),
    Screen(
        "repair",
        "rejected",
        820,
        ".o_form_view.o_form_editable .o_field_widget[name=gender]",
        (
            ".o_group_header >> text=ATS-REQ-011",
            ".o_data_row button[name=action_open_registrant] >> nth=0",
        ),
    ),
    Screen(
        "repair-vid",
        "rejected",
        820,
        ".o_form_editable .tab-pane.active .o_field_widget[name=mosip_vid_masked]",
        (
            ".o_group_header >> text=IDA-MLC-005",
            ".o_data_row button[name=action_open_registrant] >> nth=0",
        ),
    ),
    Screen(
        "record",
        "rejected",
        700,
        ".o_form_view .o_field_widget[name=situation]",
        (".o_group_header >> text=IDA-DEA-001", ".o_data_row >> nth=0"),
    ),
    Screen("not-duplicates", "decisions", 500, ".o_list_view, .o_view_nocontent"),
    Screen(
        "answers-by-day", "answers-by-day", 700, ".o_graph_view canvas, .o_graph_renderer canvas"
    ),
    Screen(
        "rejections-by-code",
        "rejections-by-code",
        700,
        ".o_graph_view canvas, .o_graph_renderer canvas",
    ),
    Screen("coverage", "coverage", 700, ".o_graph_view canvas, .o_graph_renderer canvas"),
)
FIELD_SCREENS = (
    Screen(
        "field",
        "field",
        900,
        ".o_form_view .tab-pane.active .o_field_widget[name=odk_url]",
        (".nav-tabs >> text=ODK Central",),
    ),
    Screen(
        "field-edit",
        "field",
        900,
        ".o_form_editable .tab-pane.active .o_field_widget[name=odk_url]",
        (".o_form_button_edit", ".nav-tabs >> text=ODK Central"),
    ),
    Screen(
        "field-preview",
        "field",
        900,
        ".modal .o_field_widget[name=report] pre",
        ("button[name=action_preview]",),
    ),
    Screen("submissions", "submissions", 500, ".o_list_view .o_data_row"),
)


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
    run = max(registry.runs(connector), key=lambda run: run["selected_count"])["id"]
    twice = registry.registrants(("mosip_duplicate_count", ">", 0))[0]["id"]
    pages = {
        "connector": _form(registry, "mts_connector_action", "mts.connector", connector),
        "import": _form(registry, "mts_run_action", "mts.run", run),
        "registrant": f"/web#id={twice}&model=res.partner&view_type=form",
    }
    return _orders(registry, SCREENS, pages)


def _field(play: Stage) -> List[Dict[str, Any]]:
    """Have submissions fetched, and say what there is to be seen of that."""
    registry = play.registry
    fetch_twice(play, registry.rpc.call("mts.connector", "search", [], order="id", limit=1)[0])
    is_odk = [("input_type", "=", "odk")]
    (connector,) = registry.rpc.call("mts.connector", "search", is_odk)
    form = _form(registry, "mts_connector_action", "mts.connector", connector)
    return _orders(registry, FIELD_SCREENS, {"field": form})


def _orders(
    registry: Registry, screens: Iterable[Screen], pages: Dict[str, str]
) -> List[Dict[str, Any]]:
    """What `screenshots/take.py` is told of these screens.

    :param pages: those that no action opens by itself
    """
    lists = {page: _list(registry, *action) for page, action in ACTIONS.items()}
    graphs = {
        page: f"{_list(registry, *action)}&view_type=graph" for page, action in GRAPHS.items()
    }
    pages = {**lists, **graphs, **pages}
    return [
        {
            "name": screen.name,
            "path": pages[screen.page],
            "ready": screen.ready,
            "height": screen.height,
            "clicks": screen.clicks,
        }
        for screen in screens
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
