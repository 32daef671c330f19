"""A line that tells what a long compilation is doing, on a terminal only."""

import sys
import threading
import time
from contextlib import contextmanager

PATIENCE = 2.0          # seconds before the line appears
PERIOD = 0.1            # seconds between two writings of it
WIDTH = 78

_here = threading.local()


class Progress:
    """What one compilation is doing: ``phase``, and the number of ``nodes`` it works on."""

    def __init__(self, name, file):
        self.name, self.file = name, file
        self.phase, self.nodes = "starting", 0
        self.start = time.monotonic()
        self.done = threading.Event()

    def line(self):
        """The text of now."""
        seconds = time.monotonic() - self.start
        text = f"compiling {self.name}: {self.phase}, {self.nodes:,} nodes, {seconds:.1f} s"
        return text if len(text) <= WIDTH else text[:WIDTH - 3] + "..."

    def watch(self):
        """Write the line again and again, from `PATIENCE` on; at the end nothing is left of it."""
        if self.done.wait(PATIENCE):
            return
        while True:
            self.write(f"\r{self.line():<{WIDTH}}")
            if self.done.wait(PERIOD):
                break
        self.write("\r" + " " * WIDTH + "\r")

    def write(self, text):
        """Put out a text; a terminal that is gone ends the watching."""
        try:
            self.file.write(text)
            self.file.flush()
        except (OSError, ValueError):
            self.done.set()


def report(phase, nodes):
    """Say what the compilation that goes on in this thread is doing."""
    active = getattr(_here, "active", None)
    if active is not None:
        active.phase, active.nodes = phase, nodes


@contextmanager
def progress(name):
    """Show a line while the body runs, if that takes long and stderr is a terminal.

    A compilation within another one has no line of its own.
    """
    file = sys.stderr
    if getattr(_here, "active", None) is not None or not (file is not None and file.isatty()):
        yield
        return
    active = _here.active = Progress(name, file)
    watcher = threading.Thread(target=active.watch, name="theano progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        _here.active = None
        active.done.set()
        watcher.join()
