import gymnasium as gym
import numpy as np


class Shaped(gym.Wrapper):
    def reset(self, **kwargs):
        obs, info = self.env.reset(**kwargs)
        self.phi = -abs(obs[0]) - 1.5 * max(0.0, obs[1]) - 0.5 * abs(obs[4])
        return obs, info

    def step(self, action):
        obs, reward, terminated, truncated, info = self.env.step(action)
        x, y, vx, vy, angle, omega, left, right = obs
        alt = max(0.0, y)
        phi = -abs(x) - 1.5 * alt - 0.5 * abs(angle)
        reward += np.clip(0.99 * phi - self.phi, -3, 3)
        self.phi = phi
        speed = np.sqrt(vx**2 + vy**2)
        if alt < 0.2 and speed > 0.3:
            reward -= 5 * (speed - 0.3)
        elif alt < 0.4 and speed > 0.5:
            reward -= 2 * (speed - 0.5)
        reward -= 0.05  # time
        return obs, reward, terminated, truncated, info
