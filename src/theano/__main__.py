"""``python -m theano doctor`` and ``python -m theano cache``."""

import sys

from theano.compile.command import main

if __name__ == "__main__":
    sys.exit(main())
