// One instrument: the episode on a canvas, what every part paid beside it, and one playhead through both.
// The server hears of a question ("why?"), of a flight by hand and of nothing else.

const SPEEDS = [0.25, 0.5, 1, 2, 4];
const HOLD_SECONDS = 1.6;
const ICONS = {
  play: "M5 3v14l11-7z",
  pause: "M5 3h4v14H5zM11 3h4v14h-4z",
  back: "M14 3v14L6 10zM4 3h2v14H4z",
  next: "M6 3v14l8-7zM14 3h2v14h-2z",
  loop: "M4 9a6 6 0 0 1 10-3l2-2v6h-6l2.3-2.3A4 4 0 0 0 6 10zM16 11a6 6 0 0 1-10 3l-2 2v-6h6l-2.3 2.3A4 4 0 0 0 14 10z",
  jump: "M3 4v12l7-6zM10 4v12l7-6z",
  camera: "M3 6h3l2-2h4l2 2h3v10H3zM10 8a3 3 0 1 0 .01 0z",
};
const PLAYERS = new WeakMap();

export default function reward_player(component) {
  const root = component.parentElement;
  let player = PLAYERS.get(root);
  if (!player) {
    player = new Player(root.querySelector(".player"));
    PLAYERS.set(root, player);
  }
  player.send = (name, value) => component.setTriggerValue(name, value);
  const { data } = component;
  player.update(data instanceof Uint8Array ? JSON.parse(new TextDecoder().decode(data)) : data);
  const turn = (player.turn = (player.turn || 0) + 1);
  return () => player.turn === turn && player.rest(); // an older call's cleanup may come late
}

class Player {
  constructor(element) {
    this.element = element;
    this.find = (selector) => element.querySelector(selector);
    this.frame = 0;
    this.playing = false;
    this.speed = 1;
    this.loop = true;
    this.mode = "sums";
    this.discounted = false;
    this.beside = false;
    this.hidden = new Set();
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    element.addEventListener("keydown", (event) => this.key(event));
    element.addEventListener("keyup", (event) => this.pilot && this.pilot.release(event));
    element.addEventListener("focusout", (event) => !event.relatedTarget && this.pilot && this.pilot.held.clear());
    new ResizeObserver(() => this.data && this.redraw()).observe(element);
    const seek = this.find(".seek");
    seek.addEventListener("input", () => this.go(Number(seek.value)));
    const chart = this.find(".chart-box");
    const drag = (event) => {
      const box = chart.getBoundingClientRect();
      this.go(this.chart.frameAt(event.clientX - box.left));
    };
    chart.addEventListener("pointerdown", (event) => {
      chart.setPointerCapture(event.pointerId);
      drag(event);
    });
    chart.addEventListener("pointermove", (event) => chart.hasPointerCapture(event.pointerId) && drag(event));
    this.find(".discounted").addEventListener("change", (event) => {
      this.discounted = event.target.checked;
      this.reckon();
      this.redraw();
    });
  }

  // New data from the server: another episode, other weights, an answer, or frames of a flight by hand.
  update(data) {
    this.words = data.words;
    if (data.flight) {
      if (!this.pilot || this.pilot.id !== data.flight.id) {
        this.pilot = new HandPilot(this, data.flight.id);
        this.pilot.actions = data.flight.actions; // already under way: go on from here
        this.pilot.seen = data.episodes[0].steps;
      }
    } else {
      if (this.pilot) this.pilot.end();
      this.pilot = null;
      this.element.classList.remove("flying");
    }
    const id = data.episodes.map((episode) => episode.id).join(" ");
    const fresh = id !== this.id;
    this.data = data;
    this.id = id;
    if (!this.scenes) {
      this.scenes = [...this.element.querySelectorAll("canvas.scene")].map((canvas) => new SceneCanvas(canvas, data.world));
      this.chart = new PartsChart(this.find(".chart"), data.world);
    }
    this.episodes = data.episodes.map((episode, i) => unpack(episode, this.episodes && this.episodes[i]));
    this.last = Math.max(...this.episodes.map((episode) => episode.steps));
    if (this.pilot) {
      this.rest();
      this.playing = false;
      this.reckon();
      this.build();
      this.pilot.receive(data.flight);
      return;
    }
    if (fresh) {
      this.playing = !this.still;
      this.frame = this.still ? this.last : 0;
    }
    this.frame = Math.min(this.frame, this.last);
    this.reckon();
    this.build();
    this.redraw();
    this.tell();
    this.run();
  }

  // Sums of what was paid, discounted or not.
  reckon() {
    const gamma = this.discounted ? this.data.gamma : 1;
    this.accounts = this.episodes.map((episode) => accountOf(episode, this.data.parts.length, gamma));
    const { low, high } = rangeOf(this.accounts);
    this.low = low;
    this.reach = high - low || 1;
  }

  // Whether two episodes stand side by side: as chosen, and always from two starts.
  get apart() { return this.episodes.length > 1 && (this.beside || this.data.apart); }

  // All that changes with the data but not with the playhead. Whatever had the focus keeps it.
  build() {
    const active = this.element.getRootNode().activeElement;
    const focused = active && this.element.contains(active) ? labelOf(active) : "";
    this.fill();
    if (!focused || this.element.contains(this.element.getRootNode().activeElement)) return;
    const again = [...this.element.querySelectorAll("button, select")].find((button) => labelOf(button) === focused);
    (again || this.find(".scene")).focus({ preventScroll: true });
  }

  fill() {
    const { words, data } = this;
    this.element.lang = data.lang;
    this.element.classList.toggle("two", this.apart);
    this.find(".screen.beside").hidden = !this.apart;
    this.find(".title").textContent = words.title;
    this.find(".check span").textContent = words.discounted;
    this.find(".check").title = words.discounted_help;
    this.segments(this.find(".modes"), [["sums", words.so_far], ["steps", words.each_step]], this.mode, (mode) => {
      this.mode = mode;
      this.redraw();
    });
    this.rows();
    if (!this.pilot || !this.clock) this.transport();
    if (this.pilot) this.pilot.controls();
    this.marks();
    this.factRows();
    this.answer();
    const seek = this.find(".seek");
    seek.max = this.last;
    seek.setAttribute("aria-label", words.seek);
    this.canvasNames();
  }

  canvasNames() {
    this.scenes.forEach((scene, i) => {
      const episode = this.episodes[Math.min(i, this.episodes.length - 1)];
      scene.canvas.setAttribute("aria-label", this.pilot ? this.words.fly_hint : fill(this.words.alt, episode));
      const shown = this.find(i ? ".beside .who" : ".who");
      const names = i || this.apart ? [episode.name] : this.episodes.map((e) => e.name);
      shown.replaceChildren(...names.map((name, n) => make("b", name, n + i ? "other" : "")));
    });
  }

  segments(box, choices, chosen, choose) {
    const press = (button, on) => {
      button.classList.toggle("on", on);
      button.setAttribute("aria-pressed", String(on));
    };
    const buttons = choices.map(([value, text]) => {
      const button = make("button", text);
      button.type = "button";
      press(button, value === chosen);
      button.onclick = () => {
        for (const other of buttons) press(other, other === button);
        choose(value);
      };
      return button;
    });
    box.replaceChildren(...buttons);
  }

  rows() {
    const box = this.find(".bars");
    const two = this.accounts.length > 1;
    const parts = [...this.data.parts, { key: "return", name: "", colour: this.data.net }];
    this.zero = `${(100 * -this.low) / this.reach}%`;
    this.bars = parts.map((part, k) => {
      const row = make("div", "", `row${part.key === "return" ? " sum" : ""}`);
      const name = make("button", part.name, "name");
      name.type = "button";
      name.style.setProperty("--colour", part.colour);
      if (part.key === "return") name.disabled = true;
      else {
        name.title = this.words.toggle_part;
        name.setAttribute("aria-pressed", String(!this.hidden.has(part.key)));
        row.classList.toggle("off", this.hidden.has(part.key));
        name.onclick = () => {
          this.hidden.has(part.key) ? this.hidden.delete(part.key) : this.hidden.add(part.key);
          row.classList.toggle("off", this.hidden.has(part.key));
          name.setAttribute("aria-pressed", String(!this.hidden.has(part.key)));
          this.redraw();
        };
      }
      const track = make("div", "", "track");
      track.style.setProperty("--zero", this.zero);
      const fills = this.accounts.map((_, n) => {
        const bar = make("i", "", n ? "other" : "");
        bar.style.background = part.colour;
        track.append(bar);
        return bar;
      });
      const sofar = make("span", "", "sofar");
      const now = make("span", "", "now");
      row.append(name, track, sofar, now);
      return { row, name, fills, sofar, now, k: part.key === "return" ? -1 : k };
    });
    const head = make("div", "", "row legend");
    const columns = two ? [this.words.column_a_b, this.words.column_difference] : [this.words.column_so_far, this.words.column_now];
    head.append(make("span"), make("span"), make("span", columns[0], "sofar"), make("span", columns[1], "now"));
    box.replaceChildren(head, ...this.bars.map((bar) => bar.row));
    const long = (values) => values.reduce((most, value) => Math.max(most, paidNumber(value).length), 1);
    const sums = Math.max(...this.accounts.map((account) => Math.max(long(account.sums), long(account.total))));
    const steps = two ? sums : Math.max(long(this.accounts[0].paid), 1);
    box.style.setProperty("--wide", `${0.6 * (two ? 2 * sums + 3 : sums)}em`);
    box.style.setProperty("--now", `${0.6 * steps}em`);
  }

  transport() {
    const { words } = this;
    const box = this.find(".transport");
    const button = (icon, label, act, extra = "") => {
      const made = make("button", "", `icon ${extra}`);
      made.type = "button";
      made.title = label;
      made.setAttribute("aria-label", label);
      made.innerHTML = `<svg viewBox="0 0 20 20" aria-hidden="true"><path d="${ICONS[icon]}"/></svg>`;
      made.onclick = act;
      return made;
    };
    const text = (label, help, act, extra = "") => {
      const made = make("button", label, `text ${extra}`);
      made.type = "button";
      made.title = help;
      made.onclick = act;
      return made;
    };
    this.playButton = button("play", words.play, () => this.toggle(), "play");
    const speed = make("select", "", "speed");
    speed.setAttribute("aria-label", words.speed);
    for (const value of SPEEDS) {
      const option = make("option", { 0.25: "¼×", 0.5: "½×" }[value] || `${value}×`);
      option.value = value;
      option.selected = value === this.speed;
      speed.append(option);
    }
    speed.onchange = () => {
      this.speed = Number(speed.value);
      this.since = null;
    };
    const loop = button("loop", words.loop, () => {
      this.loop = !this.loop;
      loop.setAttribute("aria-pressed", String(this.loop));
      loop.classList.toggle("on", this.loop);
    }, this.loop ? "on" : "");
    loop.setAttribute("aria-pressed", String(this.loop));
    this.clock = make("span", "", "clock");
    const items = [
      button("back", words.back, () => this.go(this.frame - 1)),
      this.playButton,
      button("next", words.next, () => this.go(this.frame + 1)),
      button("jump", words.jump, () => this.nextMoment()),
      this.clock,
      speed,
      loop,
      button("camera", words.picture, () => this.picture()),
    ];
    if (this.episodes.length > 1 && !this.data.apart) { // two starts always stand side by side
      items.push(text(this.beside ? words.ghost : words.beside, "", () => {
        this.beside = !this.beside;
        this.build();
        this.redraw();
      }));
    }
    if (this.data.can_ask) items.push((this.whyButton = text(words.why, words.why_help, () => this.ask(), "ask")));
    if (this.data.can_fly) items.push(text(words.fly, words.fly_help, () => this.flyByHand()));
    box.replaceChildren(...items);
    this.showPlaying();
  }

  marks() {
    const box = this.find(".marks");
    box.replaceChildren(
      ...this.episodes[0].moments.map((moment) => {
        const mark = make("button", "", `mark ${moment.kind}`);
        mark.type = "button";
        mark.style.left = `${(100 * (moment.step + 1)) / Math.max(1, this.last)}%`;
        if (moment.colour) mark.style.setProperty("--colour", moment.colour);
        mark.title = moment.text;
        mark.setAttribute("aria-label", moment.text);
        mark.onclick = () => this.go(moment.step + 1);
        return mark;
      }),
    );
  }

  nextMoment() {
    const frames = this.episodes[0].moments.map((moment) => moment.step + 1);
    if (!frames.length) return;
    const next = frames.find((frame) => frame > this.frame);
    this.go(next === undefined ? frames[0] : next);
  }

  factRows() {
    const names = this.data.facts;
    const box = this.find(".facts");
    this.facts = names.map(({ name }) => {
      const cell = make("div");
      const value = make("dd");
      cell.append(make("dt", name), value);
      return { cell, value };
    });
    const odds = make("div", "", "odds");
    this.odds = this.words.actions.map((name) => {
      const row = make("span", "", "odd");
      const bar = make("i");
      const chance = make("span", "", "chance");
      row.append(make("em", name), chance, bar);
      odds.append(row);
      return { row, bar, chance };
    });
    const chances = make("div", "", "chances");
    const dd = make("dd");
    dd.append(odds);
    chances.append(make("dt", this.words.chances), dd);
    const known = this.episodes[0].probs !== null;
    const value = make("div");
    this.value = make("dd");
    const valueName = make("dt", this.words.value);
    valueName.title = this.words.value_help;
    value.append(valueName, this.value);
    box.replaceChildren(...this.facts.map((fact) => fact.cell), ...(known ? [value, chances] : []));
  }

  // Everything on canvases that does not move with the playhead.
  redraw() {
    if (!this.data || this.element.clientWidth === 0) return;
    const style = getComputedStyle(this.element);
    this.ink = {
      text: style.color,
      soft: style.getPropertyValue("--soft").trim() || style.color,
      faint: style.getPropertyValue("--line").trim() || "#8884",
      font: style.fontFamily,
    };
    this.scenes.forEach((scene) => scene.resize());
    this.chart.resize();
    const hidden = new Set(this.data.parts.map((part, k) => (this.hidden.has(part.key) ? k : -1)));
    const colours = this.data.parts.map((part) => part.colour);
    this.chart.draw(this.accounts, colours, this.data.net, this.mode, hidden, this.ink, this.last);
    this.show();
  }

  // One frame.
  show() {
    const { frame, episodes } = this;
    const at = episodes.map((episode) => Math.min(frame, episode.steps));
    if (episodes.length > 1 && !this.apart) {
      this.scenes[0].draw([
        { episode: episodes[1], frame: at[1], faded: true, other: true },
        { episode: episodes[0], frame: at[0] },
      ]);
    } else {
      this.scenes[0].draw([{ episode: episodes[0], frame: at[0] }]);
      if (episodes.length > 1) this.scenes[1].draw([{ episode: episodes[1], frame: at[1], other: true }]);
    }
    for (const bar of this.bars) this.showBar(bar, at);
    this.find(".playhead").style.transform = `translateX(${this.chart.place(frame)}px)`;
    const seek = this.find(".seek");
    seek.value = frame;
    const seconds = (frame / this.data.world.fps).toFixed(2);
    seek.setAttribute("aria-valuetext", fill(this.words.at, { step: frame, steps: this.last, seconds }));
    this.clock.textContent = fill(this.words.at, { step: frame, steps: this.last, seconds });
    episodes.forEach((episode, i) => {
      const end = this.find(i && this.apart ? ".beside .end" : ".screen .end");
      if (i === 0 || this.apart) {
        end.textContent = at[i] === episode.steps && !(this.pilot && !this.pilot.ended) ? episode.outcome_word : "";
        end.style.setProperty("--outcome", episode.colour);
      }
    });
    this.showFacts(at[0]);
    this.element.dataset.step = String(frame);
  }

  showBar({ row, name, fills, sofar, now, k }, at) {
    const values = this.accounts.map((account, i) => (k < 0 ? account.total[at[i]] : account.sums[at[i] * account.columns + k]));
    values.forEach((value, i) => (fills[i].style.transform = `scaleX(${value / this.reach})`));
    if (values.length > 1) {
      sofar.textContent = `${paidNumber(values[0])} | ${paidNumber(values[1])}`;
      now.textContent = paidNumber(values[0] - values[1]);
    } else {
      const account = this.accounts[0];
      const t = at[0] - 1;
      const paid = t < 0 ? 0 : k < 0 ? account.total[t + 1] - account.total[t] : account.paid[t * account.columns + k];
      sofar.textContent = paidNumber(values[0]);
      now.textContent = t < 0 || paid === 0 ? "" : paidNumber(paid);
      row.classList.toggle("pays", paid !== 0);
    }
    if (k < 0) name.textContent = at[0] === this.episodes[0].steps ? this.returnName() : this.words.return_so_far;
  }

  returnName() { return this.discounted ? this.words.discounted_return : this.words.return_name; }

  showFacts(frame) {
    const episode = this.episodes[0];
    this.data.facts.forEach(({ digits, unit }, i) => {
      const value = episode.facts[frame * this.data.facts.length + i];
      this.facts[i].value.textContent = `${signed(value, digits)} ${unit}`;
    });
    if (episode.probs === null) return;
    this.value.textContent = episode.values === null ? "–" : signed(episode.values[frame], 2);
    const next = frame < episode.steps ? episode.actions[frame] : -1;
    this.odds.forEach(({ row, bar, chance }, action) => {
      const share = episode.probs[4 * frame + action];
      bar.style.transform = `scaleX(${share})`;
      chance.textContent = ` ${Math.round(100 * share)} %`;
      row.classList.toggle("next", action === next);
    });
  }

  // What a screen reader hears: the outcome and every total, whenever they change.
  tell() {
    const told = this.episodes.map((episode, i) => {
      const account = this.accounts[i];
      const amounts = this.data.parts.map((part, k) => `${part.name} ${paidNumber(account.sums[account.steps * account.columns + k])}`);
      amounts.push(`${this.returnName()} ${paidNumber(account.total[account.steps])}`);
      return `${fill(this.words.alt, episode)} ${amounts.join(", ")}.`;
    });
    const text = told.join(" ");
    const summary = this.find(".summary");
    if (summary.textContent !== text) summary.textContent = text;
  }

  toggle() {
    if (!this.playing && this.frame >= this.last) this.frame = 0;
    this.playing = !this.playing;
    this.showPlaying();
    this.run();
  }

  showPlaying() {
    const label = this.playing ? this.words.pause : this.words.play;
    this.playButton.querySelector("path").setAttribute("d", ICONS[this.playing ? "pause" : "play"]);
    this.playButton.title = label;
    this.playButton.setAttribute("aria-label", label);
    this.element.dataset.playing = String(this.playing);
  }

  go(frame) {
    const wanted = Math.min(Math.max(Math.round(frame), 0), this.last);
    this.playing = false;
    this.showPlaying();
    if (wanted === this.frame) return;
    this.frame = wanted;
    this.show();
  }

  run() {
    cancelAnimationFrame(this.ticking);
    this.since = null;
    if (this.playing && this.data) this.ticking = requestAnimationFrame((now) => this.tick(now));
  }

  rest() {
    cancelAnimationFrame(this.ticking);
    if (this.pilot) clearTimeout(this.pilot.timer);
  }

  tick(now) {
    if (!this.playing) return;
    if (this.since === null) this.since = { now, frame: this.frame };
    const due = this.since.frame + Math.floor(((now - this.since.now) / 1000) * this.data.world.fps * this.speed);
    if (due > this.last) {
      const late = (due - this.last) / (this.data.world.fps * this.speed);
      if (this.frame !== this.last) {
        this.frame = this.last;
        this.show();
      }
      if (!this.loop) {
        this.playing = false;
        this.showPlaying();
        return;
      }
      if (late > HOLD_SECONDS) {
        this.frame = 0;
        this.since = null;
        this.show();
      }
    } else if (due !== this.frame) {
      this.frame = due;
      this.show();
    }
    this.ticking = requestAnimationFrame((later) => this.tick(later));
  }

  key(event) {
    if (this.pilot) return this.pilot.press(event);
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
    const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: 50, PageDown: -50 };
    if (event.key === " ") {
      if (event.target.matches("button, input[type=checkbox]")) return; // they have a meaning for it
      this.toggle();
    } else if (event.key in moves) this.go(this.frame + moves[event.key] * (event.shiftKey ? 10 : 1));
    else if (event.key === "Home") this.go(0);
    else if (event.key === "End") this.go(this.last);
    else if (event.key.toLowerCase() === "m") this.nextMoment();
    else return;
    event.preventDefault();
  }

  ask() {
    if (this.playing) this.toggle();
    const step = Math.min(this.frame, this.episodes[0].steps - 1);
    this.whyButton.disabled = true;
    this.whyButton.textContent = this.words.why_waiting;
    this.send("why", { episode: this.episodes[0].id, step, asked: Date.now() });
  }

  // What the server answered, for as long as its episode is on screen.
  answer() {
    const box = this.find(".why");
    const why = this.data.why;
    box.hidden = !why || why.asked === this.dismissed;
    if (box.hidden) return;
    const close = make("button", "×", "close");
    close.type = "button";
    close.setAttribute("aria-label", this.words.close);
    close.onclick = () => {
      this.dismissed = why.asked;
      box.hidden = true;
    };
    const head = make("strong", why.title);
    const span = Math.max(...why.rows.map((row) => Math.max(up(row.gaps), up(row.gaps.map((gap) => -gap)))), 1e-12);
    const rows = why.rows.map((row) => {
      const line = make("div", "", `option${row.chosen ? " chosen" : ""}`);
      const bar = make("div", "", "gap");
      let right = 0, left = 0;
      row.gaps.forEach((gap, k) => {
        if (!gap) return;
        const piece = make("i");
        const width = (50 * Math.abs(gap)) / span;
        piece.style.width = `${width}%`;
        piece.style.left = `${gap > 0 ? 50 + right : 50 - left - width}%`;
        piece.style.background = this.data.parts[k].colour;
        piece.title = `${this.data.parts[k].name} ${paidNumber(gap)}`;
        gap > 0 ? (right += width) : (left += width);
        bar.append(piece);
      });
      line.append(make("span", row.name, "action"), bar, make("span", row.text, "return"));
      return line;
    });
    const said = why.text.map((sentence) => make("p", sentence));
    box.replaceChildren(close, head, ...said, make("small", why.axis), ...rows, make("small", why.note));
  }

  flyByHand() {
    this.playing = false;
    this.rest();
    this.pilot = new HandPilot(this, `${Date.now()}`);
    this.pilot.begin();
  }

  // A picture of this frame with what was paid so far.
  picture() {
    const [width, height] = this.data.world.pixels;
    const rowHeight = 26;
    const canvas = make("canvas");
    const high = Math.max(height, 70 + rowHeight * this.bars.length);
    canvas.width = 2 * (width + 420);
    canvas.height = 2 * high;
    const g = canvas.getContext("2d");
    g.scale(2, 2);
    g.fillStyle = getComputedStyle(this.element).getPropertyValue("--paper").trim() || "#fff";
    g.fillRect(0, 0, width + 420, high);
    g.drawImage(this.scenes[0].canvas, 0, 0, width, height);
    g.fillStyle = this.ink.text;
    g.font = `600 15px ${this.ink.font}`;
    g.fillText(`${this.episodes[0].name} · ${this.clock.textContent}`, width + 20, 30);
    g.font = `13px ${this.ink.font}`;
    const zero = width + 130 + (170 * -this.low) / this.reach;
    this.bars.forEach((bar, i) => {
      const y = 60 + i * rowHeight;
      const account = this.accounts[0];
      const at = Math.min(this.frame, account.steps);
      const value = bar.k < 0 ? account.total[at] : account.sums[at * account.columns + bar.k];
      g.fillStyle = bar.k < 0 ? this.data.net : this.data.parts[bar.k].colour;
      const long = (170 * value) / this.reach;
      g.fillRect(Math.min(zero, zero + long), y - 12, Math.abs(long), 16);
      g.fillStyle = this.ink.text;
      g.textAlign = "left";
      g.fillText(bar.name.textContent, width + 20, y + 1, 105);
      g.textAlign = "right";
      g.fillText(paidNumber(value), width + 405, y + 1);
    });
    canvas.toBlob((blob) => {
      const link = make("a");
      link.href = URL.createObjectURL(blob);
      link.download = `${this.data.file}-step${this.frame}.png`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }
}

function labelOf(element) { return element.getAttribute("aria-label") || element.textContent; }

function make(tag, text = "", style = "") {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  if (style) element.className = style.trim();
  return element;
}
