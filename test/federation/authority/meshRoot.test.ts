import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { validateMeshRoot } from "../../../federation/authority/meshRoot.ts";
import { canonicalCertificate } from "../../../federation/x509/certificate.ts";
import { type AuthorityOptions, TestAuthority } from "../../support/testAuthority.ts";

const HOUR = 3_600_000;
const EXPIRED = { notBefore: new Date(Date.now() - 2 * HOUR), notAfter: new Date(Date.now() - HOUR) };

const pemOf = (authority: TestAuthority): string => canonicalCertificate(authority.pem) ?? "";

describe("The root of a mesh that is given with its key", () => {
  let root: TestAuthority;
  let next: TestAuthority;

  before(async () => {
    root = await TestAuthority.root("O=Company, CN=Root");
    next = await TestAuthority.root("O=Company, CN=Next Root");
  });

  const validate = (given: { root: string; rootKey?: string | undefined }, mesh: TestAuthority[] = [root]) =>
    validateMeshRoot({ rootKey: undefined, ...given }, mesh.map(pemOf), "a.local", new Date());

  const faultsOf = (...args: Parameters<typeof validate>): string[] => {
    const validated = validate(...args);
    if (!("faults" in validated)) return [];
    return validated.faults.map(({ path, rule, remedy }) => `${path.split(".").at(-1)}: ${rule}. ${remedy}`);
  };

  it("signs anchors, whatever roots are beside it", () => {
    for (const [text, mesh] of [
      [root.pem, [root]],
      [`CN=Root\n${root.pem}`, [next, root]],
      [next.pem + root.pem, [root]],
      [next.pem + root.pem, [next, root]],
    ] as const) {
      const validated = validate({ root: text, rootKey: root.keyPem() }, [...mesh]);
      assert.ok("issuer" in validated);
      assert.equal(validated.issuer?.certificate, pemOf(root));
      assert.match(validated.issuer.key, /^-----BEGIN PRIVATE KEY-----/);
    }
  });

  it("must be one of the mesh's: both fingerprints are named", () => {
    const [fault = "", ...others] = faultsOf({ root: next.pem, rootKey: next.keyPem() });
    assert.deepEqual(others, []);
    assert.ok(
      fault.startsWith(`root: has SHA-256 ${next.fingerprint}, which is no root of the mesh: `),
      fault,
    );
    assert.ok(fault.includes(`ConfigMap istio-ca-root-cert has ${root.fingerprint}. `), fault);
    assert.match(fault, /Remove source and provided, so that a federation root signs/);
  });

  it("is that of the key, even where another one is the mesh's", () => {
    const [fault = ""] = faultsOf({ root: root.pem + next.pem, rootKey: next.keyPem() });
    assert.ok(fault.startsWith(`root: has SHA-256 ${next.fingerprint}, which`), fault);
  });

  it("is not the same key under another certificate: workloads trust the one that istiod has", async () => {
    const renewed = await root.again();
    const [fault = ""] = faultsOf({ root: renewed.pem, rootKey: root.keyPem() });
    assert.ok(fault.startsWith(`root: has SHA-256 ${renewed.fingerprint}, which`), fault);
    assert.deepEqual(faultsOf({ root: renewed.pem + root.pem, rootKey: root.keyPem() }), []);
  });

  const broken: [title: string, given: () => { root: string; rootKey?: string }, faults: RegExp[]][] = [
    ["without a certificate", () => ({ root: "x", rootKey: root.keyPem() }), [/^root: must be one or more/]],
    [
      "with one that cannot be read",
      () => ({
        root: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + root.pem,
        rootKey: root.keyPem(),
      }),
      [/^root\[0\]: cannot be read/],
    ],
    [
      "with a key that is none",
      () => ({ root: root.pem, rootKey: "x" }),
      [/^rootKey: must be an unencrypted/],
    ],
    [
      "with another one's key",
      () => ({ root: root.pem, rootKey: next.keyPem() }),
      [/^rootKey: is not the key of a certificate in provided\.root/],
    ],
    [
      "with no key and another root, both at once",
      () => ({ root: next.pem, rootKey: "x" }),
      [/^rootKey: must be/, /^root: has SHA-256/],
    ],
    // The missing key is a fault of the config.
    ["without a key", () => ({ root: root.pem }), []],
  ];
  for (const [title, given, expected] of broken)
    it(`is refused ${title}`, () => {
      const validated = validate(given());
      assert.ok("faults" in validated);
      const found = faultsOf(given());
      assert.equal(found.length, expected.length, found.join("\n"));
      for (const [index, rule] of expected.entries()) assert.match(found[index] ?? "", rule);
    });

  for (const [title, options, rule] of [
    [
      "leaves no room for anchors",
      { pathLength: 1 },
      /^rootKey: .* path length below 2.*\. Remove source and/,
    ],
    ["has expired", EXPIRED, /^root: has expired/],
  ] as [string, AuthorityOptions, RegExp][])
    it(`is refused where it ${title}`, async () => {
      const made = await TestAuthority.root("O=Company, CN=Odd Root", options);
      const found = faultsOf({ root: made.pem, rootKey: made.keyPem() }, [made]);
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0] ?? "", rule);
    });
});
