"""What it means: who was paid for what. Pure functions over episodes; no training, no page."""
