import assert from "node:assert/strict";
import { orderStacks } from "../../commands/stackOrder.ts";

const file = (name: string, config: string) => ({
  ...{ name, path: `stacks/Pulumi.${name}.yaml` },
  text: `config:\n${config
    .split("; ")
    .map((line) => `  istio-federation:${line}`)
    .join("\n")}\n`,
});
const FILES = [
  file("paris-contract", "contractOf: paris"),
  file("paris", "cluster: { name: paris }; traffic: { files: ['traffic/paris/*.yaml'] }"),
  file("tokyo", "cluster: { name: tokyo }; peers: { lima: { file: contracts/lima.json } }"),
  file("root", "rootAuthority: { clusters: { paris: {} } }"),
];
const ALL = { roots: ["root"], clusters: ["paris", "tokyo"], contracts: ["paris-contract"] };
const NONE = { roots: [], clusters: [], contracts: [] };

describe("The order of stacks", () => {
  const cases: [string, string[] | undefined, object][] = [
    ["has all stacks by default: roots, clusters, contract stacks", undefined, ALL],
    ["has no stack without a change", [], NONE],
    [
      "has no stack for a change of docs and tests",
      ["docs/ci.md", "test/x.test.ts", "stacks/traffic/x.yaml"],
      NONE,
    ],
    [
      "has a stack whose file changes, and its contract stack",
      ["stacks/Pulumi.paris.yaml"],
      { ...NONE, clusters: ["paris"], contracts: ["paris-contract"] },
    ],
    [
      "has a contract stack alone",
      ["stacks/Pulumi.paris-contract.yaml"],
      { ...NONE, contracts: ["paris-contract"] },
    ],
    [
      "has the stack of traffic objects",
      ["traffic/paris/reviews.yaml"],
      { ...NONE, clusters: ["paris"], contracts: ["paris-contract"] },
    ],
    ["has the stack that reads a contract", ["contracts/lima.json"], { ...NONE, clusters: ["tokyo"] }],
    ...["index.ts", "federation/plan.ts", "package-lock.json", "Pulumi.yaml"].map(
      (path): [string, string[], object] => [`has all stacks for a change of ${path}`, [path], ALL],
    ),
  ];
  for (const [title, changed, expected] of cases)
    it(title, () => {
      assert.deepEqual(orderStacks(FILES, changed), expected);
    });

  it("is none of a file that is no YAML, which is named", () => {
    const broken = { name: "x", path: "stacks/Pulumi.x.yaml", text: "config: [" };
    assert.throws(() => orderStacks([broken], undefined), /stacks\/Pulumi\.x\.yaml is no YAML/);
  });
});
