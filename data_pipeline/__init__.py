"""Floor 1: sources -> documents -> curation -> linking -> labels -> samples -> data set."""
