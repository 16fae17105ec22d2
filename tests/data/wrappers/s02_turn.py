import gymnasium as gym


class Shaped(gym.Wrapper):
    def __init__(self, env):
        super().__init__(env)
        self.turn = 0.0
        self.turned = False

    def reset(self, **kwargs):
        obs, info = self.env.reset(**kwargs)
        self.turn = 0.0
        self.turned = False
        return obs, info

    def step(self, action):
        obs, reward, terminated, truncated, info = self.env.step(action)
        x, y, vx, vy, angle, omega, left, right = obs
        self.turn += omega
        turned = abs(self.turn) > 125
        if turned and not self.turned:
            reward += 50
            self.turned = True
        if self.turned:
            reward -= 0.2 * abs(angle)
        else:
            reward += 0.05 * abs(omega)
        if y < 0.5:
            reward -= 0.5 * max(0, -vy - 0.2 - 0.5 * y) ** 2
        return obs, reward, terminated, truncated, info
