"""One gap measure a file; found by folder."""
