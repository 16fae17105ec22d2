"""Measurements of the playground on this machine: ``playground bench``.

Speeds stand beside a named peer in the same run, as a ratio, because seconds alone say more about the machine.
A measurement that lacks its tool (a browser, a peer) says so and is left out.

Leaves out: training speed; ``playground train`` prints that of each model.
"""

import io
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import psutil

Say = Callable[[str], None]
Results = dict[str, Any]
REPEATS: Final = 5
STEPS: Final = 20_000


def run_bench(full: bool, say: Say) -> Results:
    """Measure everything; ``full`` repeats more often.

    Args:
        full: five times the repeats.
        say: told what is being measured.

    Returns:
        Results by name, ready for JSON.
    """
    repeats = REPEATS * 5 if full else REPEATS
    results: Results = {
        "machine": {"python": platform.python_version(), "system": platform.system(), "cores": psutil.cpu_count()}
    }
    for name, measure in {
        "simulation": simulation,
        "evaluation": evaluation,
        "first_screen": first_screen,
        "app": app_start,
    }.items():
        say(f"measuring: {name}")
        results[name] = measure(repeats)
    return results


def _spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def _against(what: str, ours: list[float], peer: str, theirs: list[float], ratios: list[float]) -> Results:
    """A measurement beside its peer's."""
    return {"what": what, "peer": peer, "ours": _spread(ours), "peers": _spread(theirs), "ratio": _spread(ratios)}


def simulation(repeats: int) -> Results:
    """Environment steps a second: this project's vector environment against ``make_vec_env``, 16 landers each."""
    from stable_baselines3.common.env_util import make_vec_env

    from playground.lander import ENV_ID
    from playground.reward.presets import GYMNASIUM
    from playground.training.lander_vec_env import LanderVecEnv

    def speed(env: Any) -> float:
        rng = np.random.default_rng(0)
        env.reset()
        start = time.perf_counter()
        for _ in range(STEPS // 16):
            env.step(rng.integers(0, 4, 16))
        return STEPS / (time.perf_counter() - start)

    ours, theirs = [], []
    for _ in range(repeats):
        ours.append(speed(LanderVecEnv(GYMNASIUM, 0.995, 16)))
        theirs.append(speed(make_vec_env(ENV_ID, n_envs=16)))
    what = "environment steps a second, random actions, 16 landers, one core"
    faster = [a / b for a, b in zip(ours, theirs, strict=True)]
    return _against(what, ours, "stable_baselines3 make_vec_env", theirs, faster)


def evaluation(repeats: int) -> Results:
    """A hundred full episodes and their scorecard against SB3's ``evaluate_policy`` with one environment."""
    from stable_baselines3 import PPO
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.evaluation import evaluate_policy

    from playground.lander import ENV_ID
    from playground.lander.scorecard import evaluate
    from playground.training.store import ModelStore

    model = ModelStore().resolve("gymnasium")
    ours, theirs = [], []
    peer = PPO.load(io.BytesIO((model.folder / "model.zip").read_bytes()), device="cpu")  # a file that ships with us
    env = make_vec_env(ENV_ID, n_envs=16)
    for _ in range(max(1, repeats // 5)):
        start = time.perf_counter()
        evaluate(model.policy, model.spec.gamma)
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        evaluate_policy(peer, env, n_eval_episodes=100)
        theirs.append(time.perf_counter() - start)
    what = "seconds for 100 episodes of the shipped Gymnasium policy"
    name = "stable_baselines3 evaluate_policy, 16 environments from make_vec_env"
    return _against(what, ours, name, theirs, [b / a for a, b in zip(ours, theirs, strict=True)])


def first_screen(repeats: int) -> Results:
    """Compute of the first screen: open the shipped model, fly one episode, break it down."""
    from playground.insight.breakdown import break_down
    from playground.lander.rollout import run_episode
    from playground.training.store import ModelStore

    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        model = ModelStore().resolve("gymnasium")
        episode = run_episode(model.policy, 1000)
        break_down(episode, model.spec.reward, model.spec.gamma)
        seconds.append(time.perf_counter() - start)
    return {"what": "seconds to open the shipped model, fly one episode and break it down", "ours": _spread(seconds)}


def app_start(repeats: int) -> Results:
    """Start of the app to its first full page in headless Chromium, and the web process's memory."""
    chromium = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return {"skipped": "playwright is not installed"}
    if chromium is None:
        return {"skipped": "chromium is not installed"}
    server, page_seconds, memory = [], [], []
    for _ in range(max(1, repeats // 2)):
        with running_app() as (url, process, ready), sync_playwright() as driver:
            server.append(ready)
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            start = time.perf_counter()
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(url)
            page.wait_for_selector("[data-testid=stImage] img", timeout=60_000)
            page.wait_for_selector("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg")
            page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
            page_seconds.append(time.perf_counter() - start)
            memory.append(process.memory_info().rss / 2**20)
            browser.close()
    return {
        "what": "cold start in headless Chromium: the server answers; then the page stands, episode and chart included",
        "server_seconds": _spread(server),
        "page_seconds": _spread(page_seconds),
        "total_seconds": _spread([a + b for a, b in zip(server, page_seconds, strict=True)]),
        "web_process_mib": _spread(memory),
    }


@contextmanager
def running_app() -> Iterator[tuple[str, psutil.Process, float]]:
    """The app on a free port: its address, its process and the seconds until it answered."""
    from playground.training.home import app_script

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = app_script()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless=true", f"--server.port={port}"]
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=script.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        while True:
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=1)  # noqa: S310 (our own server)
                break
            except OSError:
                if process.poll() is not None or time.perf_counter() - start > 60:
                    raise RuntimeError("the app did not start; run `playground app` to see why") from None
                time.sleep(0.02)
        yield url, psutil.Process(process.pid), time.perf_counter() - start
    finally:
        process.terminate()
        process.wait(15)


def to_markdown(results: Results) -> str:
    """The results as a Markdown table."""

    def shown(value: dict[str, float]) -> str:
        digits = 0 if value["median"] >= 100 else 2
        return f"{value['median']:,.{digits}f} ({value['low']:,.{digits}f} to {value['high']:,.{digits}f})"

    lines = ["| measured | here | peer | ratio |", "| --- | --- | --- | --- |"]
    for name, result in results.items():
        if name == "machine":
            continue
        if "skipped" in result:
            lines.append(f"| {name} | left out: {result['skipped']} | | |")
        elif "ratio" in result:
            cells = (
                shown(result["ours"]),
                f"{result['peer']}: {shown(result['peers'])}",
                f"{result['ratio']['median']:.1f}",
            )
            lines.append(f"| {result['what']} | {' | '.join(cells)} |")
        elif "ours" in result:
            lines.append(f"| {result['what']} | {shown(result['ours'])} | | |")
        else:
            figures = ", ".join(
                f"{k.replace('_', ' ').replace('mib', 'MiB')} {shown(v)}" for k, v in result.items() if k != "what"
            )
            lines.append(f"| {result['what']} | {figures} | | |")
    machine = results["machine"]
    return "\n".join([*lines, "", f"{machine['cores']} cores, Python {machine['python']}; median (lowest to highest)."])
