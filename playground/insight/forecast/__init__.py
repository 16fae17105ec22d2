"""What PPO will probably make of a reward, learned from many trainings."""
