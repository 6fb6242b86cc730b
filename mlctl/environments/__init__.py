"""Software environments: requirements to a hashed lock."""
