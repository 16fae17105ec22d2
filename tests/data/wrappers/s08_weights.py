import numpy as np

W = {"distance": 3.0, "speed": 1.0, "angle": 1.0, "main": 0.3, "side": 0.03}


def reward(obs, action, terminated):
    x, y, vx, vy, theta, omega, l, r = obs
    total = -W["distance"] * np.sqrt(x**2 + y**2) - W["speed"] * np.sqrt(vx**2 + vy**2) - W["angle"] * abs(theta)
    if action == 2:
        total -= W["main"]
    elif action in [1, 3]:
        total -= W["side"]
    if terminated:
        soft = bool(l) and bool(r) and abs(vx) < 0.5 and abs(vy) < 0.5 and abs(theta) < 0.3
        total += 200 if soft else -400
    return total
