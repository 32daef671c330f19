"""Times and amounts of memory as people read them."""


def duration(seconds):
    """A time with three digits and its unit, as in "73.8us"."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale:
            return (f"{seconds / scale:#.3g}".rstrip(".") if seconds < 1000 else f"{seconds:.0f}") + unit
    return f"{seconds * 1e9:.0f}ns"


def size(nbytes):
    """An amount of memory with three digits and its unit, as in "1.53 MiB"; below 1 KiB in bytes."""
    for unit, scale in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if nbytes >= scale:
            amount = nbytes / scale
            return (f"{amount:#.3g}".rstrip(".") if amount < 1000 else f"{amount:.0f}") + f" {unit}"
    return f"{nbytes} bytes"
