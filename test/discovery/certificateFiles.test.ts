import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readKubeconfigAuthority, readProvided } from "../../discovery/certificateFiles.ts";
import { ROOT_A, ROOT_B } from "../federation/samples.ts";
import { temporaryFolder } from "../lab/temporaryFolder.ts";
import { writeContext } from "../providers/support/kubeconfigFile.ts";
import { faultsOf, valueOf } from "./support.ts";

describe("readProvided", () => {
  let folder: string;

  before(async () => {
    folder = await temporaryFolder("provided-authority");
    writeFileSync(join(folder, "ca-cert.pem"), ROOT_A);
    writeFileSync(join(folder, "root-cert.pem"), ROOT_B);
  });

  it("reads files and inline PEM side by side", () => {
    const key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
    const provided = { certificate: join(folder, "ca-cert.pem"), key, root: join(folder, "root-cert.pem") };
    assert.deepEqual(valueOf(readProvided(provided)), { certificate: ROOT_A, key, root: ROOT_B });
  });

  it("reports every unreadable file, quoting nothing that may be a key", () => {
    const provided = {
      certificate: join(folder, "missing.pem"),
      key: "MIGHAgEAMBMGByqGSM49",
      root: join(folder, "root-cert.pem"),
      rootKey: "MIGHAgEAMBMGByqGSM49",
    };
    const faults = faultsOf(readProvided(provided));
    assert.deepEqual(
      faults.map(({ path, value }) => [path, value]),
      [
        ["certificateAuthority.provided.certificate", join(folder, "missing.pem")],
        ["certificateAuthority.provided.key", undefined],
        ["certificateAuthority.provided.rootKey", undefined],
      ],
    );
    for (const { rule } of faults) assert.equal(rule, "is a file that cannot be read");
    assert.doesNotMatch(JSON.stringify(faults), /MIGHAgEA/);
  });
});

describe("readKubeconfigAuthority", () => {
  let folder: string;

  before(async () => (folder = await temporaryFolder("api-server")));

  const read = (cluster: object) =>
    readKubeconfigAuthority(
      writeContext(
        join(folder, "kubeconfig"),
        "cluster-a",
        { server: "https://10.0.0.1", ...cluster },
        { token: "t" },
      ),
    );

  it("reads the certificates in the kubeconfig or in the file it names", async () => {
    const encoded = Buffer.from(ROOT_B).toString("base64");
    assert.equal(valueOf(await read({ "certificate-authority-data": encoded })), ROOT_B);
    writeFileSync(join(folder, "ca.crt"), ROOT_A);
    assert.equal(valueOf(await read({ "certificate-authority": join(folder, "ca.crt") })), ROOT_A);
  });

  it("reads nothing where the kubeconfig has no certificates", async () => {
    assert.equal(valueOf(await read({})), undefined);
  });

  it("reports a missing file of the kubeconfig, as kubectl does", async () => {
    const [fault] = faultsOf(await read({ "certificate-authority": "/nowhere/ca.crt" }));
    assert.equal(fault?.path, "kubeconfig.context");
    assert.match(fault.rule, /certificate-authority \/nowhere\/ca\.crt cannot be read \(ENOENT\)$/);
  });

  it("reports a kubeconfig that cannot be read", async () => {
    const faults = faultsOf(await readKubeconfigAuthority({ path: "/nowhere", context: "x" }));
    assert.deepEqual(
      faults.map(({ path }) => path),
      ["kubeconfig"],
    );
  });
});
