"""What a reward is, in any world: its terms, its weights, the forms in which it pays, its JSON and its Python.

No world's terms stand here; each world declares a `Design` of its own. Depends on numpy and on ``words`` alone.

Start with ``term`` and ``design``; then ``forms`` → ``account`` → ``codec`` → ``preset`` → ``export``.
"""
