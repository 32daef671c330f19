"""Memory that views made by Python code still show."""

import numpy as np

import theano
import theano.tensor as T
from theano.graph.function_op import as_op


@as_op([T.dvector], [T.dvector])
def copied(x):
    return np.array(x)


def test_memory_lives_as_long_as_views_of_what_took_it_over():
    x = T.dvector()
    made = T.inc_subtensor(T.exp(x)[1:], 1.)            # in the memory of exp(x)
    _, rest = T.split(made, [1, 2], 2)                  # views, and ``made`` is needed no more
    later = x
    for _ in range(3):                                  # values that want memory meanwhile
        later = T.set_subtensor(T.cos(copied(later))[:1], 7.)
    late = copied(later)
    f = theano.function([x], [copied(rest + 0 * late[0]), copied(T.concatenate([late, rest]))])
    expected = np.exp([2., 3.]) + 1
    for found in f([1., 2., 3.]):
        np.testing.assert_allclose(found[-2:], expected)
