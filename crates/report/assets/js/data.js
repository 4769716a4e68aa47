// The run as the page carries it: arrays packed in base64, unpacked once.

/** Equal-area diameter over projected width of a pentagon lying on a flat wall: 2 sqrt(0.657/pi). */
export const EQUAL_AREA_PER_WIDTH = 0.9146;
/** Melting point of silver [K]. */
export const MELTING_POINT = 1235;
/** Radius [m] below which a cell counts as broken (the wire engine severs at 1 nm). */
export const BROKEN_RADIUS = 1e-9;

function bytes(text) {
  const raw = atob(text ?? "");
  const out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out.buffer;
}

/** Numbers of 32 bits. */
export function f32(text) {
  return new Float32Array(bytes(text));
}

/** Numbers of 64 bits. */
export function f64(text) {
  return new Float64Array(bytes(text));
}

/** Flags of a byte each. */
export function flagsOf(text) {
  return new Uint8Array(bytes(text));
}

/** Numbers of 16 bits with their scale. */
export function matrix(packed) {
  const data = new Uint16Array(bytes(packed.data));
  return { low: packed.low, scale: packed.scale, data };
}

/** First index whose value is above `x` in an ascending array. */
export function above(values, x) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] > x) high = middle; else low = middle + 1;
  }
  return low;
}

/** Index of the value nearest to `x` in an ascending array; -1 if it is empty. */
export function nearest(values, x) {
  const i = above(values, x);
  if (i === 0) return values.length ? 0 : -1;
  if (i === values.length) return i - 1;
  return x - values[i - 1] <= values[i] - x ? i - 1 : i;
}

/** Unpacks the page's data. */
export function unpack(packed) {
  const run = {
    plate: packed.plate,
    moments: packed.moments,
    companions: packed.companions,
    samples: {
      time: new Float64Array(bytes(packed.samples.time)),
      voltage: new Float32Array(bytes(packed.samples.voltage)),
      current: new Float32Array(bytes(packed.samples.current)),
      flags: new Uint8Array(bytes(packed.samples.flags)),
    },
    position: new Float32Array(bytes(packed.position)),
    time: new Float64Array(bytes(packed.profiles.time)),
    radius: matrix(packed.profiles.radius),
    temperature: matrix(packed.profiles.temperature),
    series: {},
  };
  for (const s of packed.series) run.series[s.name] = { ...s, data: new Float32Array(bytes(s.data)) };
  run.cells = run.position.length;
  run.heater = run.plate.chip === "heating";
  if (packed.heated) {
    const part = (name) => new Float32Array(bytes(packed.heated[name])), wide = (r) => (2e9 * r) / EQUAL_AREA_PER_WIDTH, volume = part("volume");
    run.heated = {
      time: Array.from(f64(packed.heated.time)), temperature: Array.from(part("temperature"), (t) => t - 273.15), silver: Array.from(volume, (v) => (100 * v) / volume[0]),
      thin: Array.from(part("thinnest"), wide), wide: Array.from(part("widest"), wide),
    };
  }
  run.breakTime = run.moments.find((m) => m.name === "C")?.time ?? null;
  return run;
}

/** One number of a profile; NaN where it is missing. */
export function value(run, quantity, profile, cell) {
  const raw = run[quantity].data[profile * run.cells + cell];
  return raw === 65535 || raw === undefined ? NaN : run[quantity].low + raw * run[quantity].scale;
}

/** Projected width [m] of a cell of a profile. */
export function width(run, profile, cell) {
  return (2 * value(run, "radius", profile, cell)) / EQUAL_AREA_PER_WIDTH;
}

/** Whether silver is left in a cell. */
export function alive(run, profile, cell) {
  return value(run, "radius", profile, cell) >= BROKEN_RADIUS;
}

/** Smallest and largest value of a quantity over cells that are alive. */
export function range(run, quantity) {
  let low = Infinity, high = -Infinity;
  for (let p = 0; p < run.time.length; p++)
    for (let c = 0; c < run.cells; c++) {
      const v = value(run, quantity, p, c);
      if (Number.isFinite(v) && alive(run, p, c)) { if (v < low) low = v; if (v > high) high = v; }
    }
  return low <= high ? [low, high] : [0, 1];
}

/** Thinnest and hottest place of a profile, the parts on the contacts included: a wire may break there too. */
export function extremes(run, profile) {
  const out = { thin: Infinity, thinAt: NaN, hot: -Infinity, hotAt: NaN };
  for (let c = 0; c < run.cells; c++) {
    const x = run.position[c], w = width(run, profile, c), t = value(run, "temperature", profile, c);
    if (w < out.thin) { out.thin = w; out.thinAt = x; }
    if (alive(run, profile, c) && t > out.hot) { out.hot = t; out.hotAt = x; }
  }
  return out;
}

/** The profile that shows a moment: the last one not after it. */
export function profileOf(run, moment) {
  return Math.max(0, Math.min(run.time.length - 1, above(run.time, moment.time) - 1));
}

/** The last profile whose neck still has a quarter of its as-made area: what the temperature "just before C" (T25) refers to. */
export function quarterNeck(run) {
  if (run.breakTime === null || !run.cells) return -1;
  for (let p = above(run.time, run.breakTime) - 1; p >= 0; p--) {
    let least = 1;
    for (let c = 0; c < run.cells; c++) {
      if (run.position[c] < 0 || run.position[c] > run.plate.spacing) continue;
      const q = value(run, "radius", p, c) / value(run, "radius", 0, c);
      if (q < least) least = q;
    }
    if (least >= 0.5) return p;
  }
  return -1;
}

/** Time in words relative to the break. */
export function aroundBreak(run, time) {
  return run.breakTime === null ? null : time - run.breakTime;
}
