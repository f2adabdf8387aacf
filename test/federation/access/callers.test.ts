import assert from "node:assert/strict";
import { coversCaller } from "../../../federation/access/callers.ts";
import { type Caller, callerFields } from "../../../federation/config/callers.ts";
import { parseConfig } from "../../../federation/config/stackConfig.ts";
import { faultsOf, fields } from "../../../federation/core/schema.ts";
import { KUBECONFIG, LOCAL_CLUSTER } from "../samples.ts";

const rule = fields(callerFields);

/** Returns the faults of an export rule's callers, as `path rule`. */
function callerFaults(raw: unknown): string[] {
  const { error } = rule.safeParse(raw);
  return error === undefined ? [] : faultsOf(error, raw).map((fault) => `${fault.path} ${fault.rule}`);
}

describe("Callers in an export rule", () => {
  it("are entries of peers, namespaces, service accounts, methods and paths, with each list in order", () => {
    const raw = {
      callers: [
        {
          peer: "cluster-a",
          namespaces: ["web", "client"],
          serviceAccounts: ["client/sleep.v2"],
          methods: ["POST", "GET"],
          paths: ["/status/*", "/", "*.json", "/pkg.Service/Method"],
        },
        {},
      ],
      localCallers: [],
    };
    assert.deepEqual(rule.parse(raw), {
      callers: [
        {
          peer: "cluster-a",
          namespaces: ["client", "web"],
          serviceAccounts: ["client/sleep.v2"],
          methods: ["GET", "POST"],
          paths: ["*.json", "/", "/pkg.Service/Method", "/status/*"],
        },
        {},
      ],
      localCallers: [],
    });
    assert.deepEqual(rule.parse({}), {});
  });

  const faulty: [string, unknown, RegExp[]][] = [
    ["an empty callers list", { callers: [] }, [/^callers is empty, so no caller/]],
    [
      "an empty list in an entry",
      { callers: [{ namespaces: [], methods: [] }] },
      [/namespaces is empty/, /methods is empty/],
    ],
    [
      "a duplicate value",
      { localCallers: [{ namespaces: ["a", "b", "a"] }] },
      [/^localCallers\[0\]\.namespaces\[2\] is there twice/],
    ],
    [
      "a service account without its namespace",
      { callers: [{ serviceAccounts: ["sleep"] }] },
      [/serviceAccounts\[0\] must be a service account/],
    ],
    [
      "a service account with a path",
      { callers: [{ serviceAccounts: ["a/b/c", "a/", "a/*"] }] },
      [/\[0\]/, /\[1\]/, /\[2\]/],
    ],
    [
      "a wildcard in a namespace",
      { callers: [{ namespaces: ["team-*"] }] },
      [/namespaces\[0\] must be a DNS-1123 label/],
    ],
    [
      "a method in lower case",
      { callers: [{ methods: ["get", "GET"] }] },
      [/methods\[0\] must be an HTTP method, in upper case/],
    ],
    [
      "an invalid path",
      { callers: [{ paths: ["*", "status", "/a*b", "/{*}", "/a?b=c", "**", "/a/**"] }] },
      [/paths\[0\]/, /paths\[1\]/, /paths\[2\]/, /paths\[3\]/, /paths\[4\]/, /paths\[5\]/, /paths\[6\]/],
    ],
    [
      "a peer among local callers",
      { localCallers: [{ peer: "a" }] },
      [/^localCallers\[0\]\.peer is not a known field/],
    ],
    ["an unknown field", { callers: [{ method: ["GET"] }] }, [/^callers\[0\]\.method is not a known field/]],
    [
      "a shadowed entry",
      { callers: [{ peer: "a" }, { peer: "a", namespaces: ["x"] }] },
      [/^callers\[1\] never decides: entry 0/],
    ],
    [
      "too many entries",
      { localCallers: Array.from({ length: 51 }, (_, index) => ({ namespaces: [`n${index}`] })) },
      [/^localCallers has 51 entries/],
    ],
    [
      "values of another type",
      { callers: "all", localCallers: [{ namespaces: "x" }, 1] },
      [/callers must be a list/, /namespaces must be a list/, /localCallers\[1\] must be a map/],
    ],
  ];
  for (const [what, raw, expected] of faulty) {
    it(`must not have ${what}`, () => {
      const found = callerFaults(raw);
      assert.equal(found.length, expected.length, found.join("\n"));
      for (const [index, pattern] of expected.entries()) assert.match(found[index] ?? "", pattern);
    });
  }

  it("are shadowed by an earlier entry that covers them", () => {
    const pairs: [Caller, Caller, boolean][] = [
      [{}, { peer: "a", namespaces: ["x"] }, true],
      [{ peer: "a" }, {}, false],
      [{ peer: "a" }, { peer: "b" }, false],
      [{ peer: "a", namespaces: ["x"] }, { peer: "a", serviceAccounts: ["x/y"] }, true],
      [{ namespaces: ["x"] }, { serviceAccounts: ["x/y", "z/y"] }, false],
      [{ serviceAccounts: ["x/y"] }, { namespaces: ["x"] }, false],
      [{ serviceAccounts: ["x/y"], methods: ["GET"] }, { serviceAccounts: ["x/y"] }, true],
      [{ namespaces: ["x"] }, {}, false],
    ];
    for (const [earlier, later, expected] of pairs) {
      assert.equal(coversCaller(earlier, later), expected, JSON.stringify([earlier, later]));
    }
  });

  describe("with peers", () => {
    const peers = { "cluster-b": { stack: "b" }, "cluster-c": { stack: "c" } };
    const configFaults = (exports: object[], known?: object) => {
      const raw = { cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, exports, peers: known };
      return parseConfig(raw, "cluster-a").faults.map(({ path, value, rule: broken }) => [
        path,
        value,
        broken,
      ]);
    };

    it("name peers of the stack to which the rule exports", () => {
      const rules = [
        { service: "*", callers: [{ peer: "cluster-b" }, {}] },
        { service: "a", peers: ["cluster-b"], callers: [{ peer: "cluster-c" }, { peer: "cluster-x" }] },
      ];
      assert.deepEqual(configFaults(rules, peers), [
        ["exports[1].callers[0].peer", "cluster-c", "is not offered the Services of this rule"],
        ["exports[1].callers[1].peer", "cluster-x", "is not one of this stack's peers"],
      ]);
    });

    it("may name a peer whose own entry is faulty", () => {
      const rules = [{ service: "*", callers: [{ peer: "cluster-b" }] }];
      assert.deepEqual(
        configFaults(rules, { "cluster-b": {} }).map(([path]) => path),
        ["peers.cluster-b.stack"],
      );
    });

    it("cannot name unknown peers, such as properties of every object", () => {
      for (const none of [undefined, {}]) {
        const [[, , broken] = []] = configFaults(
          [{ service: "*", callers: [{ peer: "constructor" }] }],
          none,
        );
        assert.equal(broken, "is not one of this stack's peers");
      }
    });
  });
});
