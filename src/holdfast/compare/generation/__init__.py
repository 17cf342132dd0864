"""More requests, written by a model that the user names, and frozen into a file before either side is asked."""
