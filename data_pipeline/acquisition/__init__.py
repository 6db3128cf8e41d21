"""From a source's plan to durable documents: one polite client, an archive, a store that survives being killed."""
