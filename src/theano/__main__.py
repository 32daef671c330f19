"""``python -m theano doctor`` and ``python -m theano cache``."""

import sys

from theano.compile.command import main

sys.exit(main())
