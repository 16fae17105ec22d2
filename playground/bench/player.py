"""The player: how soon a long episode stands, how smoothly it is dragged, and how soon "why?" is answered.

Leaves out: what it draws; the browser tests look at that.
"""

import json
import tempfile
import time
from pathlib import Path
from typing import Final

from playground.bench.browser import NoBrowser, headless_chromium
from playground.bench.figures import Figure
from playground.flight.fork import CONTINUATIONS, fork
from playground.flight.rollout import run_episode
from playground.flight.scorecard import EVALUATION_SEEDS
from playground.insight.breakdown import break_down
from playground.insight.explain import explain
from playground.lab.models.store import ModelStore
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.scene import film

SCRUB_SECONDS: Final = 3
PAGE: Final = """<!doctype html><meta charset="utf-8"><style>{css}</style><div id="host"></div>
<script type="application/json" id="episode">{data}</script>
<script type="module">
{js}
const markup = {markup};
const text = document.getElementById("episode").textContent;
const soon = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
const opened = [];
for (let i = 0; i < {repeats}; i++) {{
  const host = document.getElementById("host");
  host.innerHTML = markup;
  const fresh = host.cloneNode(true);
  host.replaceWith(fresh);
  await soon();
  const start = performance.now();
  reward_player({{ data: JSON.parse(text), parentElement: fresh, setTriggerValue() {{}} }});
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  opened.push(performance.now() - start);
}}
const seek = document.querySelector("input.seek");
const gaps = [];
let last = performance.now();
const end = last + {scrub_ms};
while (last < end) {{
  seek.value = Math.round(((last / 7) % 2000) / 2);
  seek.dispatchEvent(new Event("input"));
  await new Promise((done) => requestAnimationFrame(done));
  const now = performance.now();
  gaps.push(now - last);
  last = now;
}}
window.measured = {{ opened, gaps }};
</script>
"""


def measure_player(repeats: int) -> list[Figure]:
    """Opening and dragging an episode of 1,000 steps in headless Chromium, and forks of a landing and of a time-out.

    Args:
        repeats: of each.
    """
    return [*_forks(repeats), *_in_browser(repeats)]


def _forks(repeats: int) -> list[Figure]:
    figures = []
    for slug, what in (("gymnasium", "a landing"), ("sparse", "a time-out of 1,000 steps")):
        model = ModelStore().resolve(slug)
        episode = run_episode(model.spec.world, model.policy, EVALUATION_SEEDS[0])
        times = []
        for index in range(repeats):
            step = (index + 1) * len(episode) // (repeats + 1)
            start = time.perf_counter()
            branches = fork(episode, step, model.policy)
            explain(branches, int(episode.actions[step]), GYMNASIUM, model.spec.gamma)
            times.append(time.perf_counter() - start)
        figures.append(Figure(f'"why?", 4 actions, {CONTINUATIONS} flights each, amid {what}', times, "s"))
    return figures


def _in_browser(repeats: int) -> list[Figure]:
    from playground.app.player import make_film, scene_data, sources, to_script

    model = ModelStore().resolve("sparse")
    episode = run_episode(model.spec.world, model.policy, EVALUATION_SEEDS[0])
    paid = break_down(episode, GYMNASIUM, model.spec.gamma).paid
    shown = make_film("episode", episode, film(episode), model.policy)
    data = scene_data(
        [shown], ["episode"], [paid], model.spec.reward.keys, model.spec.reward.keys, model.spec.gamma, "episode"
    )
    page_text = PAGE.format(
        data=to_script(data),
        markup=json.dumps(sources()["html"]),
        repeats=repeats,
        scrub_ms=1000 * SCRUB_SECONDS,
        **{kind: sources()[kind] for kind in ("css", "js")},
    )
    try:
        with tempfile.TemporaryDirectory() as folder, headless_chromium() as browser:
            path = Path(folder, "player.html")
            path.write_text(page_text, encoding="utf-8")
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(path.as_uri())
            page.wait_for_function("window.measured", timeout=60_000)
            measured = page.evaluate("window.measured")
    except NoBrowser as error:
        return [Figure("the player in a browser", (), note=f"left out: {error}")]
    gaps = sorted(measured["gaps"])
    rate = 1e3 * len(gaps) / sum(gaps)
    slow = gaps[int(0.95 * len(gaps))]
    return [
        Figure(f"an episode of {len(episode):,} steps on screen, once its data are there", measured["opened"], "ms"),
        Figure("pictures a second while it is dragged", [rate], "/s", note=f"95th percentile {slow:.0f} ms a picture"),
    ]
