"""Commands: flags in, one call, one view, one exit code."""
