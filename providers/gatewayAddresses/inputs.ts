import type { GatewayAddress } from "../../federation/core/address.ts";
import type { GatewayService } from "../../kubernetes/gatewayService.ts";
import type { KubeconfigName } from "../../kubernetes/kubeconfig.ts";

/** What `check` passed. */
export interface Inputs extends GatewayService {
  kubeconfig: KubeconfigName;
  /** Of the Service, as it is about to be. */
  type: string;
  timeoutSeconds: number;
  /** Addresses seen when the program started; left out when the cluster could not be read. */
  observed?: GatewayAddress[];
}

/** Outputs: what `diff` and `read` need. */
export interface State extends GatewayService {
  kubeconfig: KubeconfigName;
  type: string;
  addresses: GatewayAddress[];
}
