"""The notebook as a student knows it: a shell, stubs of what is not there, copies of values."""
