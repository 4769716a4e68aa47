// Colours: two perceptually uniform tables, and the page's own colours, which follow the light or dark scheme.

// 33 stops each; viridis and inferno by N. Smith, S. van der Walt and E. Firing (CC0).
const VIRIDIS = "440154470d6048186a482374472d7b4537814240863e49893b528b375b8d33638d2f6b8e2c728e297a8e26828e23898e21918c1f988b1fa08822a78528ae8032b67a3fbc734ec36b5ec96270cf5784d44b98d83eaddc30c2df23d8e219ece51bfde725";
const INFERNO = "0000040403120b0724150b37210c4a2f0a5b3d09654a0c6b57106e64156e71196e7d1e6d8a226a972766a32c61b0315bbc3754c73e4cd24644db503be45a31eb6628f1731df68013f98e09fb9d07fcac11fbbc21f9cb35f5db4cf2ea69f3f68afcffa4";

function table(stops) {
  const n = stops.length / 6 - 1;
  const byte = (i, c) => parseInt(stops.substr(6 * i + 2 * c, 2), 16);
  const out = new Uint8Array(256 * 3);
  for (let k = 0; k < 256; k++) {
    const at = (k / 255) * n, i = Math.min(Math.floor(at), n - 1), part = at - i;
    for (let c = 0; c < 3; c++) out[3 * k + c] = Math.round(byte(i, c) * (1 - part) + byte(i + 1, c) * part);
  }
  return out;
}

/** Colour tables, 256 RGB triples each. */
export const TABLES = { viridis: table(VIRIDIS), inferno: table(INFERNO) };

/** The page's colours as they are now. */
export function theme() {
  const style = getComputedStyle(document.documentElement);
  const get = (name) => style.getPropertyValue(name).trim();
  return {
    ink: get("--ink"), muted: get("--muted"), rule: get("--rule"), grid: get("--grid"), paper: get("--paper"), panel: get("--panel"),
    platinum: get("--platinum"), film: get("--film"), silver: get("--silver"), accent: get("--accent"), second: get("--second"), now: get("--now"),
    moments: { A: get("--a"), B: get("--b"), C: get("--c"), after: get("--after") },
    font: (size, weight = "") => `${weight} ${size}px ${get("--figure-font")}`.trim(),
  };
}

/** Line patterns of the moments, so that they differ in print too. */
export const DASHES = { A: [], B: [7, 4], C: [2, 3], after: [9, 3, 2, 3] };
