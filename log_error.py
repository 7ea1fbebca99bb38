# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Writes an error into the log without its words, which may quote people's data."""

import logging
import traceback


def log_error(logger, what, error, level=logging.ERROR):
    """Log what failed, the name of the error, and where it was raised.

    :param what: without anything of what was worked on, beyond ids
    """
    frames = "".join(traceback.format_tb(error.__traceback__))
    logger.log(level, "%s: %s\n%s", what, type(error).__name__, frames)
