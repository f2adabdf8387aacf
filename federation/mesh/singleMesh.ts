import type { ApiServer } from "./apiServer.ts";

/** What a stack of the topology `single-mesh` says beside what all stacks say. */
export interface SingleMesh {
  /** Istio's mesh ID: the same in all clusters of the mesh. */
  meshId: string;
  /** How the peers' istiods reach this cluster's API server; its certificates are those of the kubeconfig when left out. */
  apiServer: { server: string; certificateAuthority?: string };
  /** How long a peer's credential is to serve, in hours: 720 by default. An update after half of it renews it. */
  tokenHours: number;
  /** Gives peers credentials without an end instead. */
  longLivedTokens: boolean;
  /** Consents to what istiod needs: the peers' may read this cluster's Secrets. True wherever there are peers. */
  allowPeersToReadSecrets: boolean;
}

/** The same once the program has looked: nothing is left to find. */
export type SettledMesh = Omit<SingleMesh, "apiServer"> & { apiServer: ApiServer };
