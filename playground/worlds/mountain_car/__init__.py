"""Gymnasium's MountainCar-v0: a car too weak for the hill, which must swing to reach the flag.

Reading order: ``terms`` → ``presets`` → ``world``.
"""
