"""Measurements of the playground on this machine: ``playground bench``."""
