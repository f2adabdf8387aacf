import { planMesh } from "../mesh/meshPlan.ts";
import { trustedPeers } from "../trust/pinnedPeer.ts";
import type { TopologyPlanner } from "./topologies.ts";

/** One mesh over several clusters: each istiod reads the API servers of the others. */
export const singleMeshTopology: TopologyPlanner = {
  connect(context, authority) {
    const { connection, peers } = planMesh(context, authority);
    return { connection, pinned: trustedPeers(peers) };
  },
  // Any Service may have endpoints for workloads of another cluster. Istio's sample has `*.local`, which includes other names too.
  listeners: ({ cluster: { network, domain } }) => ({ hosts: [`*.svc.${domain}`], terminated: [], network }),
};
