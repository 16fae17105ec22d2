// The lander and its world on a canvas, in Gymnasium's 600 × 400 pixels. Positions are world metres, y upwards.

const SKY = ["#070b18", "#1a2342"];
const GROUND = "#aab2c4";
const HULL = ["#8066e6", "#4d4d80"];
const OTHER_HULL = ["#e6a366", "#80604d"];
const FLAG = "#e6c619";
const SPARK = "#ffe08a";
const SPARK_FRAMES = 12;

class SceneCanvas {
  constructor(canvas, world) {
    this.canvas = canvas;
    this.world = world;
    this.scale = world.pixels[0] / world.width;
  }

  // Fit the backing store to what is on screen.
  resize() {
    const [width, height] = this.world.pixels;
    const wide = Math.max(1, Math.round(this.canvas.clientWidth * (window.devicePixelRatio || 1)));
    if (this.canvas.width === wide) return;
    this.canvas.width = wide;
    this.canvas.height = Math.round((wide * height) / width);
  }

  // actors: [{episode, frame, faded, other}], the last one on top.
  draw(actors) {
    const g = this.canvas.getContext("2d");
    const [width, height] = this.world.pixels;
    const zoom = this.canvas.width / width;
    g.setTransform(zoom, 0, 0, zoom, 0, 0);
    this.backdrop(g, actors[actors.length - 1].episode, width, height);
    for (const actor of actors) {
      g.globalAlpha = actor.faded ? 0.45 : 1;
      this.trail(g, actor);
      this.lander(g, actor);
      this.sparks(g, actor);
      g.globalAlpha = 1;
    }
    this.pointer(g, actors[actors.length - 1], width);
  }

  x(metres) { return metres * this.scale; }
  y(metres) { return this.world.pixels[1] - metres * this.scale; }

  backdrop(g, episode, width, height) {
    const sky = g.createLinearGradient(0, 0, 0, height);
    sky.addColorStop(0, SKY[0]);
    sky.addColorStop(1, SKY[1]);
    g.fillStyle = sky;
    g.fillRect(0, 0, width, height);
    g.fillStyle = GROUND;
    g.beginPath();
    g.moveTo(0, height);
    for (const [x, y] of episode.terrain) g.lineTo(this.x(x), this.y(y));
    g.lineTo(width, height);
    g.fill();
    const [left, right, level] = episode.pad;
    g.strokeStyle = FLAG;
    g.lineWidth = 3;
    g.beginPath();
    g.moveTo(this.x(left), this.y(level));
    g.lineTo(this.x(right), this.y(level));
    g.stroke();
    for (const x of [left, right]) {
      g.strokeStyle = "#fff";
      g.lineWidth = 1;
      g.beginPath();
      g.moveTo(this.x(x), this.y(level));
      g.lineTo(this.x(x), this.y(level) - 50);
      g.stroke();
      g.fillStyle = FLAG;
      g.beginPath();
      g.moveTo(this.x(x), this.y(level) - 50);
      g.lineTo(this.x(x) + 25, this.y(level) - 45);
      g.lineTo(this.x(x), this.y(level) - 40);
      g.fill();
    }
  }

  trail(g, { episode, frame, other }) {
    g.strokeStyle = other ? OTHER_HULL[0] : "#b9aaff";
    g.lineWidth = 1.2;
    g.beginPath();
    for (let i = 0; i <= frame; i++) g.lineTo(this.x(episode.frames[9 * i]), this.y(episode.frames[9 * i + 1]));
    g.stroke();
  }

  lander(g, { episode, frame, other }) {
    const at = 9 * frame;
    const [fill, edge] = other ? OTHER_HULL : HULL;
    const action = frame > 0 ? episode.actions[frame - 1] : 0;
    for (const leg of [3, 6]) {
      const [wide, high] = this.world.leg;
      this.within(g, episode.frames, at + leg, () => {
        g.fillStyle = fill;
        g.strokeStyle = edge;
        g.lineWidth = 2 / this.scale;
        g.fillRect(-wide / 2, -high / 2, wide, high);
        g.strokeRect(-wide / 2, -high / 2, wide, high);
      });
    }
    this.within(g, episode.frames, at, () => {
      if (action === 2) this.flame(g, 0, this.world.body[2][1], 0, -1, 0.62, frame);
      if (action === 1 || action === 3) {
        const side = action === 1 ? 1 : -1; // the left engine pushes to the left: its flame is on the right
        this.flame(g, side * (this.world.sideEngine[0] + 0.1), this.world.sideEngine[1], side, 0, 0.4, frame);
      }
      g.fillStyle = fill;
      g.strokeStyle = edge;
      g.lineWidth = 2 / this.scale;
      g.beginPath();
      for (const [x, y] of this.world.body) g.lineTo(x, y);
      g.closePath();
      g.fill();
      g.stroke();
    });
  }

  // Draw in the frame of a body: metres, its own middle, y upwards.
  within(g, frames, at, draw) {
    g.save();
    g.translate(this.x(frames[at]), this.y(frames[at + 1]));
    g.rotate(-frames[at + 2]);
    g.scale(this.scale, -this.scale);
    draw();
    g.restore();
  }

  flame(g, x, y, dx, dy, length, frame) {
    const flicker = 0.85 + 0.15 * ((frame * 7) % 3);
    const wide = dx ? 0.09 : 0.2;
    for (const [size, colour] of [[1, "#ff8a1f"], [0.55, "#ffe9a8"]]) {
      const reach = length * size * flicker;
      g.fillStyle = colour;
      g.beginPath();
      g.moveTo(x - dy * wide * size, y - dx * wide * size);
      g.lineTo(x + dx * reach, y + dy * reach);
      g.lineTo(x + dy * wide * size, y + dx * wide * size);
      g.fill();
    }
  }

  // Where a leg came down in the last few frames.
  sparks(g, { episode, frame }) {
    for (const leg of [0, 1]) {
      for (let age = 0; age < SPARK_FRAMES && frame - age > 0; age++) {
        const now = frame - age;
        const touches = episode.contacts[2 * now + leg] && !episode.contacts[2 * (now - 1) + leg];
        if (!touches) continue;
        const at = 9 * now + 3 + 3 * leg;
        const x = this.x(episode.frames[at]);
        const y = this.y(episode.frames[at + 1] - this.world.leg[1] / 2);
        g.strokeStyle = SPARK;
        g.lineWidth = 1.5;
        g.globalAlpha = 1 - age / SPARK_FRAMES;
        for (let i = 0; i < 7; i++) {
          const way = Math.PI * (i / 6);
          const near = 3 + 1.5 * age;
          g.beginPath();
          g.moveTo(x + near * Math.cos(way), y - near * Math.sin(way));
          g.lineTo(x + (near + 5) * Math.cos(way), y - (near + 5) * Math.sin(way));
          g.stroke();
        }
        g.globalAlpha = 1;
      }
    }
  }

  // Above the upper edge it is not seen: an arrow says where.
  pointer(g, { episode, frame }, width) {
    const y = this.y(episode.frames[9 * frame + 1]);
    if (y > -10) return;
    const x = Math.min(Math.max(this.x(episode.frames[9 * frame]), 12), width - 12);
    g.fillStyle = "#fff";
    g.beginPath();
    g.moveTo(x, 6);
    g.lineTo(x - 8, 20);
    g.lineTo(x + 8, 20);
    g.fill();
  }
}
