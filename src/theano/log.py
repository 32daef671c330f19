"""The package's logger: warnings go to stderr, unless a program says otherwise."""

import logging

theano_logger = logging.getLogger("theano")
logging_default_formatter = logging.Formatter("%(levelname)s (%(name)s): %(message)s")
logging_default_handler = logging.StreamHandler()
logging_default_handler.setFormatter(logging_default_formatter)


def has_handlers(logger):
    """Whether messages of ``logger`` reach any handler."""
    return logger.hasHandlers()


def disable_log_handler(logger=theano_logger, handler=logging_default_handler):
    """Let ``handler`` have no messages of ``logger`` where others have them, so that none is shown twice."""
    if logger.hasHandlers():
        logger.removeHandler(handler)


if not theano_logger.hasHandlers():             # a program that set up logging before goes on with what it has
    theano_logger.setLevel(logging.WARNING)
    theano_logger.addHandler(logging_default_handler)
