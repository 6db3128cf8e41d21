"""Labels: sessions, returns, the registry of labels, train-fitted cut points and purged splits."""
