import gymnasium as gym


class Shaped(gym.Wrapper):
    def reset(self, **kwargs):
        obs, info = self.env.reset(**kwargs)
        self.last_x = abs(obs[0])
        return obs, info

    def step(self, action):
        obs, reward, terminated, truncated, info = self.env.step(action)
        x, y, vx, vy, angle, omega, left, right = obs
        both = left and right
        if both and (terminated or truncated):
            reward += 300 if abs(x) < 0.3 else 200 if abs(x) < 0.5 else 100
        elif both:
            reward += 10
        reward += 2 * (self.last_x - abs(x))
        self.last_x = abs(x)
        if abs(angle) > 0.5:
            reward -= 0.5
        return obs, reward, terminated, truncated, info
