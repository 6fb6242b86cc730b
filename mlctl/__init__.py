"""Terraform for machine learning: declare what should be there, run only what changed."""
