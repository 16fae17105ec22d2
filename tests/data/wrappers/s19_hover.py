import gymnasium as gym


class Shaped(gym.Wrapper):
    def __init__(self, env):
        super().__init__(env)
        self.n = 0

    def reset(self, **kwargs):
        obs, info = self.env.reset(**kwargs)
        self.n = 0
        return obs, info

    def step(self, action):
        obs, reward, terminated, truncated, info = self.env.step(action)
        x, y, vx, vy, angle, omega, left, right = obs
        self.n += 1
        if y < 0.5 and not terminated and not truncated:
            if abs(vy) < 0.5:
                reward += 0.5
            elif abs(vy) < 1:
                reward += 0.2
            if abs(angle) < 0.2:
                reward += 0.3
        if 0.05 < y < 0.3 and abs(vy) < 0.05 and not left and not right:
            reward -= 0.1 * (1 + self.n / 600)
        if self.n > 420:
            reward -= 0.01 * (self.n - 420)
        return obs, reward, terminated, truncated, info
