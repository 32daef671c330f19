"""Graphs to source: loop nests, the emitter that prints them, and the compiler call."""
