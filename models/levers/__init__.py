"""One policy lever a file; found by folder."""
