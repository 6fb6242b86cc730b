"""Configuration: HCL files to declarations, and declarations to values."""
