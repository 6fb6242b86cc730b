"""The built-in functions, one file a family."""
