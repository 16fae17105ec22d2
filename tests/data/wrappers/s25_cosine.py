import gymnasium as gym
import numpy as np


class Shaped(gym.Wrapper):
    def step(self, action):
        obs, reward, terminated, truncated, info = self.env.step(action)
        x, y, vx, vy, angle, omega, left, right = obs
        dist = max(np.sqrt(x**2 + y**2), 0.01)
        speed = np.sqrt(vx**2 + vy**2)
        want = min(1, 0.5 * dist)
        wx = -x / dist * want
        wy = -y / dist * want
        if y < 0.2:
            wy = max(wy, -0.2)
        cosine = (vx * wx + vy * wy) / (speed * want) if speed > 0.01 else 0
        reward = 2 * cosine - abs(speed - want) - 0.5 * abs(omega)
        return obs, reward, terminated, truncated, info
