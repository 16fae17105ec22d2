// Numbers and texts as the player writes them. Pure functions; `amount_words` in Python writes amounts the same way.

// Round values between low and high, about so many.
function ticks(low, high, about) {
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) || rough;
  const values = [];
  for (let i = Math.ceil(low / step); i * step <= high + step * 1e-9; i++) values.push(i === 0 ? 0 : i * step);
  return values;
}

// A range with some room at both ends; zero stays an end.
function roomy(low, high) {
  if (low === high) return { low: -1, high: 1 };
  const room = 0.06 * (high - low);
  return { low: low < 0 ? low - room : 0, high: high > 0 ? high + room : 0 };
}

// 1234567 → 1.23M, 0.0000012 → 1.2e−6
function shortNumber(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  const minus = value < 0 ? "−" : "";
  if (size >= 1e6) return `${minus}${trim(size / 1e6, 3)}M`;
  if (size >= 1e4) return `${minus}${trim(size / 1e3, 3)}k`;
  if (size >= 1e-3) return `${minus}${trim(size, 3)}`;
  return `${minus}${powerOfTen(size, 1)}`;
}

function trim(value, digits) { return String(Number(value.toPrecision(digits))); }

// +12.34, −0.005, +1,234,567, +1.23e9: enough digits to tell what is small beside what is large.
function paidNumber(value, sign = true) {
  const size = Math.abs(value);
  const mark = value < 0 ? "−" : sign && value > 0 ? "+" : "";
  if (size === 0) return "0";
  if (size >= 1e9) return mark + powerOfTen(size, 2);
  if (size < 1e-3) return mark + powerOfTen(size, 1);
  const digits = size >= 1e4 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3;
  const [whole, rest] = size.toFixed(digits).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return mark + (rest === undefined ? grouped : `${grouped}.${rest}`);
}

function powerOfTen(size, digits) { return size.toExponential(digits).replace("e+", "e").replace("e-", "e−"); }

function signed(value, digits) {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

function fill(text, values) { return text.replace(/\{(\w+)\}/g, (_, name) => values[name]); }

function up(gaps) { return gaps.reduce((sum, gap) => sum + Math.max(gap, 0), 0); }
