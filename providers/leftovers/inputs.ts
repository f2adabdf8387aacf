import type { Leftover } from "../../federation/imports/leftovers.ts";
import type { KubeconfigName } from "../../kubernetes/kubeconfig.ts";

/** What `check` passed. */
export interface Inputs {
  kubeconfig: KubeconfigName;
  namespace: string;
  /** What was left behind when the program started, by the peer's name. */
  found: Record<string, Leftover>;
}

/** Outputs: what `diff` needs. */
export interface State {
  /** What the last update that had something to remove was to remove, and did. */
  removed: Record<string, Leftover>;
}
