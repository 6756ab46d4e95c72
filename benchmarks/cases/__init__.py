"""One benchmark case a file; found by folder."""
