"""The language of own terms: Python's syntax over named quantities, read with ``ast`` and never run.

In reading order: ``vocabulary`` (the names), ``syntax`` (text to a checked tree), ``lowering`` (tree to operations),
``program`` (operations over arrays of steps), ``memory`` (words that remember earlier steps).
"""
