import pytest

from environment import Environment


@pytest.fixture(scope="session")
def environment():
    with Environment.for_series() as made:
        yield made
