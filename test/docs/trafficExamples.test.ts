import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";

const ROOT = join(import.meta.dirname, "../..");
const FILES = join(ROOT, "stacks/traffic");
const PAGE = readFileSync(join(ROOT, "docs/traffic-examples.md"), "utf8");

describe("docs/traffic-examples.md", () => {
  const shown = [...PAGE.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(
    ([, text = ""]) => parse(text) as { kind?: string },
  );
  for (const file of readdirSync(FILES))
    it(`shows each object of ${file} as the lab proves it`, () => {
      for (const document of parseAllDocuments(readFileSync(join(FILES, file), "utf8"))) {
        const object = document.toJS() as { kind: string };
        const { kind } = object;
        assert.deepEqual(
          shown.filter((each) => each.kind === kind && JSON.stringify(each) === JSON.stringify(object)),
          [object],
        );
      }
    });
});
