"""Ops that hold a graph of their own."""
