"""What providers share and may import: the job directory, staging, contract suites."""
