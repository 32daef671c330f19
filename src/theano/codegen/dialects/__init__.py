"""The languages that kernels are printed in, one file each."""
