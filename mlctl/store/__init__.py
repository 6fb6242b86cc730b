"""The artifact store: content by digest, results by fingerprint."""
