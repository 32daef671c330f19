"""Texts of times and sizes."""

from theano.graph.units import duration, size


def test_times_have_three_digits_and_a_unit():
    texts = [duration(t) for t in (0.0, 3e-9, 2.5e-7, 7.3841e-5, 0.0068, 0.68, 12.0, 999.4, 1234.5)]
    assert texts == ["0ns", "3ns", "250ns", "73.8us", "6.80ms", "680ms", "12.0s", "999s", "1234s"]


def test_sizes_have_three_digits_and_a_unit():
    texts = [size(n) for n in (0, 1023, 1024, 1600000, 1023 << 20, 5 << 30)]
    assert texts == ["0 bytes", "1023 bytes", "1.00 KiB", "1.53 MiB", "1023 MiB", "5.00 GiB"]
