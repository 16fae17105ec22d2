import gymnasium as gym
import numpy as np


class Shaped(gym.Wrapper):
    def reset(self, **kwargs):
        obs, info = super().reset(**kwargs)
        self.phi = -np.hypot(obs[0], obs[1])
        self.idle = 0
        self.steps = 0
        return obs, info

    def step(self, action):
        obs, reward, terminated, truncated, info = self.env.step(action)
        x, y, vx, vy, angle, omega, left, right = obs
        self.steps += 1
        speed = np.hypot(vx, vy)
        phi = -np.hypot(x, y)
        self.idle = self.idle + 1 if speed < 0.1 else 0
        env = reward
        reward += 0.99 * phi - self.phi
        self.phi = phi
        if self.idle > 50:
            reward -= 0.5 * (self.idle - 50)
        if terminated and env > 0:
            reward += 200 + max(0, 0.5 * (500 - self.steps))
        elif terminated:
            reward -= 25
        elif truncated:
            reward -= 50
        return obs, reward, terminated, truncated, info
