// Numbers as a physicist writes them.

const PREFIXES = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""], [1e-3, "m"], [1e-6, "µ"], [1e-9, "n"], [1e-12, "p"], [1e-15, "f"]];
const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** `10^n` with raised digits. */
export function powerOfTen(n) {
  return "10" + [...String(n)].map((c) => RAISED[c] ?? c).join("");
}

/** The prefix that fits a magnitude: `{ factor, symbol }`. */
export function prefix(magnitude) {
  const size = Math.abs(magnitude);
  if (!(size > 0) || !Number.isFinite(size)) return { factor: 1, symbol: "" };
  const [factor, symbol] = PREFIXES.find(([f]) => size >= f * 0.9999999) ?? PREFIXES[PREFIXES.length - 1];
  return { factor, symbol };
}

/** A plain number with significant digits and a true minus sign. */
export function number(value, digits = 4) {
  if (!Number.isFinite(value)) return "none";
  const text = value === 0 ? "0" : String(Number(value.toPrecision(digits)));
  return text.replace("-", "−");
}

/** `si(0.01462, "A")` is `14.62 mA`. */
export function si(value, unit, digits = 4) {
  if (!Number.isFinite(value)) return "none";
  if (Math.abs(value) < 1e-15) return `0 ${unit}`;
  const { factor, symbol } = prefix(value);
  return `${number(value / factor, digits)} ${symbol}${unit}`;
}

/** A temperature in both scales. */
export function temperature(kelvin) {
  return Number.isFinite(kelvin) ? `${Math.round(kelvin)} K (${String(Math.round(kelvin - 273.15)).replace("-", "−")} °C)` : "none";
}
