"""Signs that somebody put documents where a crawl would find them."""
