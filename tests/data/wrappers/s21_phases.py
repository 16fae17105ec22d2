def compute_reward(obs, action, reward, done):
    x, y, vx, vy, angle, _, left, right = obs
    if y > 0.4:
        value = -5 * abs(x) - 2 * abs(vx) - 10 * abs(angle)
        if vy < -1:
            value -= 10 * abs(vy)
    else:
        value = -20 * abs(x) - 10 * abs(vx) - 30 * abs(angle) - 20 * abs(vy) + 10 * (left + right)
    value -= 0.05 * int(action != 0)
    if done:
        value += 1000 if reward > 50 else -100
    return value
