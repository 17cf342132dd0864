"""How alike texts are: one folding for all, word hashes, shingles, MinHash bands, and clusters over verified pairs; numpy alone."""
