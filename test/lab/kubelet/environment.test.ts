import assert from "node:assert/strict";
import fc from "fast-check";
import { expand, resolveEnvironment } from "../../../lab/kubelet/environment.ts";
import { podFixture, sourcesFixture } from "./pods.ts";

const ALLOCATABLE = { cpu: 2, memory: 1000 };

describe("expand", () => {
  const cases: [text: string, result: string, why: string][] = [
    ["$(A)-$(B)", "1-2", "replaces each variable"],
    ["$(NONE)", "$(NONE)", "leaves an unknown one as it is"],
    ["$$(A)", "$(A)", "takes a doubled dollar for a literal one"],
    ["$$$(A)", "$1", "takes a doubled dollar before a reference for one dollar and the value"],
    ["$A ${A} $(A", "$A ${A} $(A", "knows no other syntax"],
  ];
  for (const [text, result, why] of cases) {
    it(`${why}: ${text}`, () => {
      assert.equal(expand(text, { A: "1", B: "2" }), result);
    });
  }

  it("does not expand what a value brings in", () => {
    assert.equal(expand("$(A)", { A: "$(B)", B: "2" }), "$(B)");
  });

  it("changes no text without a dollar", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const plain = text.replaceAll("$", "");
        assert.equal(expand(plain, { A: "1" }), plain);
      }),
    );
  });
});

describe("resolveEnvironment", () => {
  const sources = sourcesFixture({ "abc/settings": { color: "red" } }, { "abc/keys": { pin: "1234" } });
  const resolve = (env: object[], envFrom: object[] = []) =>
    resolveEnvironment(
      podFixture(),
      { name: "app", env: env as never, envFrom: envFrom },
      sources,
      ALLOCATABLE,
    );

  it("takes values, fields, resources and keys, in order, and expands earlier ones", () => {
    assert.deepEqual(
      resolve([
        { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
        { name: "CPUS", valueFrom: { resourceFieldRef: { resource: "limits.cpu", divisor: "1" } } },
        { name: "COLOR", valueFrom: { configMapKeyRef: { name: "settings", key: "color" } } },
        { name: "PIN", valueFrom: { secretKeyRef: { name: "keys", key: "pin" } } },
        { name: "URL", value: "http://$(IP)/$(LATER)" },
        { name: "LATER", value: "x" },
        { name: "EMPTY" },
      ]),
      {
        IP: "127.10.1.1",
        CPUS: "2",
        COLOR: "red",
        PIN: "1234",
        URL: "http://127.10.1.1/$(LATER)",
        LATER: "x",
        EMPTY: "",
      },
    );
  });

  it("takes whole ConfigMaps and Secrets, under single variables", () => {
    const envFrom = [{ prefix: "S_", configMapRef: { name: "settings" } }, { secretRef: { name: "keys" } }];
    assert.deepEqual(resolve([{ name: "pin", value: "0" }], envFrom), { S_color: "red", pin: "0" });
  });

  it("leaves out an optional key that is missing", () => {
    assert.deepEqual(
      resolve([{ name: "A", valueFrom: { configMapKeyRef: { name: "none", key: "a", optional: true } } }]),
      {},
    );
  });

  it("names the Secret and key that are missing", () => {
    const env = [{ name: "A", valueFrom: { secretKeyRef: { name: "keys", key: "a" } } }];
    assert.throws(() => resolve(env), /Secret abc\/keys has no key a/);
  });

  it("names the ConfigMap that is missing", () => {
    assert.throws(
      () => resolve([], [{ configMapRef: { name: "none" } }]),
      /ConfigMap abc\/none does not exist/,
    );
  });
});
