import assert from "node:assert/strict";
import { istiodHosts } from "../../../federation/authority/istiodHosts.ts";

describe("Hosts of istiod", () => {
  for (const [what, values, expected] of [
    ["are empty by default", {}, []],
    [
      "are the host of discoveryAddress",
      { meshConfig: { defaultConfig: { discoveryAddress: "127.10.0.2:15012" } } },
      ["127.10.0.2"],
    ],
    [
      "may be an IPv6 address",
      { meshConfig: { defaultConfig: { discoveryAddress: "[2001:DB8::7]:15012" } } },
      ["2001:db8::7"],
    ],
    [
      "include those of ISTIOD_CUSTOM_HOST",
      {
        env: { ISTIOD_CUSTOM_HOST: "b.example, a.example" },
        meshConfig: { defaultConfig: { discoveryAddress: "A.example:15012" } },
      },
      ["a.example", "b.example"],
    ],
    [
      "are empty where a value has another type",
      { env: 5, meshConfig: { defaultConfig: { discoveryAddress: 5 } } },
      [],
    ],
    ["are empty where the mesh config has none", { env: { X: "y" }, meshConfig: { trustDomain: "x" } }, []],
    ["are empty where the mesh config is text", { meshConfig: "x" }, []],
  ] as const) {
    it(what, () => {
      assert.deepEqual(istiodHosts(values), expected);
    });
  }
});
