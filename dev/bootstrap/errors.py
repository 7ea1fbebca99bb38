# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What goes wrong outside the project's own code."""


class SetupError(Exception):
    """Something that the environment needs is missing; the text says what to do about it."""
