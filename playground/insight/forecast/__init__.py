"""What PPO will probably make of a reward, learned from many trainings on a world that has a table of them.

``predict`` says the chances, from ``features`` of the check and numbers that ``fit`` found; ``table`` → ``fit`` →
``judge`` → ``report`` is how those come about.
"""
