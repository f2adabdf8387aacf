import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownApiServer } from "../../discovery/apiServer.ts";
import { ROOT_A, ROOT_B } from "../federation/samples.ts";
import { temporaryFolder } from "../lab/temporaryFolder.ts";
import { writeContext } from "../providers/support/kubeconfigFile.ts";
import { faultsError } from "./support.ts";

const server = "https://203.0.113.10:6443";

describe("ownApiServer", () => {
  let folder: string;

  before(async () => (folder = await temporaryFolder("api-server")));

  const kubeconfig = (cluster: object) =>
    writeContext(
      join(folder, "kubeconfig"),
      "cluster-a",
      { server: "https://10.0.0.1", ...cluster },
      { token: "t" },
    );
  const encoded = (pem: string) => Buffer.from(pem).toString("base64");

  it("takes the config's certificates, and then reads no kubeconfig", async () => {
    const given = { server, certificateAuthority: ROOT_A };
    assert.deepEqual(await ownApiServer(given, { path: "/nowhere", context: "x" }), given);
  });

  it("takes those of the kubeconfig when the config says nothing of them; its address stays our own", async () => {
    const known = kubeconfig({ "certificate-authority-data": encoded(ROOT_B) });
    assert.deepEqual(await ownApiServer({ server }, known), { server, certificateAuthority: ROOT_B });
    writeFileSync(join(folder, "ca.crt"), ROOT_A);
    const filed = kubeconfig({ "certificate-authority": join(folder, "ca.crt") });
    assert.deepEqual(await ownApiServer({ server }, filed), { server, certificateAuthority: ROOT_A });
  });

  it("takes nothing but certificates from there, and no file with a key", async () => {
    const noted = kubeconfig({
      "certificate-authority-data": encoded(`a note\n${ROOT_A}another\n${ROOT_B}`),
    });
    assert.equal((await ownApiServer({ server }, noted)).certificateAuthority, `${ROOT_A}${ROOT_B}`);
    const key = "-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n";
    const combined = kubeconfig({ "certificate-authority-data": encoded(`${ROOT_A}${key}`) });
    const { message } = await faultsError(ownApiServer({ server }, combined));
    assert.match(message, /certificateAuthority: .*has a private key in it\. Take the key out/);
    assert.ok(!message.includes("c2VjcmV0"));
  });

  for (const [what, cluster] of [
    ["has none", {}],
    ["has what is none", { "certificate-authority-data": encoded("x") }],
    ["names a file that is not there", { "certificate-authority": "/nowhere/ca.crt" }],
  ] as const) {
    it(`asks for them when the kubeconfig ${what}`, async () => {
      const { faults } = await faultsError(ownApiServer({ server }, kubeconfig(cluster)));
      assert.deepEqual(
        faults.map(({ path }) => path),
        ["singleMesh.apiServer.certificateAuthority"],
      );
    });
  }

  it("says what is wrong with the kubeconfig", async () => {
    const { faults } = await faultsError(ownApiServer({ server }, { path: "/nowhere", context: "x" }));
    assert.deepEqual(
      faults.map(({ path }) => path),
      ["kubeconfig"],
    );
  });
});
