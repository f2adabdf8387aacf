import { type FLOOR_STEPS, PEER_PREFIX, timedRows, type Row, type TimedRow } from "./rows.ts";

/** Where things are, in the drawing's units. */
const WIDTH = 900;
const HEIGHT = 520;
const PLOT = { left: 64, right: 660, top: 56, bottom: 460 };
const LEGEND_LEFT = PLOT.right + 28;
const LINE_HEIGHT = 22;

/** Colours that stand out from white and from black alike. */
const STEP_COLOURS: Readonly<Record<string, string>> = {
  create: "#3b82c4",
  "update-all": "#d1495b",
  destroy: "#9467bd",
  refresh: "#2a9d6f",
  "update-one": "#c98a00",
  "no-op-preview": "#848b98",
};

/** By whom a step is done, by the form of its line. */
const WRITERS = [
  { name: "ImportedServices", prefix: "", dashes: "none" },
  { name: "floor: bare client", prefix: "floor-", dashes: "8 5" },
  { name: "a CustomResource each", prefix: PEER_PREFIX, dashes: "2 4" },
] as const;

/** The floor's steps are named after what is done, the program's after what changes. */
const FLOOR_NAMES: Readonly<Record<string, (typeof FLOOR_STEPS)[number]>> = {
  create: "floor-create",
  "update-all": "floor-update",
};

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-size: 16px; font-weight: 600; }
  .ground { fill: #ffffff; }
  .grid { stroke: #d0d7de; stroke-width: 1; }
  .line { fill: none; stroke-width: 2.2; stroke-linecap: round; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .ground { fill: #0d1117; }
    .grid { stroke: #30363d; }
  }
`;

interface Line {
  readonly step: string;
  readonly dashes: string;
  readonly rows: readonly TimedRow[];
}

/**
 * Draws times over numbers of services, both in powers of ten, as an SVG that is readable on light and dark pages. A step
 * measured with one number of services only is a dot.
 */
export function renderChart(rows: readonly Row[]): string {
  const lines = linesOf(timedRows(rows));
  const points = lines.flatMap(({ rows: ofLine }) => ofLine);
  const x = scale(
    points.map(({ services }) => services),
    PLOT.left,
    PLOT.right,
  );
  const y = scale(
    points.map(({ seconds }) => seconds),
    PLOT.bottom,
    PLOT.top,
  );
  const parts = [
    `<rect class="ground" width="${WIDTH}" height="${HEIGHT}"/>`,
    text(PLOT.left, 28, "Seconds by number of services", { cssClass: "title" }),
    ...x.ticks.flatMap((tick) => [
      rule(x.at(tick), PLOT.top, x.at(tick), PLOT.bottom),
      text(x.at(tick), PLOT.bottom + 22, label(tick), { anchor: "middle" }),
    ]),
    ...y.ticks.flatMap((tick) => [
      rule(PLOT.left, y.at(tick), PLOT.right, y.at(tick)),
      text(PLOT.left - 8, y.at(tick) + 4, `${label(tick)} s`, { anchor: "end" }),
    ]),
    text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 46, "services", { anchor: "middle" }),
    ...lines.map((line) => drawLine(line, x.at, y.at)),
    ...legend(),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    "<title>Benchmark: seconds by number of services</title>",
    `<style>${STYLE}</style>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function linesOf(rows: readonly TimedRow[]): Line[] {
  // The preview of a few services is there to be compared with, and has no round of its own.
  const rounds = new Set(rows.filter(({ step }) => step.endsWith("create")).map(({ services }) => services));
  return Object.keys(STEP_COLOURS).flatMap((step) =>
    WRITERS.map(({ prefix, dashes }) => {
      const name = prefix === "floor-" ? FLOOR_NAMES[step] : `${prefix}${step}`;
      const ofStep = rows.filter((row) => row.step === name && rounds.has(row.services));
      return { step, dashes, rows: ofStep.sort((one, other) => one.services - other.services) };
    }).filter((line) => line.rows.length > 0),
  );
}

/** A logarithmic scale between whole powers of ten; without values from 1 to 10. */
function scale(values: readonly number[], start: number, end: number) {
  const powers = values.length === 0 ? [0] : values.map(Math.log10);
  const first = Math.floor(Math.min(...powers));
  const last = Math.max(Math.ceil(Math.max(...powers)), first + 1);
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
  const at = (value: number) => start + ((Math.log10(value) - first) / (last - first)) * (end - start);
  return { ticks, at };
}

function drawLine(
  { step, dashes, rows }: Line,
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  const colour = STEP_COLOURS[step] ?? "";
  const places = rows.map(({ services, seconds }) => [round(x(services)), round(y(seconds))] as const);
  const points = places.map((place) => place.join(",")).join(" ");
  const dots = places.map(([left, top]) => `<circle cx="${left}" cy="${top}" r="3" fill="${colour}"/>`);
  return `<polyline class="line" stroke="${colour}" stroke-dasharray="${dashes}" points="${points}"/>${dots.join("")}`;
}

/** Colours tell the steps, dashes who does them. */
function legend(): string[] {
  const sample = (row: number, colour: string, dashes: string, name: string) => {
    const top = PLOT.top + 10 + row * LINE_HEIGHT;
    const line = `<line class="line" x1="${LEGEND_LEFT}" y1="${top}" x2="${LEGEND_LEFT + 34}" y2="${top}" stroke="${colour}" stroke-dasharray="${dashes}"/>`;
    return `${line}${text(LEGEND_LEFT + 44, top + 4, name)}`;
  };
  const steps = Object.entries(STEP_COLOURS);
  return [
    ...steps.map(([step, colour], row) => sample(row, colour, "none", step)),
    ...WRITERS.map(({ name, dashes }, row) => sample(steps.length + 1 + row, "#848b98", dashes, name)),
  ];
}

function rule(x1: number, y1: number, x2: number, y2: number): string {
  return `<line class="grid" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
}

function text(
  x: number,
  y: number,
  words: string,
  { anchor = "start", cssClass = "label" }: { anchor?: string; cssClass?: string } = {},
): string {
  return `<text class="${cssClass}" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${words}</text>`;
}

function label(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 3 });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
