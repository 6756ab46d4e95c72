"""The offline HTML page of a run, or of several budgets: words, charts, tables, sources, audit trail.

`page.write` puts it together. A file of charts (`maps`, `money`, `ladder`, `spread`, `years`, `budget`) turns the
tables of one run into `Figure`s: options of the chart library and the same numbers as a table to read.
"""
