// What the parts paid over time, on a canvas: each step in bins, or summed up so far.

const BINS = 120;
const PAD = { left: 46, right: 8, top: 8, bottom: 20 };

class PartsChart {
  constructor(canvas, world) {
    this.canvas = canvas;
    this.fps = world.fps;
  }

  resize() {
    const dots = window.devicePixelRatio || 1;
    const wide = Math.max(1, Math.round(this.canvas.clientWidth * dots));
    const high = Math.max(1, Math.round(this.canvas.clientHeight * dots));
    if (this.canvas.width === wide && this.canvas.height === high) return;
    this.canvas.width = wide;
    this.canvas.height = high;
  }

  // Share of the width at which a frame lies, and back.
  place(frame) { return PAD.left + (this.width - PAD.left - PAD.right) * (frame / this.steps); }
  frameAt(pixels) {
    const share = (pixels - PAD.left) / (this.width - PAD.left - PAD.right);
    return Math.round(Math.min(Math.max(share, 0), 1) * this.steps);
  }

  // accounts: one or two of {steps, columns, paid (steps × columns), sums, total}; hidden: a set of columns.
  draw([account, other], colours, net, mode, hidden, ink, steps) {
    const g = this.canvas.getContext("2d");
    const dots = window.devicePixelRatio || 1;
    this.width = this.canvas.width / dots;
    this.height = this.canvas.height / dots;
    this.steps = Math.max(1, steps);
    g.setTransform(dots, 0, 0, dots, 0, 0);
    g.clearRect(0, 0, this.width, this.height);
    const columns = colours.map((_, k) => k).filter((k) => !hidden.has(k));
    const nets = mode === "steps" ? [account, other].filter(Boolean).map((each) => this.nets(each)) : [];
    const range = mode === "steps" ? this.binned(account, columns, nets) : this.summed([account, other], columns);
    this.axes(g, range, ink);
    if (mode === "steps") {
      this.bars(g, columns, colours, range);
      nets.forEach((points, i) => this.netLine(g, points, range, ink.text, i ? [3, 3] : []));
    } else {
      if (other) this.lines(g, other, columns, colours, net, range, [3, 3]);
      this.lines(g, account, columns, colours, net, range, []);
    }
  }

  y(value, { low, high }) {
    return PAD.top + (this.height - PAD.top - PAD.bottom) * ((high - value) / (high - low));
  }

  // Mean reward of a step in each bin: of all parts, shown or not.
  nets({ steps, total }) {
    const width = Math.max(1, Math.ceil(steps / BINS));
    const points = [];
    for (let start = 0; start < steps; start += width) {
      const end = Math.min(start + width, steps);
      points.push({ middle: (start + end) / 2, mean: (total[end] - total[start]) / (end - start) });
    }
    return points;
  }

  binned(account, columns, nets) {
    const width = Math.max(1, Math.ceil(account.steps / BINS));
    this.bins = [];
    let low = Math.min(0, ...nets.flat().map((point) => point.mean));
    let high = Math.max(0, ...nets.flat().map((point) => point.mean));
    for (let start = 0; start < account.steps; start += width) {
      const end = Math.min(start + width, account.steps);
      const means = columns.map((k) => {
        let sum = 0;
        for (let t = start; t < end; t++) sum += account.paid[t * account.columns + k];
        return sum / (end - start);
      });
      let up = 0, down = 0;
      for (const mean of means) mean > 0 ? (up += mean) : (down += mean);
      high = Math.max(high, up);
      low = Math.min(low, down);
      this.bins.push({ start, end, means });
    }
    return roomy(low, high);
  }

  summed(accounts, columns) {
    let low = 0, high = 0;
    for (const account of accounts) {
      if (!account) continue;
      for (let t = 0; t <= account.steps; t++) {
        for (const k of columns) {
          const v = account.sums[t * account.columns + k];
          if (v < low) low = v;
          if (v > high) high = v;
        }
        if (account.total[t] < low) low = account.total[t];
        if (account.total[t] > high) high = account.total[t];
      }
    }
    return roomy(low, high);
  }

  axes(g, range, ink) {
    g.font = `11px ${ink.font}`;
    g.lineWidth = 1;
    for (const value of ticks(range.low, range.high, 4)) {
      const y = this.y(value, range);
      g.strokeStyle = ink.faint;
      g.globalAlpha = value === 0 ? 1 : 0.45;
      g.beginPath();
      g.moveTo(PAD.left, y);
      g.lineTo(this.width - PAD.right, y);
      g.stroke();
      g.globalAlpha = 1;
      g.fillStyle = ink.soft;
      g.textAlign = "right";
      g.textBaseline = "middle";
      g.fillText(shortNumber(value), PAD.left - 6, y);
    }
    g.textAlign = "center";
    g.textBaseline = "alphabetic";
    g.fillStyle = ink.soft;
    const seconds = this.steps / this.fps;
    for (const second of ticks(0, seconds, 5)) {
      if (second > seconds * 0.94) continue;
      g.fillText(`${shortNumber(second)} s`, this.place(second * this.fps), this.height - 5);
    }
  }

  bars(g, columns, colours, range) {
    for (const { start, end, means } of this.bins) {
      const left = this.place(start);
      const right = this.place(end);
      let up = 0, down = 0;
      means.forEach((mean, i) => {
        if (!mean) return;
        const from = mean > 0 ? up : down;
        const to = from + mean;
        mean > 0 ? (up = to) : (down = to);
        const [top, bottom] = [this.y(Math.max(from, to), range), this.y(Math.min(from, to), range)];
        g.fillStyle = colours[columns[i]];
        g.fillRect(left, top, Math.max(right - left - 0.5, 0.8), Math.max(bottom - top, 0.5));
      });
    }
  }

  netLine(g, points, range, colour, dash) {
    g.strokeStyle = colour;
    g.globalAlpha = 0.7;
    g.lineWidth = 1.2;
    g.setLineDash(dash);
    g.beginPath();
    for (const { middle, mean } of points) g.lineTo(this.place(middle), this.y(mean, range));
    g.stroke();
    g.setLineDash([]);
    g.globalAlpha = 1;
  }

  lines(g, account, columns, colours, net, range, dash) {
    const stride = Math.max(1, Math.floor(account.steps / 400));
    const trace = (values, offset, step, colour, width, pattern) => {
      g.strokeStyle = colour;
      g.lineWidth = width;
      g.setLineDash(pattern);
      g.beginPath();
      for (let t = 0; t <= account.steps; t += stride) g.lineTo(this.place(t), this.y(values[t * step + offset], range));
      g.lineTo(this.place(account.steps), this.y(values[account.steps * step + offset], range));
      g.stroke();
      g.setLineDash([]);
    };
    for (const k of columns) trace(account.sums, k, account.columns, colours[k], 1.8, dash);
    trace(account.total, 0, 1, net, 2, dash.length ? dash : [6, 4]);
  }
}
