import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ExtendedKeyUsage, id_ce_extKeyUsage, id_kp_serverAuth } from "@peculiar/asn1-x509";
import { execa } from "execa";
import { CHECKOUT, labPaths } from "../../lab/environment.ts";
import type { RunningLab } from "../../lab/lab.ts";
import { Stack } from "../../lab/pulumi.ts";
import { extension, makeAuthority, nameConstraints } from "../support/rawCertificate.ts";
import { TestAuthority } from "../support/testAuthority.ts";
import { SecretSearch } from "../../lab/proofs/secretSearch.ts";
import { secrets, sharedLab } from "./sharedLab.ts";
import { editedStackFile } from "./stackFile.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

const SECTION = "istio-federation:certificateAuthority";

/** Certificates and key that a team provides, all as files. */
interface Given {
  certificate: string;
  key: string;
  chain: string;
  root: string;
  rootKey: string;
}

// Previews only: the stack keeps its own authority.
describe("a certificate authority from outside", function () {
  this.timeout(600_000);
  let lab: RunningLab;
  let mesh: TestAuthority;
  let given: Given;
  /** A certificate for servers of another domain, and its root. */
  let unfit: Pick<Given, "certificate" | "root">;
  let search: SecretSearch;

  before(async () => {
    ({ lab } = await sharedLab());
    const folder = await temporaryFolder("authority");
    const write = async (name: string, text: string) => {
      await writeFile(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    };
    const root = await TestAuthority.root("O=Company, CN=Root", { kind: "RSA", notAfter: inYears(10) });
    mesh = await root.intermediate("O=Company, CN=Mesh", { notAfter: inYears(5) });
    given = {
      certificate: await write("ca-cert.pem", mesh.pem),
      key: await write("ca-key.pem", mesh.keyPem("sec1")),
      // As Istio's own tools write it.
      chain: await write("cert-chain.pem", mesh.pem + root.pem),
      root: await write("root-cert.pem", root.pem),
      rootKey: await write("root-key.pem", root.keyPem()),
    };
    const otherRoot = makeAuthority({ name: "Root" });
    const constraints = nameConstraints([
      { dNSName: "acme.example" },
      { uniformResourceIdentifier: "b.local" },
    ]);
    const purpose = extension(id_ce_extKeyUsage, false, new ExtendedKeyUsage([id_kp_serverAuth]));
    const other = makeAuthority({ name: "Mesh", extensions: [constraints, purpose] }, otherRoot);
    unfit = {
      certificate: await write("unfit-cert.pem", other.pem),
      root: await write("unfit-root.pem", otherRoot.pem),
    };
    const keys = new Map([
      [mesh.keyPem(), "the key that is given"],
      [root.keyPem(), "the root's key that is given"],
    ]);
    search = new SecretSearch({ keys });
    // The end of the lab searches its logs and states for them.
    for (const [pem, name] of keys) secrets.keys.set(pem, name);
  });

  /**
   * Returns the output of a preview, in which no key is.
   * @param inConfig fields whose value is set in the config itself, as a secret.
   */
  async function preview(section: object, inConfig: Record<string, string> = {}) {
    const configFile = await editedStackFile(lab, "cluster-a", (config) => {
      config[SECTION] = { source: "provided", ...section };
    });
    for (const [field, value] of Object.entries(inConfig)) await setSecret(configFile, field, value);
    const { exitCode, output } = await new Stack("cluster-a", lab, { configFile }).run("preview", "--diff");
    assert.deepEqual(search.inText("the preview", output), []);
    return { exitCode, output };
  }

  /** As docs/certificate-authority.md has it: the value comes by standard input, and is on no command line. */
  async function setSecret(configFile: string, field: string, value: string): Promise<void> {
    const where = ["--stack", "cluster-a", "--config-file", configFile];
    const args = ["config", "set", "--secret", "--path", `${SECTION}.${field}`, ...where];
    await execa(join(labPaths(lab.dir).bin, "pulumi"), args, {
      cwd: CHECKOUT,
      env: lab.environment,
      input: value,
    });
  }

  it("is shown by a preview without its keys, be they files or secrets of the config", async () => {
    for (const inConfig of [{}, { "provided.key": mesh.keyPem() }]) {
      const { exitCode, output } = await preview({ provided: given }, inConfig);
      assert.equal(exitCode, 0, output);
      assert.match(output, /BEGIN CERTIFICATE/);
      assert.match(output, /provided\.chain\[0\] is provided\.certificate itself: it is not used/);
    }
  });

  it("with the key of another certificate, which cannot sign what istiod signs, is refused for all faults at once, and the key is not told", async () => {
    const { certificate, root } = unfit;
    const { exitCode, output } = await preview({ provided: { certificate, key: given.rootKey, root } });
    assert.notEqual(exitCode, 0);
    assert.match(output, /provided\.key: is not the key of provided\.certificate/);
    for (const rule of [
      "is restricted by extendedKeyUsage serverAuth",
      "has name constraints that refuse istiod's",
    ])
      assert.ok(output.includes(`provided.certificate: "CN=Mesh, O=Company" ${rule}`), output);
    assert.match(output, /has name constraints that refuse certificates of workloads in trust domain/);
  });

  it("with a key pasted in its certificate's place, and a key that is cut off, is refused, and neither is told", async () => {
    const [first, second, , ...rest] = mesh.keyPem().split("\n");
    const cutOff = [first, second, ...rest].join("\n");
    const pasted = { "provided.certificate": mesh.keyPem(), "provided.key": cutOff };
    const { exitCode, output } = await preview({ provided: given }, pasted);
    assert.notEqual(exitCode, 0);
    assert.match(output, /provided\.certificate: must be exactly one certificate in PEM/);
    assert.match(output, /provided\.key: must be an unencrypted private key in PEM/);
  });

  // The certificate is read once the config has no faults.
  for (const fields of [["provided.certificate"], ["algorithm", "unknown"]])
    it(`is refused with a key without its first line pasted into ${fields.join(" and ")}, and the key is not told`, async () => {
      const headless = mesh.keyPem().split("\n").slice(1).join("\n");
      const pasted = Object.fromEntries(fields.map((field) => [field, headless]));
      const { exitCode, output } = await preview({ provided: given }, pasted);
      assert.notEqual(exitCode, 0);
      for (const field of fields)
        assert.match(output, new RegExp(`certificateAuthority\\.${field.replace(".", "\\.")}`));
    });
});

function inYears(years: number): Date {
  return new Date(Date.now() + years * 365 * 24 * 3_600_000);
}
