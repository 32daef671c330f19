"""Graphs to better graphs."""
