// The arrow keys fly: a few frames at a time, each simulated by Gymnasium's own physics in the server.
class HandPilot {
  constructor(player, id) {
    Object.assign(this, { player, id, actions: "", held: new Set(), seen: 0, ended: false });
    this.buttons = player.words.fly_keys.map(([key, label, name]) => {
      const button = make("button", label, "icon");
      button.type = "button";
      button.setAttribute("aria-label", name);
      button.onmousedown = (event) => event.preventDefault(); // the keys stay with the picture
      button.onpointerdown = () => this.held.add(key);
      button.onpointerup = button.onpointerleave = () => this.held.delete(key);
      return button;
    });
  }

  begin() {
    this.player.find(".end").textContent = "";
    this.controls();
    this.player.scenes[0].canvas.focus();
    this.ask();
  }

  controls() {
    const { player } = this;
    player.element.classList.add("flying");
    if (this.buttons[0].isConnected) return;
    const stop = make("button", player.words.fly_stop, "text");
    stop.type = "button";
    stop.onclick = () => this.giveUp();
    player.find(".transport").replaceChildren(make("span", player.words.fly_hint, "hint"), ...this.buttons, stop);
  }

  giveUp() {
    this.end();
    this.player.send("fly", { id: this.id, stop: true });
  }

  // Nothing is sent any more.
  end() {
    clearTimeout(this.timer);
    this.over = true;
  }

  ask() { this.player.send("fly", { id: this.id, actions: this.actions }); }

  action() {
    if (this.held.has("ArrowUp")) return 2;
    if (this.held.has("ArrowLeft")) return 1;
    return this.held.has("ArrowRight") ? 3 : 0;
  }

  press(event) {
    if (event.key === "Escape") return this.giveUp();
    if (!event.key.startsWith("Arrow")) return;
    this.held.add(event.key);
    event.preventDefault();
  }

  release(event) { this.held.delete(event.key); }

  receive(flight) {
    if (this.over) return;
    this.ended = flight.ended;
    this.chunk = flight.chunk;
    this.pace = 1000 / (this.player.data.world.fps * flight.pace);
    this.next = "";
    this.player.redraw();
    clearTimeout(this.timer);
    this.show();
  }

  // Show what the server flew, one frame at a time, and write down which keys are held meanwhile.
  show() {
    const { player } = this;
    if (player.pilot !== this || this.over) return;
    const { steps } = player.episodes[0];
    player.frame = Math.min(this.seen, steps);
    player.show();
    if (this.seen < steps) {
      this.seen += 1;
      this.next += this.action();
      this.timer = setTimeout(() => this.show(), this.pace);
      return;
    }
    if (this.ended) {
      player.send("fly", { id: this.id, done: true });
      return;
    }
    this.actions += this.next.padEnd(this.chunk, String(this.action()));
    this.ask();
  }
}
