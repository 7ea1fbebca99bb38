# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The simulator as a process of its own."""

import contextlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

CHECKOUT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def running(*arguments, by_path=False, cwd=CHECKOUT):
    start = [str(CHECKOUT / "simulator")] if by_path else ["-m", "simulator"]
    process = subprocess.Popen(
        [sys.executable, *start, *arguments], cwd=str(cwd), stdout=subprocess.PIPE, text=True
    )
    try:
        line = process.stdout.readline()
        assert line.startswith("simulator: http://127.0.0.1:")
        yield process, line.split()[1]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_as_a_module_until_a_signal(number):
    with running("--quiet") as (process, url):
        assert "pong" in requests.get(url + "/ping", timeout=30).text
        process.send_signal(number)
        assert process.wait(30) == 0
        assert process.stdout.read() == ""


def test_until_the_end_of_standard_input():
    command = [sys.executable, "-m", "simulator", "--quiet", "--until-eof"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=str(CHECKOUT), stdin=pipe, stdout=pipe) as process:
        process.stdout.readline()
        assert process.poll() is None
        process.stdin.close()
        assert process.wait(30) == 0


def test_by_path_with_settings(tmp_path):
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"seed": 1, "vid_transactions": 2, "workers": 2}))
    arguments = ("--config", str(config), "--seed", "7", "--seconds-per-record", "0.5", "--quiet")
    with running(*arguments, by_path=True, cwd=tmp_path) as (_process, url):
        settings = requests.get(url + "/simulator/settings", timeout=30).json()
    assert settings["seed"] == 7
    assert settings["vid_transactions"] == 2
    assert settings["workers"] == 2
    assert settings["seconds_per_record"] == 0.5


@pytest.mark.parametrize("content", ['{"speed": 1}', "[]", "{", None])
def test_bad_settings_are_one_clear_line(tmp_path, content):
    config = tmp_path / "config.json"
    if content is not None:
        config.write_text(content)
    ended = subprocess.run(
        [sys.executable, "-m", "simulator", "--config", str(config)],
        cwd=str(CHECKOUT),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("simulator: ")
    assert len(ended.stderr.splitlines()) == 1


def test_a_port_that_is_taken():
    with running("--quiet") as (_process, url):
        ended = subprocess.run(
            [sys.executable, "-m", "simulator", "--port", url.rpartition(":")[2]],
            cwd=str(CHECKOUT),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert ended.returncode == 1
    assert "in use" in ended.stderr
