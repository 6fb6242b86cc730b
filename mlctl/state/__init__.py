"""The state: what was made and run, folded from events; where it is kept and locked."""
