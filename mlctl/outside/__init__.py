"""The world as planning and applying see it: files, locks, stores, providers behind small faces."""
