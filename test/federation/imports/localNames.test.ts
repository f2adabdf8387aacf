import assert from "node:assert/strict";
import fc from "fast-check";
import { SERVICE_NAME } from "../../../federation/core/names.ts";
import { describe, it } from "mocha";
import { type ImportChoice, chooseImports } from "../../../federation/imports/importChoice.ts";
import type { Import } from "../../../federation/imports/import.ts";
import { nameLocalServices, foreignServiceFaults } from "../../../federation/imports/localNames.ts";
import { fillTemplate } from "../../../federation/core/domains.ts";
import { LOCAL_NAME, LOCAL_NAME_TEMPLATE } from "../../../federation/imports/localService.ts";
import { label } from "../arbitraries.ts";
import { BAR, barImport, contractOf } from "../samples.ts";

/** Imports from a peer with cluster domain cluster-b.local, by local host. */
function peerOf(peer: string, services: Record<string, Partial<Import>>): ImportChoice {
  const all = Object.entries(services).map(([host, more]) => [host, { ...barImport, ...more }] as const);
  const found = {
    peer,
    gateways: [],
    services: Object.fromEntries(all),
    refused: [],
    refusedHosts: [],
    contract: contractOf(),
  };
  return chooseImports(found, {}, () => undefined);
}

const named = (imports: ImportChoice[], name = LOCAL_NAME, further: string[] = [], limit = 10) => {
  const choices = imports.map((each) => ({ ...each, givenAt: new Map(further.map((host) => [host, ""])) }));
  const found = nameLocalServices(choices, { name, limit });
  return {
    names: found.choices.map(({ services }) => Object.values(services).map((each) => each.localService)),
    warnings: found.warnings.map(({ path, rule }) => `${path} ${rule}`),
  };
};

describe("The name template of local Services", () => {
  for (const [template, isOne] of [
    [LOCAL_NAME, true],
    ["{name}", true],
    ["pay", true],
    ["{peer}-{name}", true],
    ["x{namespace}", true],
    ["", false],
    ["{name}.{namespace}", false],
    ["{service}", false],
    ["-{name}", false],
    ["{name}-", false],
    ["1{name}", false],
    ["{Name}", false],
    ["a".repeat(64), false],
  ] as const) {
    it(`${isOne ? "is" : "is not"} '${template}'`, () => {
      assert.equal(LOCAL_NAME_TEMPLATE.test(template), isOne);
    });
  }

  it("gives a name where the service has all placeholders' values", () => {
    const bar = { name: "bar", namespace: "xyz", peer: "cluster-b" };
    assert.equal(fillTemplate(LOCAL_NAME, bar), "bar-xyz-cluster-b");
    assert.equal(fillTemplate("{peer}-{name}-{name}", bar), "cluster-b-bar-bar");
    assert.equal(fillTemplate("to-{peer}", { peer: "b" }), "to-b");
    assert.equal(fillTemplate(LOCAL_NAME, { peer: "b" }), undefined);
  });

  it("gives a valid Service name, or none", () => {
    fc.assert(
      fc.property(label(), label(), label(), (name, namespace, peer) => {
        const given = fillTemplate(LOCAL_NAME, { name, namespace, peer }) ?? assert.fail();
        assert.equal(given, `${name}-${namespace}-${peer}`);
        assert.equal(SERVICE_NAME.test(given), given.length <= 63 && /^[a-z]/.test(given));
      }),
    );
  });
});

describe("The local Services of imported ones", () => {
  it("do not exist without dns.services", () => {
    const imports = [peerOf("cluster-b", { [BAR]: {} })];
    assert.deepEqual(nameLocalServices(imports, undefined), {
      choices: imports,
      warnings: [],
    });
  });

  it("are named after the service in its own cluster", () => {
    const { names, warnings } = named([
      peerOf("cluster-b", { [BAR]: {} }),
      peerOf("far", { "bar.xyz.svc.far.mesh": { remoteHost: BAR } }),
    ]);
    assert.deepEqual(names, [["bar-xyz-cluster-b"], ["bar-xyz-far"]]);
    assert.deepEqual(warnings, []);
  });

  it("are one per service, and none for further names", () => {
    const imports = [peerOf("cluster-b", { [BAR]: {}, "bar.xyz.global": { remoteHost: BAR } })];
    assert.deepEqual(named(imports, LOCAL_NAME, ["bar.xyz.global"]).names, [
      ["bar-xyz-cluster-b", undefined],
    ]);
  });

  it("are skipped with a warning where the name would be missing or invalid", () => {
    const long = `${"n".repeat(60)}.xyz.svc.cluster-b.local`;
    const { names, warnings } = named([
      peerOf("cluster-b", {
        [BAR]: {},
        [long]: {},
        "4.xyz.svc.cluster-b.local": {},
        "pay.cluster-b.local": {},
      }),
    ]);
    assert.deepEqual(names, [["bar-xyz-cluster-b", undefined, undefined, undefined]]);
    assert.deepEqual(
      warnings.map((warning) => warning.replace(/^.*has no local Service(?:, as|:) /, "")),
      [
        `'${"n".repeat(60)}-xyz-cluster-b' ${SERVICE_NAME.rule}`,
        `'4-xyz-cluster-b' ${SERVICE_NAME.rule}`,
        "its host in its cluster is not '<name>.<namespace>.svc.<cluster domain>', as '{name}-{namespace}-{peer}' requires",
      ],
    );
  });

  it("are skipped with a warning where two would have the same name", () => {
    const one = peerOf("b", {
      [BAR]: {},
      "a-b.c.svc.cluster-b.local": {},
      "a.b-c.svc.cluster-b.local": {},
    });
    assert.deepEqual(named([one]), {
      names: [["bar-xyz-b", undefined, undefined]],
      warnings: [
        "dns.services.name would be the name of the local Services of 2 imported ones " +
          "(a-b.c.svc.cluster-b.local of peer b, a.b-c.svc.cluster-b.local of peer b), so that none of them has one",
      ],
    });
    const both = [peerOf("b", { [BAR]: {} }), peerOf("far", { "bar.xyz.svc.far.mesh": { remoteHost: BAR } })];
    assert.deepEqual(named(both, "{name}"), {
      names: [[undefined], [undefined]],
      warnings: [
        `dns.services.name would be the name of the local Services of 2 imported ones (${BAR} of peer b, bar.xyz.svc.far.mesh of peer far), ` +
          "so that none of them has one",
      ],
    });
  });

  it("are a fault where another owner's Service has the name", () => {
    const wanted = new Map([["bar-xyz-b", { peer: "b", host: BAR }]]);
    const others = [
      { name: "other", labels: {} },
      { name: "bar-xyz-b", labels: { "app.kubernetes.io/managed-by": "Helm" } },
    ];
    assert.deepEqual(foreignServiceFaults(others, wanted, "ns"), [
      {
        path: "dns.services.name",
        value: "bar-xyz-b",
        rule: `is to be the local Service of ${BAR} of peer b, and there is a Service ns/bar-xyz-b, which is labelled app.kubernetes.io/managed-by=Helm`,
        remedy: "Delete that one, or choose another dns.services.name",
      },
    ]);
  });
});
