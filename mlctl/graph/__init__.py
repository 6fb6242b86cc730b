"""The dependency graph of declarations: order, cycles, critical path."""
