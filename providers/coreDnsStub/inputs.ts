import type { KubeconfigName } from "../../kubernetes/kubeconfig.ts";

/** What `check` passed; also the outputs. */
export interface Inputs {
  kubeconfig: KubeconfigName;
  namespace: string;
  configMap: string;
  /** With its markers; after a refresh what is really there, empty when there is none, a sentence when nobody can tell what is ours. */
  block: string;
}
