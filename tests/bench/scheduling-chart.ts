/** The bench's rows as bars, in SVG: decisions a cpu second, and pods a second of both stacks where measured. */
import type { CoreResult } from "./scheduling-core.ts";

export interface ChartRow {
  readonly name: string;
  readonly core?: CoreResult;
  readonly api?: number;
  readonly peer?: number;
}

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly colour: string;
}

const rowHeight = 22;
const labelWidth = 380;
const barWidth = 420;
/** The scale is logarithmic from here. */
const least = 10;

function barsOf({ name, core, api, peer }: ChartRow): Bar[] {
  return [
    { label: name, value: core?.decisionsPerCpuSecond ?? 0, colour: "#326ce5" },
    { label: `${name}, whole stack`, value: api ?? 0, colour: "#2e8b57" },
    { label: `${name}, stock`, value: peer ?? 0, colour: "#999999" },
  ].filter(({ value }) => value > 0);
}

export function chart(rows: readonly ChartRow[]): string {
  const bars = rows.flatMap(barsOf);
  const most = Math.max(least * 10, ...bars.map(({ value }) => value));
  const length = (value: number) =>
    Math.max(1, (Math.log(value / least) / Math.log(most / least)) * barWidth);
  const lines = bars.map(({ label, value, colour }, index) => {
    const y = (index + 1) * rowHeight;
    const end = labelWidth + length(value) + 6;
    return [
      `<text x="${labelWidth - 8}" y="${y + 13}" text-anchor="end">${label}</text>`,
      `<rect x="${labelWidth}" y="${y + 2}" width="${length(value).toFixed(1)}" height="14" fill="${colour}"/>`,
      `<text x="${end.toFixed(1)}" y="${y + 13}">${Math.round(value).toLocaleString("en")}</text>`,
    ].join("");
  });
  const height = (bars.length + 2) * rowHeight;
  const size = `width="${labelWidth + barWidth + 100}" height="${height}"`;
  const style = `font-family="sans-serif" font-size="12"`;
  const title = "pods a second (core: decisions a cpu second), logarithmic";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${style}>`,
    `<title>${title}</title>`,
    `<text x="${labelWidth}" y="14">${title}</text>`,
    ...lines,
    "</svg>\n",
  ].join("\n");
}
