// The player's pure functions: `node --test tests/app/player_functions.test.mjs`. pytest runs it, too.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const FOLDER = new URL("../../playground/app/player/", import.meta.url);
const FILES = ["numbers.js", "account.js", "scene.js", "chart.js"];
const NAMES = "ticks roomy shortNumber paidNumber signed fill up unpack accountOf rangeOf SceneCanvas PartsChart".split(" ");
const source = FILES.map((name) => readFileSync(new URL(name, FOLDER), "utf8")).join("\n");
const player = new Function("window", `${source}\nreturn {${NAMES.join(",")}};`)({ devicePixelRatio: 1 });

const table = JSON.parse(readFileSync(process.env.AMOUNTS || new URL("../data/amounts.json", import.meta.url), "utf8"));
const base64 = (array) => Buffer.from(array.buffer).toString("base64");
const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-9 * Math.max(1, Math.abs(b)), `${a} is not ${b}`);

test("amounts are written as Python writes them", () => {
  for (const [value, text] of table) assert.equal(player.paidNumber(value), text, String(value));
});

test("an amount may go without its plus, and its minus stays", () => {
  assert.equal(player.paidNumber(12.345, false), "12.35");
  assert.equal(player.paidNumber(-12.5, false), "−12.50");
});

test("ticks are round, inside the range, and about as many as asked for", () => {
  assert.deepEqual(player.ticks(0, 10, 5), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(player.ticks(-1, 1, 4), [-1, -0.5, 0, 0.5, 1]);
  for (const [low, high] of [[-337.1, 12.9], [0, 1e-7], [-3e8, 5e9], [0.2, 0.9], [-5, -4]]) {
    const marks = player.ticks(low, high, 4);
    assert.ok(marks.length >= 2 && marks.length <= 6, `${low} to ${high}: ${marks}`);
    for (const mark of marks) assert.ok(mark >= low - 1e-9 * Math.abs(low) && mark <= high + 1e-6 * (high - low));
  }
});

test("a range has room at both ends, but zero stays an end", () => {
  assert.deepEqual(player.roomy(0, 0), { low: -1, high: 1 });
  assert.deepEqual(player.roomy(0, 100), { low: 0, high: 106 });
  assert.deepEqual(player.roomy(-100, 0), { low: -106, high: 0 });
});

test("axis labels are short", () => {
  const labels = { 0: "0", 1234567: "1.23M", 65536: "65.5k", "-176.549788": "−177", 0.5: "0.5", 0.0000012: "1.2e−6" };
  for (const [value, text] of Object.entries(labels)) assert.equal(player.shortNumber(Number(value)), text);
});

test("what rounds to zero has no sign", () => {
  assert.equal(player.signed(-0.001, 2), "0.00");
  assert.equal(player.signed(-1.5, 1), "−1.5");
});

test("names in a text are filled in", () => assert.equal(player.fill("{a} of {b}", { a: 1, b: 2 }), "1 of 2"));

const packed = (paid, id = "one") => ({
  id,
  steps: 2,
  frames: base64(new Float32Array([1.5, -2, 3])),
  facts: base64(new Float32Array([0.25])),
  contacts: base64(new Uint8Array([0, 1])),
  actions: "03",
  probs: null,
  values: null,
  paid: base64(new Float64Array(paid)),
});

test("an episode is unpacked exactly", () => {
  const episode = player.unpack(packed([0.1, -2, 1e-300, 4]));
  assert.deepEqual([...episode.frames], [1.5, -2, 3]);
  assert.deepEqual([...episode.contacts], [0, 1]);
  assert.deepEqual([...episode.actions], [0, 3]);
  assert.deepEqual([...episode.paid], [0.1, -2, 1e-300, 4]);
  assert.equal(episode.probs, null);
});

test("other weights leave the flight as it was unpacked, and nothing else does", () => {
  const first = player.unpack(packed([1, 2, 3, 4]));
  const repaid = player.unpack(packed([5, 6, 7, 8]), first);
  assert.equal(repaid.frames, first.frames);
  assert.deepEqual([...repaid.paid], [5, 6, 7, 8]);
  assert.notEqual(player.unpack(packed([1, 2, 3, 4], "two"), first).frames, first.frames);
  const longer = { ...packed([1, 2, 3, 4]), frames: base64(new Float32Array([9])), actions: "012" };
  assert.deepEqual([...player.unpack(longer, first).frames], [9]);
  assert.deepEqual([...player.unpack(longer, first).actions], [0, 1, 2]);
});

test("an account sums what each part paid, and all of them", () => {
  const account = player.accountOf({ steps: 2, paid: new Float64Array([1, -2, 3, 4]) }, 2, 1);
  assert.deepEqual([...account.sums], [0, 0, 1, -2, 4, 2]);
  assert.deepEqual([...account.total], [0, -1, 6]);
});

test("a discounted account discounts from the second step on, and leaves what it was given", () => {
  const paid = new Float64Array([1, -2, 3, 4]);
  const account = player.accountOf({ steps: 2, paid }, 2, 0.5);
  assert.deepEqual([...account.paid], [1, -2, 1.5, 2]);
  assert.deepEqual([...account.total], [0, -1, 2.5]);
  assert.deepEqual([...paid], [1, -2, 3, 4]);
});

test("a range holds every sum, every total, and zero", () => {
  const account = player.accountOf({ steps: 2, paid: new Float64Array([1, -2, 3, 4]) }, 2, 1);
  assert.deepEqual(player.rangeOf([account]), { low: -2, high: 6 });
  assert.deepEqual(player.rangeOf([]), { low: 0, high: 0 });
});

// A canvas that writes down what is drawn on it.
function paper(width = 600, height = 400) {
  const calls = [];
  const handler = { get: (_, name) => (...args) => (calls.push([name, ...args]), { addColorStop() {} }), set: () => true };
  return { calls, canvas: { width, height, clientWidth: width, clientHeight: height, getContext: () => new Proxy({}, handler) } };
}

const world = { pixels: [600, 400], width: 20, fps: 50, body: [[0, 0], [1, 0], [0, -0.4]], leg: [0.1, 0.5], sideEngine: [0.5, 0.4] };
const flight = (x, y, actions = [0]) => ({
  terrain: [[0, 3], [20, 3]],
  pad: [8, 12, 3.5],
  steps: actions.length,
  frames: Float32Array.from({ length: 9 * (actions.length + 1) }, (_, i) => [x, y, 0, x, y, 0, x, y, 0][i % 9]),
  contacts: new Uint8Array(2 * (actions.length + 1)),
  actions,
});

test("metres become pixels with the ground below", () => {
  const scene = new player.SceneCanvas(paper().canvas, world);
  assert.equal(scene.x(10), 300);
  assert.equal(scene.y(0), 400);
  near(scene.y(13.333333333333334), 0);
});

test("a lander is drawn where it is, turned against the canvas's axis", () => {
  const { canvas, calls } = paper();
  const scene = new player.SceneCanvas(canvas, world);
  scene.within(canvas.getContext(), new Float32Array([5, 2, 0.5]), 0, () => calls.push(["drawn"]));
  assert.deepEqual(calls.find(([name]) => name === "translate"), ["translate", 150, 340]);
  assert.deepEqual(calls.find(([name]) => name === "rotate"), ["rotate", -0.5]);
});

test("an arrow says where a lander is that left the picture, and stays inside it", () => {
  const tips = (x, y) => {
    const { canvas, calls } = paper();
    new player.SceneCanvas(canvas, world).pointer(canvas.getContext(), { episode: flight(x, y), frame: 0 }, 600);
    return calls.filter(([name]) => name === "moveTo").map(([, at]) => at);
  };
  assert.deepEqual(tips(10, 10), []);
  assert.deepEqual(tips(10, 15), [300]);
  assert.deepEqual(tips(-3, 15), [12]);
  assert.deepEqual(tips(25, 15), [588]);
});

test("only an engine that fires has a flame", () => {
  const flames = (action) => {
    const { canvas } = paper();
    const scene = new player.SceneCanvas(canvas, world);
    const places = [];
    scene.flame = (_, x, y, dx, dy) => places.push([dx, dy]);
    scene.lander(canvas.getContext(), { episode: flight(10, 8, [action]), frame: 1 });
    return places;
  };
  assert.deepEqual([0, 1, 2, 3].map(flames), [[], [[1, 0]], [[0, -1]], [[-1, 0]]]);
});

test("a playhead and the frame under it agree", () => {
  const { canvas } = paper();
  const chart = new player.PartsChart(canvas, world);
  Object.assign(chart, { width: 600, height: 200, steps: 240 });
  for (const frame of [0, 1, 77, 240]) assert.equal(chart.frameAt(chart.place(frame)), frame);
  assert.equal(chart.frameAt(-50), 0);
  assert.equal(chart.frameAt(5000), 240);
});
