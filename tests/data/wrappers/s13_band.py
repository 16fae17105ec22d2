import gymnasium as gym


class Shaped(gym.Wrapper):
    def step(self, action):
        obs, reward, terminated, truncated, info = self.env.step(action)
        x, y, vx, vy, angle, omega, left, right = obs
        calm = abs(angle) < 0.4 and -0.15 <= omega <= -0.1
        if calm:
            reward += 1
        if -0.08 <= vx <= -0.05 and -0.08 <= vy <= -0.05:
            reward += 0.75
        if abs(x) < 0.4:
            reward += 0.5
        if left or right:
            reward += 1
        if terminated and not (left and right):
            reward -= 100
        return obs, reward, terminated, truncated, info
