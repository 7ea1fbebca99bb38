"""The commands of `dev/cli.py`; each module has `run(arguments) -> exit status`."""
