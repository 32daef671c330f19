"""The project's benchmarks: the same work in several systems, in one run. ``python -m benchmarks --help``."""
