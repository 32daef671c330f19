"""Fixtures of all tests; the cache of compiled functions goes to a folder of its own."""

import os
import tempfile

os.environ["THEANO_FLAGS"] = ",".join([
    "on_opt_error=raise", "on_shape_error=raise",
    "base_compiledir=" + os.path.join(tempfile.gettempdir(), f"theano-tests-{os.getuid()}"),
    os.environ.get("THEANO_TEST_FLAGS", "")])           # `make test-all` runs the tests in further modes
os.environ["THEANORC"] = os.devnull

import numpy as np  # noqa: E402
import pytest  # noqa: E402

from theano.rewrite.database import POSITIONS, optdb  # noqa: E402


@pytest.fixture
def rng():
    """A seeded generator."""
    return np.random.RandomState(20110613)


@pytest.fixture
def rewrites_restored():
    """Forgets afterwards what a test has registered in the database of rewrites."""
    kept = {db: (dict(db.entries), dict(db.tags)) for db in (optdb, *(optdb[name] for name in POSITIONS))}
    yield
    for db, (entries, tags) in kept.items():
        db.entries, db.tags = entries, tags
