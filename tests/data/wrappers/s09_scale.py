import gymnasium as gym


class ScaledReward(gym.RewardWrapper):
    def __init__(self, env, factor=0.01):
        super().__init__(env)
        self.factor = factor

    def reward(self, reward):
        return reward * self.factor
