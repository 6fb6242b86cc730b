"""Readers of plans and events: text, diagnostics, console, JSON lines."""
