import assert from "node:assert/strict";
import type { ProvidedPems } from "../../../federation/config/certificateAuthority.ts";
import { istiodNames } from "../../../federation/authority/istiodHosts.ts";
import { validateProvided } from "../../../federation/authority/provided.ts";
import { type AuthorityOptions, TestAuthority } from "../../support/testAuthority.ts";

const HOUR = 3_600_000;
const past = { notBefore: new Date(Date.now() - 2 * HOUR), notAfter: new Date(Date.now() - HOUR) };
const future = { notBefore: new Date(Date.now() + HOUR), notAfter: new Date(Date.now() + 2 * HOUR) };

const NAMES = { trustDomain: "a.local", hosts: istiodNames({}) };
const validate = (given: ProvidedPems) => validateProvided(given, NAMES, new Date());

/** Returns the faults, each as `field: rule`. */
function faultsOf(given: ProvidedPems): string[] {
  const validated = validate(given);
  const prefix = "certificateAuthority.provided.";
  if (!("faults" in validated)) return [];
  return validated.faults.map(({ path, rule }) => `${path.slice(prefix.length)}: ${rule}`);
}

describe("A provided certificate authority", () => {
  let root: TestAuthority;
  let intermediate: TestAuthority;
  let given: ProvidedPems;

  before(async () => {
    root = await TestAuthority.root("O=Company, CN=Root");
    intermediate = await root.intermediate("O=Company, CN=Mesh");
    given = { certificate: intermediate.pem, key: intermediate.keyPem(), root: root.pem };
  });

  /** With another intermediate below the root. */
  async function withIntermediate(options: AuthorityOptions) {
    const made = await root.intermediate("O=Company, CN=Mesh", options);
    return { ...given, certificate: made.pem, key: made.keyPem() };
  }

  it("is accepted when all of its parts fit", () => {
    const validated = validate(given);
    assert.ok("authority" in validated);
    const { certificate, key, chain, roots, issuer } = validated.authority;
    assert.match(certificate, /^-----BEGIN CERTIFICATE-----/);
    assert.equal(key.trim(), given.key.trim());
    assert.deepEqual([chain, roots.length, issuer], [[], 1, undefined]);
  });

  it("issues trust anchors with a provided root key", async () => {
    const other = await TestAuthority.root("O=Company, CN=Next Root");
    const validated = validate({ ...given, root: other.pem + root.pem, rootKey: root.keyPem() });
    assert.ok("authority" in validated);
    assert.equal(validated.authority.roots.length, 2);
    assert.equal(validated.authority.issuer?.certificate.trim(), validated.authority.roots[1]?.trim());
  });

  it("may have intermediates in order, with text around them", async () => {
    const policy = await root.intermediate("O=Company, CN=Policy");
    const mesh = await policy.intermediate("O=Company, CN=Mesh");
    const chain = `subject=O=Company, CN=Policy\n${policy.pem}\n`;
    const whole = { certificate: mesh.pem, key: mesh.keyPem(), chain, root: root.pem };
    assert.deepEqual(faultsOf(whole), []);
    assert.deepEqual(faultsOf({ ...whole, chain: "" }), [
      "chain: must be certificates in PEM",
      "certificate: is issued by CN=Policy, O=Company, which is neither in provided.chain nor in provided.root",
    ]);
  });

  for (const [what, options, rule] of [
    ["is not a CA's", { isCa: false }, "is no CA's certificate"],
    ["has expired", past, `has expired on ${past.notAfter.toISOString().slice(0, 17)}`],
    ["is not valid yet", future, `is not valid before ${future.notBefore.toISOString().slice(0, 17)}`],
    ["has a key that Envoy does not accept", { kind: "Ed25519" }, "has a key that Envoy does not accept"],
  ] as const) {
    it(`is refused when its certificate ${what}`, async () => {
      const faults = faultsOf(await withIntermediate(options));
      assert.ok(
        faults.some((fault) => fault.startsWith(`certificate: ${rule}`)),
        faults.join("\n"),
      );
    });
  }

  it("is refused when a path is longer than a certificate above allows", async () => {
    const one = await TestAuthority.root("O=Company, CN=Root", { pathLength: 1 });
    const below = await one.intermediate("O=Company, CN=Mesh");
    const parts = { certificate: below.pem, key: below.keyPem(), root: one.pem };
    assert.deepEqual(faultsOf(parts), []);
    assert.match(
      faultsOf({ ...parts, rootKey: one.keyPem() }).join(),
      /^rootKey: is of a root with a path length below 2/,
    );
    const short = await TestAuthority.root("O=Company, CN=Root", { pathLength: 0 });
    const mesh = await short.intermediate("O=Company, CN=Mesh");
    assert.deepEqual(faultsOf({ certificate: mesh.pem, key: mesh.keyPem(), root: short.pem }), [
      "root[0]: has path length 0, and 1 CA(s) come below it",
    ]);
  });

  it("is refused with all faults at once, none of which quotes a key", () => {
    const faults = validate({
      certificate: "",
      key: "-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----",
      chain: "x",
      root: "",
    });
    assert.ok("faults" in faults);
    assert.deepEqual(
      faults.faults.map(({ path }) => path.split(".").at(-1)),
      ["certificate", "chain", "root", "key"],
    );
    assert.ok(!JSON.stringify(faults).includes("SECRET"));
  });

  it("is refused when a key belongs to another certificate, or another root issued the certificate", async () => {
    const other = await TestAuthority.root("O=Company, CN=Root");
    assert.deepEqual(faultsOf({ ...given, key: other.keyPem() }), [
      "key: is not the key of provided.certificate",
    ]);
    assert.deepEqual(faultsOf({ ...given, rootKey: other.keyPem() }), [
      "rootKey: is not the key of a certificate in provided.root",
    ]);
    assert.deepEqual(faultsOf({ ...given, root: other.pem }), [
      "certificate: names provided.root[0] (CN=Root, O=Company) as its issuer, and is not signed by that one's key",
    ]);
  });
});
