import { LAB_FOLDER, labPaths } from "../environment.ts";
import { readSession } from "../session.ts";
import { createProgress } from "../progress.ts";
import { measureAll } from "./measure.ts";
import { judgeGoals } from "./goals.ts";
import { formatReport } from "./table.ts";
import { renderChart } from "./chart.ts";
import { writeRows, type Row } from "./rows.ts";
import { writeFileSync } from "node:fs";
const lab = {
  dir: LAB_FOLDER,
  kubeconfig: labPaths(LAB_FOLDER).kubeconfig,
  environment: readSession(LAB_FOLDER)!.environment!,
};
const n = (s?: string) => (s ? s.split(",").map(Number) : []);
const rows: Row[] = [];
await measureAll(
  lab,
  {
    services: n(process.argv[2]),
    peerServices: n(process.argv[3]),
    scopeServices: Number(process.argv[4] ?? 0),
    repeats: Number(process.argv[5] ?? 3),
  },
  createProgress(),
  (row) => {
    rows.push(row);
    writeRows("/tmp/bench.json", rows);
  },
);
console.log(formatReport(rows, judgeGoals(rows)));
writeFileSync("/tmp/bench.svg", renderChart(rows));
