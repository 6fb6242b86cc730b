"""The language: text to syntax, syntax to values. Knows nothing of mlctl's blocks."""
