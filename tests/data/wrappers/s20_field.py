def shaped_reward(obs, action, terminated, env_reward):
    x, y, vx, vy, angle, omega = obs[:6]
    r = 0.2 - 0.8 * ((vx + x) ** 2 + (vy + 0.8 * y) ** 2)
    r -= 3 * angle**2 + 0.5 * omega**2
    if y < 0.3:
        r -= 2 * (vx**2 + vy**2) + 5 * abs(angle)
    r -= 0.025 * (action == 2) + 0.005 * (action == 1 or action == 3)
    if terminated:
        r += 90 if env_reward > 0 else -90
    return r
