# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Run the addon's tests inside Odoo, the simulator's, the end-to-end and the browser tests."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Callable, Dict, List, Tuple

from bootstrap import browser
from bootstrap.paths import ADDON, CHECKOUT, cache_folder
from bootstrap.progress import say
from demo.stage import stage
from environment import Environment, addons, foreground
from environment.environment import python_path

SAMPLE_REGISTRY, SAMPLE_G2P = "mts_sample_registry", "mts_sample_g2p"
#: The addon's tests, and what is installed beside it for them.
ADDON_TESTS = {"tests": [SAMPLE_REGISTRY], "tests/g2p": [SAMPLE_REGISTRY, SAMPLE_G2P]}
PLAIN_TESTS = ("simulator/tests", "dev/tests", "dev/e2e")
BROWSER_TESTS = "dev/browser"
ALL_TESTS = (*ADDON_TESTS, *PLAIN_TESTS, BROWSER_TESTS)
#: What pytest's exit status says.
PASSED, INTERRUPTED, NO_TESTS = 0, 2, 5


def run(arguments: List[str]) -> int:
    """Run pytest with these arguments; paths among them choose what is run."""
    options, paths = _split(arguments)
    with Environment.for_series() as environment:
        say(environment.describe())
        statuses = []
        for folder, chosen in _chosen(paths).items():
            statuses.append(_test_of(folder)(environment, options, folder, chosen))
            if statuses[-1] == INTERRUPTED:
                break
    return _combined(statuses)


def _chosen(paths: List[str]) -> Dict[str, List[str]]:
    """What to run in which folder; without any paths, all there is."""
    if not paths:
        return {folder: [folder] for folder in ALL_TESTS if _has_tests(folder)}
    chosen = {
        folder: [path for path in paths if _folder_of(path) == folder] for folder in ALL_TESTS
    }
    return {folder: within for folder, within in chosen.items() if within}


def _test_of(folder: str) -> Callable[..., int]:
    if folder in ADDON_TESTS:
        return _test_addon
    return _test_in_browser if folder == BROWSER_TESTS else _test_plain


def _test_addon(
    environment: Environment, options: List[str], folder: str, paths: List[str]
) -> int:
    """Run pytest-odoo on a database of its own."""
    database = environment.create_database("test", [ADDON, *ADDON_TESTS[folder]])
    configuration = environment.config_file(database, log_level="warn")
    # Found by way of the link, so that Python knows the tests as part of the addon.
    links = addons.link_addons()
    root = links / ADDON
    variables = environment.process_environment(
        {
            "ODOO_RC": str(configuration),
            "PYTHONPATH": os.pathsep.join([str(environment.source.root), python_path()]),
        }
    )
    command = ["--odoo-http", f"--rootdir={root}", *options]
    within = [other for other in ADDON_TESTS if other.startswith(f"{folder}/")]
    command += [f"--ignore={root / other}" for other in within]
    command += [str(root / path) for path in paths]
    status = _pytest(command, variables, links)
    environment.drop_database(database)
    return status


def _test_plain(
    environment: Environment, options: List[str], folder: str, paths: List[str]
) -> int:
    """Run pytest without Odoo in its process."""
    root = CHECKOUT / folder
    variables = environment.process_environment(
        {
            # The folder itself, too, for what its tests share.
            "PYTHONPATH": os.pathsep.join([python_path(), str(root)]),
            "SERIES": environment.series,
        }
    )
    command = ["-p", "no:odoo", *_below(root), *options]
    return _pytest(command + [str(CHECKOUT / path) for path in paths], variables, CHECKOUT)


def _test_in_browser(
    environment: Environment, options: List[str], folder: str, paths: List[str]
) -> int:
    """Run pytest in the browser's Python, beside a demo whose import nobody has begun."""
    root = CHECKOUT / folder
    with stage(environment) as play, play.scheduler.at_work():
        about = {
            "series": environment.series,
            "url": play.odoo.url,
            "mts_url": play.simulator.url,
            "chromium": browser.program(),
            "switches": browser.SWITCHES,
        }
        variables = {**os.environ, "PYTHONPATH": str(root), "MTS_STAGE": json.dumps(about)}
        command = [*_below(root), *options, *(str(CHECKOUT / path) for path in paths)]
        return _pytest(command, variables, CHECKOUT, browser.python())


def _below(root: Path) -> List[str]:
    """The checkout is an addon, which cannot be imported here: stay below it."""
    return ["--import-mode=importlib", f"--rootdir={root}", f"--confcutdir={root}"]


def _pytest(
    arguments: List[str],
    variables: Dict[str, str],
    cwd: Path,
    python: Path = Path(sys.executable),
) -> int:
    variables["HYPOTHESIS_STORAGE_DIRECTORY"] = str(cache_folder("hypothesis"))
    command = [str(python), "-m", "pytest", "-c", str(CHECKOUT / "pyproject.toml")]
    command += ["-o", f"cache_dir={cache_folder('pytest')}", *arguments]
    return foreground.wait(subprocess.Popen(command, env=variables, cwd=str(cwd)))


def _split(arguments: List[str]) -> Tuple[List[str], List[str]]:
    """Tell the paths of tests from pytest's options."""
    options: List[str] = []
    paths: List[str] = []
    for argument in arguments:
        file_name = argument.split("::", 1)[0]
        is_path = not argument.startswith("-") and (CHECKOUT / file_name).exists()
        (paths if is_path else options).append(argument)
    return options, paths


def _folder_of(path: str) -> str:
    """The folder of tests that a path belongs to; one may lie in another."""
    file_name = Path(os.path.abspath(str(CHECKOUT / path.split("::", 1)[0])))
    folders = [
        folder for folder in ALL_TESTS if CHECKOUT / folder in (file_name, *file_name.parents)
    ]
    return max(folders, key=len, default="")


def _has_tests(folder: str) -> bool:
    return any((CHECKOUT / folder).rglob("test_*.py"))


def _combined(statuses: List[int]) -> int:
    """The first failure; a selection (-k) may leave one part without tests, but not all."""
    failures = [status for status in statuses if status not in (PASSED, NO_TESTS)]
    if failures:
        return failures[0]
    if not statuses:
        say("There are no tests here yet.")
        return PASSED
    return PASSED if PASSED in statuses else NO_TESTS
