"""Pictures of graphs, before and after they are optimised: files for Graphviz, pages for a browser.

    python examples/drawing.py [FOLDER]

Without Graphviz the pictures are written in its language, as files that end in .dot.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from theano.d3viz import d3viz

import theano
import theano.tensor as T
from theano.printing import pydotprint, pydotprint_variables


def power():
    """a + a**10, and the function of it."""
    a = T.vector("a")
    b = a + a ** 10
    return b, theano.function([a], b, name="power")


def logistic_regression():
    """The prediction, the function that predicts, and the one that trains."""
    rng = np.random.RandomState(0)
    x, y = T.matrix("x"), T.vector("y")
    w, b = theano.shared(rng.randn(784).astype(theano.config.floatX), name="w"), theano.shared(0., name="b")
    p_1 = 1 / (1 + T.exp(-T.dot(x, w) - b))
    xent = -y * T.log(p_1) - (1 - y) * T.log(1 - p_1)
    prediction = p_1 > 0.5
    cost = xent.mean() + 0.01 * (w ** 2).sum()
    gw, gb = T.grad(cost, [w, b])
    predict = theano.function([x], prediction, name="predict")
    train = theano.function([x, y], [prediction, xent], updates={w: w - 0.1 * gw, b: b - 0.1 * gb}, name="train",
                            profile=theano.ProfileStats(atexit_print=False), allow_input_downcast=True)
    for _ in range(10):
        train(rng.randn(400, 784), rng.randint(0, 2, 400))
    return prediction, predict, train


def draw(folder):
    """Write all pictures and pages into ``folder``; returns their paths."""
    ending = "png" if shutil.which("dot") else "dot"
    b, f = power()
    prediction, predict, train = logistic_regression()
    pydotprint_variables(b, outfile=folder / f"power_as_written.{ending}", var_with_name_simple=True)
    pydotprint(f, outfile=folder / f"power_optimised.{ending}", var_with_name_simple=True)
    pydotprint_variables(prediction, outfile=folder / f"prediction.{ending}", var_with_name_simple=True)
    pydotprint(predict, outfile=folder / f"predict.{ending}", var_with_name_simple=True)
    pydotprint(train, outfile=folder / f"train.{ending}", var_with_name_simple=True)
    d3viz(train, folder / "train.html")
    return sorted(folder.iterdir())


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="theano-pictures-"))
    print("written:", ", ".join(path.name for path in draw(target)), "in", target)
