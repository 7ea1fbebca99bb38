# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import pytest

from environment import Environment


@pytest.fixture(scope="session")
def environment():
    with Environment.for_series() as made:
        yield made
