"""Commands beyond the first path, a few a file; like `cli`, they parse, call and print, and import late."""
