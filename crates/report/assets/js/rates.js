// Breakdown voltage and gap position against the sweep rate.

import { theme } from "./colour.js";
import { number, powerOfTen, si } from "./format.js";

/** Draws one small plot of a result against the sweep rate into `host`, from the runs that differ in the rate alone. */
export function ratePlot(host, run) {
  const name = host.dataset.result, factor = Number(host.dataset.factor), title = host.dataset.title;
  const points = run.companions.filter((c) => c.rate > 0 && Number.isFinite(c.numbers[name]) && (c.here || /V\/s$/.test(c.label))).sort((a, b) => a.rate - b.rate);
  let plot = null;
  if (!points.length) { host.textContent = `${title}: no numbers to plot.`; return { draw() {} }; }

  function draw() {
    plot?.destroy();
    const t = theme(), x = points.map((p) => p.rate), y = points.map((p) => (name === "breakdown_voltage" ? Math.abs(p.numbers[name]) : p.numbers[name]) / factor);
    const pick = (keep) => points.map((p, i) => (keep(p) ? y[i] : null));
    const high = Math.max(...y), low = Math.min(...y), room = (high - low || Math.abs(high) || 1) * 0.15;
    const style = { stroke: t.ink, grid: { stroke: t.grid, width: 1 }, ticks: { stroke: t.ink, width: 1, size: 4 }, font: t.font(12), labelFont: t.font(12), labelSize: 20 };
    const dot = (fill) => ({ show: true, size: 8, stroke: t.accent, width: 1.75, fill });
    const at = (u, v, s, i) => (i == null || v == null ? "" : `${points[i].label}: ${number(y[i], 4)}`);
    plot = new uPlot({
      width: Math.max(260, host.clientWidth), height: 230, title, cursor: { drag: { x: false, y: false } }, legend: { show: true, live: true, markers: { width: 2, stroke: t.accent, fill: (u, i) => (i === 2 ? t.accent : t.paper) } },
      scales: { x: { time: false, distr: 3, range: [Math.min(...x) / 2, Math.max(...x) * 2] }, y: { range: [Math.min(low - room, name === "gap_position" ? 0 : low - room), high + room] } },
      axes: [
        { ...style, label: "Sweep rate (V/s)", size: 34, values: (u, v) => v.map((r) => (r == null ? "" : Math.abs(Math.log10(r) % 1) < 1e-6 ? powerOfTen(Math.round(Math.log10(r))) : "")) },
        { ...style, label: host.dataset.axis, size: 48 },
      ],
      series: [
        { label: "rate", value: (u, v) => (v == null ? "" : si(v, "V/s", 3)) },
        { label: "other runs", stroke: t.accent, width: 0, paths: () => null, points: dot(t.paper), value: at },
        { label: "this run", stroke: t.accent, width: 0, paths: () => null, points: dot(t.accent), value: at },
      ],
    }, [x, pick((p) => !p.here), pick((p) => p.here)], host);
  }
  return { draw };
}
