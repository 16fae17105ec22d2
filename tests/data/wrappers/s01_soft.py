import gymnasium as gym
import numpy as np


class Shaped(gym.Wrapper):
    def step(self, action):
        obs, reward, terminated, truncated, info = self.env.step(action)
        reward -= 0.1 * abs(obs[2]) + 0.1 * abs(obs[3])  # speed
        reward -= 0.05 * np.abs(obs[4])
        if action != 0:
            reward -= 0.01
        return obs, reward, terminated, truncated, info
