"""A power as a loop: each step multiplies, and only the last result is kept."""

import theano
import theano.tensor as T


def power():
    """The function of a vector ``A`` and an integer ``k`` that gives A**k, elementwise."""
    k, A = T.iscalar("k"), T.vector("A")

    def step(prior_result, A):
        return prior_result * A
    result, updates = theano.scan(step, outputs_info=T.ones_like(A), non_sequences=A, n_steps=k)
    return theano.function([A, k], result[-1], updates=updates)


def main():
    """Raise the first ten numbers to powers."""
    function = power()
    for exponent in (2, 4):
        print(f"0 .. 9 to the power {exponent}:", function(range(10), exponent))


if __name__ == "__main__":
    main()
