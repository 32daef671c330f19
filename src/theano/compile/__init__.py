"""From expressions to callables: inputs and outputs, modes, functions."""
