"""What happened, in any world: episodes, policies that fly them, scores and pictures. Never torch."""
