/** How decisions a cpu second change with one number (rows "Growth/what=number"), as lines in SVG, both axes logarithmic. */
import type { ChartRow } from "./scheduling-chart.ts";

interface Point {
  readonly x: number;
  readonly y: number;
}

const panel = { width: 300, height: 200, margin: 60 };
/** Decisions a second at the foot and at the top. */
const [least, most] = [100, 1_000_000];

const share = (value: number, from: number, to: number) =>
  Math.log(value / from) / Math.log(to / from);

/** What grows -> decisions by its number, ascending. */
export function growthOf(rows: readonly ChartRow[]): Map<string, Point[]> {
  const found = new Map<string, Point[]>();
  for (const { name, core } of rows) {
    const [, what, number] = /^Growth\/(\w+)=(\d+)$/.exec(name) ?? [];
    if (what === undefined || core === undefined) continue;
    const point = { x: Number(number), y: core.decisionsPerCpuSecond };
    found.set(
      what,
      [...(found.get(what) ?? []), point].sort((a, b) => a.x - b.x),
    );
  }
  return found;
}

function panelOf(what: string, points: readonly Point[], left: number): string {
  const { width, height, margin } = panel;
  const [first, last] = [points[0]?.x ?? 1, points.at(-1)?.x ?? 10];
  const across = (x: number) =>
    left + margin + share(x, first, Math.max(last, first * 10)) * (width - margin);
  const up = (y: number) =>
    30 + height - share(Math.min(Math.max(y, least), most), least, most) * height;
  const line = points.map(({ x, y }) => `${across(x).toFixed(1)},${up(y).toFixed(1)}`).join(" ");
  const grid = [least, 1000, 10_000, 100_000, most].map(
    (y) =>
      `<line x1="${left + margin}" x2="${left + width}" y1="${up(y)}" y2="${up(y)}" stroke="#ddd"/><text x="${left + margin - 6}" y="${up(y) + 4}" text-anchor="end">${y.toLocaleString("en")}</text>`,
  );
  const marks = points.map(
    ({ x, y }) =>
      `<circle cx="${across(x).toFixed(1)}" cy="${up(y).toFixed(1)}" r="3" fill="#326ce5"/><text x="${across(x).toFixed(1)}" y="${height + 46}" text-anchor="middle">${x.toLocaleString("en")}</text>`,
  );
  return [
    `<text x="${left + margin}" y="18">decisions/s of one core by ${what}</text>`,
    ...grid,
    `<polyline points="${line}" fill="none" stroke="#326ce5" stroke-width="2"/>`,
    ...marks,
  ].join("\n");
}

export function growthChart(rows: readonly ChartRow[]): string {
  const panels = [...growthOf(rows)];
  const size = `width="${panels.length * (panel.width + 30)}" height="${panel.height + 60}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="11">`,
    "<title>decisions/s of one core as the cluster grows</title>",
    ...panels.map(([what, points], index) => panelOf(what, points, index * (panel.width + 30))),
    "</svg>\n",
  ].join("\n");
}
