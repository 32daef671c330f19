"""Numbers: their dtypes, and the operations on them, one row each."""
