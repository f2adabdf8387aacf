import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { generatedFiles } from "../../docs/generate.ts";
import { parseAnyConfig } from "../../federation/config/anyConfig.ts";
import { CONFIG_NAMESPACE } from "../../federation/config/stackConfig.ts";
import { stackFileSchema } from "../../federation/config/stackFile.ts";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), "utf8");

const isValid = new Ajv({ allErrors: true, strict: false }).compile(stackFileSchema());

/** Validates a stack file with the required sections and this config against the editor's schema. */
function accepts(config: Record<string, unknown>): boolean {
  const required = { [`${CONFIG_NAMESPACE}:cluster`]: { name: "a", domain: "a.local" } };
  const kubeconfig = { [`${CONFIG_NAMESPACE}:kubeconfig`]: { context: "a" } };
  return isValid({ config: { ...required, ...kubeconfig, ...config } });
}

describe("Generated files", () => {
  it("are up to date (otherwise run `npm run docs`)", async () => {
    for (const [path, text] of Object.entries(await generatedFiles())) assert.equal(read(path), text, path);
  });

  it("describe every field of the config", () => {
    const empty = read("docs/config.md")
      .split("\n")
      .filter((line) => /^\| `.*?` +\| +\|/.test(line));
    assert.deepEqual(empty, []);
  });
});

describe("The schema of stack files", () => {
  it("accepts secrets, keys of other namespaces and what Pulumi writes itself", () => {
    const secure = { secure: "v1:abc" };
    assert.ok(accepts({ "aws:region": "eu", "pulumi:tags": {} }));
    assert.ok(accepts({ [`${CONFIG_NAMESPACE}:certificateAuthority`]: secure }));
    const provided = { certificate: "a.pem", key: secure, root: "c.pem" };
    assert.ok(accepts({ [`${CONFIG_NAMESPACE}:certificateAuthority`]: { source: "provided", provided } }));
    const config = { [`${CONFIG_NAMESPACE}:rootAuthority`]: { clusters: {} } };
    assert.ok(isValid({ config, encryptionsalt: "v1:abc", secretsprovider: "passphrase" }));
  });

  for (const [what, config] of [
    ["an unknown key", { [`${CONFIG_NAMESPACE}:export`]: [] }],
    ["an unknown field", { [`${CONFIG_NAMESPACE}:gateway`]: { addressTimeout: 3 } }],
    ["an unknown choice", { [`${CONFIG_NAMESPACE}:topology`]: "mesh" }],
    ["a missing field", { [`${CONFIG_NAMESPACE}:kubeconfig`]: {} }],
    ["a number beyond its limits", { [`${CONFIG_NAMESPACE}:brake`]: { share: 2 } }],
    ["a number in the place of text", { [`${CONFIG_NAMESPACE}:istio`]: { charts: { version: 1.31 } } }],
    ["a list in the place of a map", { [`${CONFIG_NAMESPACE}:cluster`]: [] }],
  ] as const) {
    it(`flags ${what}`, () => {
      assert.ok(!accepts(config));
    });
  }

  it("requires a cluster and its kubeconfig, or a shared root", () => {
    assert.equal(isValid({ config: {} }), false);
    assert.equal(
      isValid({ config: { [`${CONFIG_NAMESPACE}:cluster`]: { name: "a", domain: "a.local" } } }),
      false,
    );
  });
});

describe("The stack files", () => {
  for (const file of readdirSync(new URL("stacks", ROOT)).filter((name) => name.endsWith(".yaml"))) {
    it(`are valid and name their schema: ${file}`, () => {
      const text = read(`stacks/${file}`);
      assert.ok(text.startsWith("# yaml-language-server: $schema=stack.schema.json\n"));
      const stack = parse(text) as { config: Record<string, unknown> };
      assert.ok(isValid(stack), JSON.stringify(isValid.errors));
      const keys = Object.keys(stack.config);
      const raw = Object.fromEntries(
        keys
          .filter((key) => key.startsWith(`${CONFIG_NAMESPACE}:`))
          .map((key) => [key.slice(CONFIG_NAMESPACE.length + 1), stack.config[key]]),
      );
      assert.deepEqual(parseAnyConfig(raw, file, keys).faults, []);
    });
  }
});
