import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const CHECKOUT = join(import.meta.dirname, "../..");

/** Runs the two methods that a preview needs, as the provider process would, and prints all files that were loaded. */
const PREVIEW = `
  const { registerHooks } = require("node:module");
  const loaded = [];
  registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
  const { check, diff } = require("./providers/importedServices/handlers.ts");
  const inputs = { kubeconfig: {}, namespace: "n", peer: "p", exportTo: ["*"], gateways: ["192.0.2.1:15443"],
    services: { "bar.xyz.svc.b.local": "80/HTTP http as spiffe://b.local/ns/xyz/sa/bar" } };
  const { inputs: checked, failures } = check({}, inputs);
  if (failures.length > 0) throw new Error(JSON.stringify(failures));
  diff("n/p", { ...inputs, servicesDigest: "", imported: 0 }, checked);
  process.stderr.write(loaded.join("\\n"));
`;

it("A preview of imported services loads nothing to talk to a cluster with", () => {
  const { status, stderr } = spawnSync(process.execPath, ["-e", PREVIEW], {
    cwd: CHECKOUT,
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  const loaded = stderr.split("\n");
  assert.ok(
    loaded.some((url) => url.endsWith("/importedServices/check.ts")),
    stderr,
  );
  const needless = /node_modules\/(?:@kubernetes|undici|p-map|p-retry)\//;
  assert.deepEqual(
    loaded.filter((url) => needless.test(url)),
    [],
  );
});
