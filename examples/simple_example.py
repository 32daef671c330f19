"""The first program of every introduction: an expression, compiled and called."""

import theano
import theano.tensor as T


def powers():
    """The function a + a**10 of a vector."""
    a = T.vector("a")                       # a symbolic variable
    b = a + a ** 10                         # an expression
    return theano.function([a], b)          # a callable


def square_of_sum():
    """The function a**2 + b**2 + 2 a b of two vectors."""
    a, b = T.vectors("a", "b")
    return theano.function([a, b], a ** 2 + b ** 2 + 2 * a * b)


def operations(function):
    """Names of the operations that a compiled function consists of."""
    return [str(node.op) for node in function.maker.fgraph.toposort()]


def main():
    """Call both, and show that each became one loop without a power function."""
    f = powers()
    print("a + a**10 at 0, 1, 2:", f([0, 1, 2]))
    print("computed by:", operations(f))
    g = square_of_sum()
    print("a**2 + b**2 + 2*a*b:", g([1, 2, 3], [4, 5, 6]))
    print("computed by:", operations(g))


if __name__ == "__main__":
    main()
