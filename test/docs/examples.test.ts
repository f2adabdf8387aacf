import assert from "node:assert/strict";
import { parse } from "yaml";
import { readPages } from "./pages.ts";
import { parseAnyConfig } from "../../federation/config/anyConfig.ts";
import { parseConfig } from "../../federation/config/stackConfig.ts";

const PREFIX = "istio-federation:";

/** Stands for a fingerprint in the docs. */
const SHORT_FINGERPRINT = "4F:1C:...:9A";
const FINGERPRINT = Array.from({ length: 32 }, () => "9A").join(":");

/** Required sections that examples omit, as they do not belong to the subject. */
const USUAL = {
  cluster: { name: "here", domain: "here.example" },
  kubeconfig: { context: "here" },
  peers: { "cluster-a": { stack: "a" }, tokyo: { stack: "tokyo" } },
};

/** Config that the examples of a page share. */
const OF_PAGE: Readonly<Record<string, object>> = {
  "docs/existing-istio.md": { istio: { existing: {} } },
  "docs/replicated.md": {
    topology: "replicated",
    certificateAuthority: { source: "shared", shared: { stack: "root" } },
  },
};

describe("Examples in the docs", () => {
  for (const { path, yaml } of readPages()) {
    const examples = yaml
      .map((text) => parse(text.replaceAll(SHORT_FINGERPRINT, FINGERPRINT)) as Record<string, unknown> | null)
      .filter((example) => example !== null)
      .map((example) => (example["config"] ?? example) as Record<string, unknown>)
      .filter((example) => Object.keys(example).some((key) => key.startsWith(PREFIX)));
    if (examples.length === 0) continue;

    it(`are valid configs: ${path}`, () => {
      for (const example of examples) {
        const given = Object.fromEntries(
          Object.entries(example).map(([key, value]) => [key.slice(PREFIX.length), value]),
        );
        const { faults } =
          "rootAuthority" in given || "contractOf" in given
            ? parseAnyConfig(given, "here")
            : parseConfig({ ...USUAL, ...OF_PAGE[path], ...given }, "here");
        assert.deepEqual(faults, []);
      }
    });
  }
});
