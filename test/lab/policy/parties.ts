import { THREE_CLUSTERS } from "../../../lab/clusters.ts";
import { type Party, partyIn } from "../../../lab/proofs/proof.ts";
import { APP_PORT } from "../../../lab/workloads/workload.ts";

// Who calls whom in the tests of policies: cluster-b's services are called from everywhere.

export const [A, B, C] = THREE_CLUSTERS;
export const ADMIN = { name: "http-admin", number: 8081, targetPort: 9081, appPort: APP_PORT };

/** A test's server behind a sidecar, which speaks first. */
export const GREETER = { name: "tcp-greeter", number: 8085, targetPort: 8085, appPort: 18_085 };

export const FOO = partyIn(A, true);
export const FOOS_NEIGHBOUR = partyIn(A, false);
export const BAR = partyIn(B, true);
export const BARS_NEIGHBOUR = partyIn(B, false);
export const BAZ = partyIn(C, true);
/** Offers several ports, in the namespace of bar. */
export const STORE: Party = {
  ...BAR,
  name: "store",
  address: `${B.network}.1.20`,
  exported: false,
  morePorts: [ADMIN, GREETER],
};
/** A second caller in the namespace of bar. */
export const CLERK: Party = {
  ...BARS_NEIGHBOUR,
  name: "clerk",
  address: `${B.network}.1.21`,
  calls: [ADMIN],
};
/** Where no import is visible, so that it can make entries of its own. */
export const VISITOR: Party = {
  ...{ ...FOOS_NEIGHBOUR, namespace: "guests", name: "visitor", address: `${A.network}.1.20` },
  calls: [ADMIN],
};
/** Calls all ports of the store, where its import is visible. */
export const CLIENT: Party = {
  ...{ ...FOOS_NEIGHBOUR, name: "client", address: `${A.network}.1.21` },
  calls: [ADMIN, GREETER],
};
export const GATEWAY_OF_B = `${B.network}.0.3`;

/** An export rule. */
export const BAR_TO_ALL = { namespace: BAR.namespace, service: BAR.name };
/** Another one. */
export const STORE_TO_ALL = { namespace: STORE.namespace, service: STORE.name };
