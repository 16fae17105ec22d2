"""What it means: who was paid for what, and what a reward would prefer. Pure functions over episodes; no page."""
