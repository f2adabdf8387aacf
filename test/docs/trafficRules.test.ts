import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { TRAFFIC_RULES } from "../../federation/traffic/trafficRules.ts";

describe("The table of checks in docs/traffic.md", () => {
  it("has each rule with its code", () => {
    const page = readFileSync(new URL("../../docs/traffic.md", import.meta.url), "utf8");
    const rows = page.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
    const missing = TRAFFIC_RULES.filter(
      ({ code, checks }) => !rows.some(([, first, second]) => first === `\`${code}\`` && second === checks),
    );
    assert.deepEqual(
      missing.map(({ code, checks }) => `${code} ${checks}`),
      [],
    );
  });
});
