import assert from "node:assert/strict";
import { parseAnyConfig } from "../../../federation/config/anyConfig.ts";
import { describeFault } from "../../../federation/core/fault.ts";

/** Faults of a contract stack that notifies these. */
function faults(...notify: unknown[]): string[] {
  return parseAnyConfig({ contractOf: "a", notify }, "a-contract").faults.map(describeFault);
}

describe("The places that are notified", () => {
  it("are those of a contract stack too", () => {
    const { config } = parseAnyConfig(
      { contractOf: "a", notify: [{ repository: "acme/clusters" }] },
      "a-contract",
    );
    assert.deepEqual(config, { contractOf: "a", notify: [{ repository: "acme/clusters" }] });
  });

  const cases: [string, object, RegExp][] = [
    ["no place", {}, /^notify\[0\]: \{\} must have exactly one of 'operatorStack', 'repository', 'url'/],
    ["two places", { repository: "a/b", url: "https://x.example/" }, /must have exactly one of/],
    [
      "a repository without its owner",
      { repository: "clusters" },
      /notify\[0\]\.repository: "clusters" must be a GitHub repository/,
    ],
    [
      "an address without TLS",
      { url: "http://x.example/" },
      /notify\[0\]\.url: must be an https:\/\/ address/,
    ],
    [
      "an address with a password",
      { url: "https://u:p@x.example/" },
      /must be an https:\/\/ address, without user, password/,
    ],
    [
      "a token in place of its variable",
      { repository: "a/b", tokenEnv: "ghp-x" },
      /must be the name of an environment variable/,
    ],
    [
      "a field of another kind of place",
      { url: "https://x.example/", tokenEnv: "X" },
      /notify\[0\]\.tokenEnv: .*is for 'repository' alone/,
    ],
    ["an unknown field", { repo: "a/b" }, /repo: is unknown.*repository|exactly one/],
  ];
  for (const [title, entry, expected] of cases)
    it(`are refused with ${title}`, () => {
      assert.match(faults(entry).join("\n"), expected);
    });

  it("never quote what may be a secret", () => {
    assert.ok(
      !faults({ url: "https://user:s3cr3t@x.example/?token=t0k3n" })
        .join()
        .match(/s3cr3t|t0k3n/),
    );
  });
});
