"""What is known about graphs: equations and functions, by topic."""
