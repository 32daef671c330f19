"""Random numbers: generators, ops that draw, and the streams that keep the state."""
