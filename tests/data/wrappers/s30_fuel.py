import gymnasium as gym
import numpy as np


class Shaped(gym.Wrapper):
    def __init__(self, env):
        super().__init__(env)
        self.steps = 0
        self.fuel = 0
        self.stay = 0

    def reset(self, **kwargs):
        obs, info = self.env.reset(**kwargs)
        self.steps = 0
        self.fuel = 0
        self.stay = 0
        return obs, info

    def step(self, action):
        obs, reward, terminated, truncated, info = self.env.step(action)
        x, y, vx, vy, angle, omega, left, right = obs
        self.steps += 1
        if action != 0:
            self.fuel += 1
        else:
            reward += 0.02
        if abs(x) < 0.4 and y < 0.6:
            self.stay += 1
        else:
            self.stay = 0
        if self.stay > 100:
            reward -= 0.05 * (self.stay - 100)
        if terminated and not self.env.unwrapped.lander.awake:
            reward += 200 + 60 * np.exp(-2.5 * abs(x))
            reward += 50 if self.fuel < 80 else (25 if self.fuel < 150 else 0)
        return obs, reward, terminated, truncated, info
