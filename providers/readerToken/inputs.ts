import type { CredentialLife } from "../../federation/mesh/credential.ts";
import type { KubeconfigName } from "../../kubernetes/kubeconfig.ts";

/** What `check` passed. */
export interface Inputs {
  kubeconfig: KubeconfigName;
  /** For messages. */
  peer: string;
  namespace: string;
  serviceAccount: string;
  /** Of the ServiceAccount. */
  uid: string;
  hours: number;
}

/** Outputs: the token, and what `diff` needs to see whether it is still the right one. */
export interface State extends Omit<Inputs, "peer">, Required<CredentialLife> {
  /** A secret output. */
  token: string;
}
