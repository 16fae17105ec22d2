"""Somebody's Python as a design: read by symbolic execution, never run.

In reading order: ``source`` (what of a file is the reward), ``algebra`` (symbolic values), ``execute`` and ``calls``
(what a step computes), ``fields`` (what a class remembers), ``write`` (text of the language), ``read`` (terms).
"""
