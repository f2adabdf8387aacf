import type { Created } from "./created.ts";

/** How a workload takes calls: by mutual TLS only, in plain text too, or in plain text only. */
export type MutualTlsMode = "STRICT" | "PERMISSIVE" | "DISABLE";

/** Istio's PeerAuthentication. A mode that is left out (or `UNSET`) is inherited. */
export interface PeerAuthentication extends Created {
  /** Empty for all workloads of its namespace, or of the mesh. */
  selector: Record<string, string>;
  mode?: MutualTlsMode;
  /** By the workload's port; heeded only beside a selector. */
  ports: Record<number, { mode?: MutualTlsMode }>;
}
