"""Graphs for many values of their inputs at once: a rule for each op."""
