"""Where a state is kept, one module a backend."""
