// Required by .mocharc.lab.yaml, before any test file: each process of tests has a range of addresses and a lab folder of its own.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holdRange } from "../../lab/addressRange.ts";

process.env["LAB_DIR"] ??= join(tmpdir(), `istio-federation-lab-${process.pid}`);
await holdRange(process.env["LAB_DIR"]);

// A process that a signal ends runs no exit handlers: the lab's programs would outlive it, and hold its addresses.
for (const [signal, code] of Object.entries({ SIGTERM: 143, SIGHUP: 129 })) {
  process.once(signal, () => process.exit(code));
}
