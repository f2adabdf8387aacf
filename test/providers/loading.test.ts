import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { anchorInputs, signedInputs } from "./support/authorityInputs.ts";
import { DEFAULT_BRAKE } from "../../federation/imports/brake.ts";
import { jsonOf } from "../federation/imports/importOf.ts";
import { TestAuthority } from "../support/testAuthority.ts";
import { testRequest } from "../support/testRequest.ts";

const CHECKOUT = join(import.meta.dirname, "../..");

/**
 * Runs the two methods that a preview needs, as the provider process does.
 * @param file of the provider.
 * @param state outputs of the last update.
 * @returns all files that were loaded.
 */
function loadedInPreview(file: string, inputs: object, state: object): string[] {
  const code = `
    const { registerHooks } = require("node:module");
    require("@pulumi/pulumi");
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    const { check, diff } = require("./providers/${file}").provider;
    check({}, ${JSON.stringify(inputs)})
      .then(({ inputs: checked, failures }) => {
        if (failures.length > 0) throw new Error(JSON.stringify(failures));
        return diff("n/p", ${JSON.stringify(state)}, checked);
      })
      .then(() => process.stderr.write(loaded.join("\\n")));
  `;
  const { status, stderr } = spawnSync(process.execPath, ["-e", code], { cwd: CHECKOUT, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  const loaded = stderr.split("\n");
  assert.ok(
    loaded.some((url) => url.endsWith(`/providers/${file}`)),
    stderr,
  );
  return loaded;
}

it("A preview of imported services loads no client", () => {
  const services = jsonOf({ "bar.xyz.svc.b.local": "80/HTTP http as spiffe://b.local/ns/xyz/sa/bar" });
  const inputs = {
    kubeconfig: {},
    namespace: "n",
    peer: "p",
    exportTo: ["*"],
    gateways: [{ address: "192.0.2.1", port: 15443 }],
    otherGateways: {},
    siblings: [],
    movable: "",
    held: "",
    services,
    brake: DEFAULT_BRAKE,
    required: false,
  };
  const loaded = loadedInPreview("importedServices/handlers.ts", inputs, {
    ...inputs,
    servicesDigest: "",
    imported: 0,
  });
  const needless = /node_modules\/(?:js-yaml|undici|socks|p-map|p-retry)\//;
  assert.deepEqual(
    loaded.filter((url) => needless.test(url)),
    [],
  );
});

/** Libraries that read what Node does not show of a certificate, and that write certificates. */
const READER = /node_modules\/node-forge\//;
const WRITER = /node_modules\/(?:@peculiar|asn1js|node-forge\/lib\/x509)/;

it("A preview of trust anchors loads no library that reads or writes certificates", async () => {
  const own = await TestAuthority.root("O=a.local");
  const inputs = anchorInputs(own, await TestAuthority.root("O=b.local"));
  const state = { trustDomain: "", rootFingerprints: [], issuerFingerprint: "", certificates: [] };
  const loaded = loadedInPreview("trustAnchor.ts", inputs, state);
  assert.deepEqual(
    loaded.filter((url) => READER.test(url) || WRITER.test(url)),
    [],
  );
});

it("A preview of a signed authority loads no library that writes certificates", async () => {
  const root = await TestAuthority.root("O=shared");
  const inputs = signedInputs(root, await testRequest("O=b.local, CN=Intermediate CA"));
  const loaded = loadedInPreview("signedAuthority.ts", inputs, { certificate: "" });
  assert.ok(loaded.some((url) => READER.test(url)));
  assert.deepEqual(
    loaded.filter((url) => WRITER.test(url)),
    [],
  );
});
