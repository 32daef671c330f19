"""What is in the type of a variable, and what Python's statements can't do to it."""

import theano
import theano.tensor as T

DTYPES = {"f": "float32", "d": "float64", "c": "complex64", "z": "complex128", "b": "int8", "w": "int16", "i": "int32",
          "l": "int64"}


def constructors():
    """Vectors of every dtype by their letters, and matrices of any dtype and pattern."""
    vectors = {letter: getattr(T, letter + "vector")("v") for letter in DTYPES}
    custom = [T.tensor(dtype="uint16", broadcastable=[False] * 2), T.tensor("float32", broadcastable=[False, True]),
              T.matrix(dtype="float32"), T.fmatrix()]
    return vectors, custom


def row_plus_column():
    """A row and a column broadcast against each other."""
    r, c = T.row("r"), T.col("c")
    f = theano.function([r, c], r + c)
    return r.broadcastable, c.broadcastable, f([[1, 2, 3]], [[.1], [.2]])


def new_variables():
    """Expressions instead of assignments: parts of a vector incremented and set."""
    a = T.vector("a")
    before = a
    a += 1                                              # a new variable; the old one is as it was
    incremented = T.inc_subtensor(a[1:], 1)
    cleared = T.set_subtensor(incremented[:1], 0)
    return theano.function([before], [before, a, incremented, cleared])([1, 2, 3])


def refused():
    """What the statements that a variable can't take part in say."""
    a, b = T.vectors("a", "b")

    def assign():
        a[:] = 0

    statements = {"a[:] = 0": assign, "if a > b": lambda: bool(a > b), "for i in a": lambda: list(a),
                  "len(a)": lambda: len(a)}
    said = {}
    for text, statement in statements.items():
        try:
            statement()
        except TypeError as error:
            said[text] = str(error)
    return said


def main():
    """Print it all."""
    vectors, custom = constructors()
    for letter, vector in vectors.items():
        print(f"T.{letter}vector:", vector.type)
    print("others:", *(v.type for v in custom))
    row, column, total = row_plus_column()
    print("row:", row, "  column:", column)
    print(total)
    print("a, a + 1, incremented, cleared:", *new_variables())
    for text, error in refused().items():
        print(f"{text}:  {error}")


if __name__ == "__main__":
    main()
