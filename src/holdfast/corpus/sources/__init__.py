"""Where documents come from: files of every format, cut into shards that any machine can read by itself."""
