// Episodes as they come from the server, and what was paid in them so far. Pure functions.

const PACKED = { frames: Float32Array, facts: Float32Array, contacts: Uint8Array, probs: Float32Array, values: Float32Array };

// Typed arrays of an episode's base64. What stays the same from one set of weights to the next is not unpacked again:
// `before` is what this function made last for the same place, if anything.
function unpack(episode, before) {
  const known = before && before.id === episode.id && before.packed.frames === episode.frames ? before : null;
  const arrays = {};
  for (const [name, Type] of Object.entries(PACKED)) {
    arrays[name] = known && known.packed[name] === episode[name] ? known[name] : fromBase64(episode[name], Type);
  }
  return {
    ...episode,
    ...arrays,
    actions: known ? known.actions : Uint8Array.from(episode.actions, Number),
    paid: fromBase64(episode.paid, Float64Array),
    packed: episode,
  };
}

function fromBase64(text, Type) {
  if (text === null) return null;
  return new Type(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
}

// What each of so many columns paid up to each frame, and in all; amounts are discounted from the first step on.
function accountOf({ steps, paid }, columns, gamma) {
  const amounts = new Float64Array(paid);
  const sums = new Float64Array((steps + 1) * columns);
  const total = new Float64Array(steps + 1);
  for (let t = 0; t < steps; t++) {
    const factor = gamma ** t;
    total[t + 1] = total[t];
    for (let k = 0; k < columns; k++) {
      const amount = (amounts[t * columns + k] *= factor);
      sums[(t + 1) * columns + k] = sums[t * columns + k] + amount;
      total[t + 1] += amount;
    }
  }
  return { steps, columns, paid: amounts, sums, total };
}

// The least and the most that any column or the total of any account reaches; zero lies between.
function rangeOf(accounts) {
  let low = 0, high = 0;
  for (const { sums, total } of accounts) {
    for (const values of [sums, total]) {
      for (const v of values) {
        if (v < low) low = v;
        if (v > high) high = v;
      }
    }
  }
  return { low, high };
}
