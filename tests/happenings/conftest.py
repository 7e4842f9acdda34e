"""A fresh world for each test."""

import pytest
from happenings.happened import World


@pytest.fixture
def world(tmp_path):
    found = World(tmp_path)
    yield found
    found.store.close()
