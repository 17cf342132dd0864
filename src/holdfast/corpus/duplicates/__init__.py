"""Documents that repeat each other, within one source or across all: exact, near, and line by line."""
