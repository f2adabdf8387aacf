import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readProvidedAuthority } from "../../discovery/providedAuthority.ts";
import { temporaryFolder } from "../lab/temporaryFolder.ts";
import { TestAuthority } from "../support/testAuthority.ts";
import { faultsError } from "./support.ts";

describe("The certificate authority that a stack is given", () => {
  let folder: string;
  let root: TestAuthority;
  let mesh: TestAuthority;

  before(async () => {
    folder = await temporaryFolder("provided-authority");
    root = await TestAuthority.root("O=Company, CN=Root");
    mesh = await root.intermediate("O=Company, CN=Mesh");
    await writeFile(join(folder, "ca-cert.pem"), mesh.pem);
    await writeFile(join(folder, "root-cert.pem"), root.pem);
  });

  it("comes from files and from PEM in the config, side by side", async () => {
    const provided = {
      certificate: join(folder, "ca-cert.pem"),
      key: mesh.keyPem(),
      root: join(folder, "root-cert.pem"),
    };
    const found = await readProvidedAuthority(provided, new Date());
    assert.equal(found.roots.length, 1);
  });

  it("is refused with every file that cannot be read; what may be a key is not shown", async () => {
    const provided = {
      certificate: join(folder, "missing.pem"),
      key: "MIGHAgEAMBMGByqGSM49",
      root: join(folder, "root-cert.pem"),
    };
    const asked = readProvidedAuthority(provided, new Date());
    const { faults, message } = await faultsError(asked);
    assert.deepEqual(
      faults.map(({ path }) => path),
      ["certificateAuthority.provided.certificate", "certificateAuthority.provided.key"],
    );
    assert.match(message, /missing\.pem" is a file that cannot be read/);
    assert.doesNotMatch(message, /MIGHAgEA/);
  });
});
