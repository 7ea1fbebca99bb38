"""What goes wrong outside the project's own code."""


class SetupError(Exception):
    """Something that the environment needs is missing; the text says what to do about it."""
