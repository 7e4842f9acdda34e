"""A world to send in: a real database with readers and one approved edition, and a provider that keeps its books in a file."""

import pytest
from delivery.delivery_world import World


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path, readers=25)
    yield made
    made.store.close()
