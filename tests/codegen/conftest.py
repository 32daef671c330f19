"""Generated code is what these tests are about, whatever mode the others run in."""

import pytest

import theano


@pytest.fixture(autouse=True)
def native_mode():
    with theano.config.change_flags(mode="Mode", linker="cvm"):
        yield
