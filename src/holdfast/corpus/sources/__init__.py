"""Sources of documents: which files there are, how they are cut into shards, and how each format is read in batches of flat memory."""
