"""Random streams in what is vectorized: each slice draws what it would draw alone."""

import numpy as np
import pytest
from theano.sandbox.rng_mrg import MRG_RandomStreams
from theano.tensor.shared_randomstreams import RandomStreams

import theano
import theano.tensor as T
from theano.inner.scan.op import Scan

STREAMS = pytest.mark.parametrize("streams", [RandomStreams, MRG_RandomStreams])
GIVEN = np.array([0.0, 1.0, 2.9, -3.0])


def walk_of(stream):
    """A random walk until it is above 3: where it ends, and after how many steps."""
    def step(carry):
        return {"x": carry["x"] + stream.uniform((), low=0.1), "n": carry["n"] + 1}, None
    return lambda x: list(theano.loop(step, {"x": x, "n": 0}, until=lambda c: c["x"] > 3)[0].values())


def alone(streams, build, values):
    """What ``build`` gives for each value with a new stream."""
    x = T.dscalar()
    found = []
    for value in values:
        f = theano.function([x], build(streams(7))(x))
        found.append([np.array(v) for v in f(value)])
    return [np.stack(column) for column in zip(*found, strict=True)]


@STREAMS
def test_loops_that_end_apart_draw_what_they_would_draw_alone(streams):
    x = T.dvector()
    f = theano.function([x], theano.vectorize(walk_of(streams(7)))(x))
    ends, counts = f(GIVEN)
    for found, expected in zip((ends, counts), alone(streams, walk_of, GIVEN), strict=True):
        np.testing.assert_allclose(found, expected)
    assert len(set(counts)) > 2 and (ends > 3).all()
    assert sum(isinstance(n.op, Scan) for n in f.maker.fgraph.toposort()) == 1


@STREAMS
def test_streams_go_on_where_the_last_slice_stopped(streams):
    x, y = T.dvector(), T.dscalar()
    f = theano.function([x], theano.vectorize(walk_of(streams(7)))(x))
    g = theano.function([y], walk_of(streams(7))(y))
    for _ in range(3):
        last = GIVEN.argmin()               # the others draw fewer numbers
        np.testing.assert_allclose(f(GIVEN)[0][last], g(GIVEN[last])[0])


@STREAMS
def test_derivatives_of_loops_that_end_apart(streams):
    """The second loop, which gradients need, draws what the first one drew."""
    def build(stream):
        return lambda x: [theano.loop(lambda s: (s * (1 + stream.uniform(())), None), x, until=lambda s: s > 3)[0]]
    x = T.dvector()
    ends, = theano.vectorize(build(streams(7)))(x)
    f = theano.function([x], [ends, T.grad(ends.sum(), x), T.Rop(ends, x, x)])
    given = np.array([1.0, 0.2, 2.9])
    found, slope, along = f(given)
    np.testing.assert_allclose(found, alone(streams, build, given)[0])
    np.testing.assert_allclose(slope, found / given)
    np.testing.assert_allclose(along, found)


@STREAMS
def test_one_loop_without_a_number_of_steps_draws_from_one_stream(streams):
    stream, x = streams(7), T.dscalar()

    def step(s):
        s = s + stream.uniform(())
        return s, s
    last, rows = theano.loop(step, x, until=lambda s: s > 3)
    f = theano.function([x], [last, rows, T.grad(rows.sum(), x)])
    firsts = set()
    for _ in range(3):
        end, steps, slope = f(0.0)
        assert end == steps[-1] > 3 and (np.diff(steps) > 0).all() and slope == len(steps)
        firsts.add(steps[0])
    assert len(firsts) == 3


@STREAMS
def test_loops_of_a_number_of_steps(streams):
    def build(stream):
        return lambda x: list(theano.loop(lambda s: ((s + stream.normal((2,), avg=s[0])), s.sum()), T.stack([x, x]),
                                          n_steps=3))
    x = T.dvector()
    f = theano.function([x], theano.vectorize(build(streams(7)))(x))
    expected = alone(streams, build, GIVEN)
    for found, value in zip(f(GIVEN), expected, strict=True):
        np.testing.assert_allclose(found, value)
    assert not np.allclose(f(GIVEN)[0], expected[0])            # the stream went on


@STREAMS
@pytest.mark.parametrize("depth", [1, 2])
def test_samples_with_parameters_of_their_own(streams, depth):
    def build(stream):
        return lambda x: [stream.normal((3,), avg=x, std=2.0), stream.uniform((2, 3), low=x, high=5.0),
                          x * stream.normal((2,), dtype="float32")]
    x = T.TensorType("float64", (False,) * depth)()
    vectorized = build(streams(7))
    for _ in range(depth):
        vectorized = theano.vectorize(vectorized)
    f = theano.function([x], vectorized(x))
    given = GIVEN if depth == 1 else np.stack([GIVEN, GIVEN + 1])
    found = f(given)
    for v, expected in zip(found, alone(streams, build, given.ravel()), strict=True):
        np.testing.assert_allclose(v.reshape(-1, *v.shape[depth:]), expected, rtol=1e-6)
    assert not any(np.allclose(v, w) for v, w in zip(found, f(given), strict=True))


@STREAMS
def test_a_graph_whose_inputs_get_more_axes(streams):
    stream, x = streams(7), T.dscalar("x")
    ends = walk_of(stream)(x)
    f = theano.function([many := T.dmatrix()], theano.vectorize_graph(ends, {x: many}))
    expected = alone(streams, walk_of, GIVEN)[0].reshape(2, 2)
    np.testing.assert_allclose(f(GIVEN.reshape(2, 2))[0], expected)


def rows_of_steps(stream, x):
    return theano.scan(lambda s: (s + stream.uniform(()), theano.scan_module.until(s > 3)), outputs_info=x,
                       n_steps=10)[0]


@STREAMS
@pytest.mark.parametrize("build, why", [
    (rows_of_steps, "theano.loop returns what the last step gave"),
    (lambda stream, x: stream.uniform((T.cast(x, "int64"),), ndim=1), "samples would differ in size"),
    (lambda stream, x: theano.loop(lambda s: (s + stream.uniform((T.cast(s, "int64"),), ndim=1).sum(), None), x,
                                   until=lambda s: s > 3)[0], "samples would differ in size"),
])
def test_streams_whose_states_would_differ_are_refused(streams, build, why):
    with pytest.raises(TypeError, match=f"vectorize: all slices draw from one random stream.*{why}.*Draw the numbers"):
        theano.vectorize(lambda x: build(streams(7), x))(T.dvector())


def test_distributions_that_are_no_scaled_numbers_are_refused():
    with pytest.raises(TypeError, match="the parameters of RandomFunction{poisson} differ between slices"):
        theano.vectorize(lambda x: RandomStreams(7).poisson((), lam=x))(T.dvector())
    x = T.dvector()
    f = theano.function([x], theano.vectorize(lambda x: x + RandomStreams(7).poisson((), lam=2.0))(x))
    assert len(set(f(GIVEN) - GIVEN)) == 1
