"""A polynomial as a loop over its coefficients, with the sum after the loop or within it."""

import numpy as np

import theano
import theano.tensor as T

MOST = 10000            # coefficients


def sum_outside():
    """The function of coefficients and ``x``: a loop gives the terms, which are then added up."""
    coefficients, x = T.vector("coefficients"), T.scalar("x")
    terms, _ = theano.scan(lambda coefficient, power, x: coefficient * x ** power,
                           sequences=[coefficients, T.arange(MOST)], non_sequences=x)
    return theano.function([coefficients, x], terms.sum())


def sum_inside():
    """The same; the loop carries the sum, of which only the last value is kept."""
    coefficients, x = T.vector("coefficients"), T.scalar("x")
    sums, _ = theano.scan(lambda coefficient, power, total, x: total + coefficient * x ** power,
                          sequences=[coefficients, T.arange(MOST)], outputs_info=T.zeros_like(x), non_sequences=x)
    return theano.function([coefficients, x], sums[-1])


def slope():
    """The derivative by ``x`` of the loop that carries the sum: a loop that runs backwards."""
    coefficients, x = T.vector("coefficients"), T.scalar("x")
    sums, _ = theano.scan(lambda coefficient, total, x: total * x + coefficient, sequences=coefficients,
                          outputs_info=T.zeros_like(x), non_sequences=x, go_backwards=True)
    return theano.function([coefficients, x], T.grad(sums[-1], x))


def main():
    """1 + 2 x**2 at 3, and its slope there."""
    coefficients = np.asarray([1, 0, 2], theano.config.floatX)
    print("1 + 2 x**2 at 3:", sum_outside()(coefficients, 3))
    print("with the sum inside the loop:", sum_inside()(coefficients, 3))
    print("the slope there:", slope()(coefficients, 3))


if __name__ == "__main__":
    main()
