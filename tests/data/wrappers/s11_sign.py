import gymnasium as gym
import numpy as np


class SignReward(gym.RewardWrapper):
    def reward(self, reward):
        return float(np.sign(reward))
