import { THREE_EQUALS } from "../../../lab/clusters.ts";
import { sideOf, type Side } from "../../../lab/proofs/proofs.ts";

// One cluster calls by one name what both others have: each serves it as the same service of `cluster.local`.

export const [ONE, TWO, THREE] = THREE_EQUALS;
export const CALLER = sideOf(ONE).sleep;
/** The two peers' workloads and gateways, by the names of their clusters. */
export const PEERS: Readonly<Record<string, Side>> = { [TWO.name]: sideOf(TWO), [THREE.name]: sideOf(THREE) };
/** Workload of the service that both peers export. */
export const SERVED = sideOf(TWO).httpbin;
/** The name that both peers' services have in the calling cluster, beside one of their own. */
export const NAME = "httpbin.example.org";

const SERVICE = { namespace: SERVED.namespace, service: SERVED.name };
/** An import rule that gives the service that name. */
export const NAMED = { ...SERVICE, as: NAME };
/** An import rule by which it is not imported. */
export const SKIPPED = { ...SERVICE, skip: true };

/** A rule for what both peers serve, by the peer's name; a peer without one is taken out of the config. */
export type Rules = Readonly<Record<string, object>>;

/** Both peers serve the name alike. */
export const SHARED: Rules = { [TWO.name]: NAMED, [THREE.name]: NAMED };
/** Both peers serve the name, one of them three times as often as the other. */
export const WEIGHTED: Rules = { ...SHARED, [TWO.name]: { ...NAMED, weight: 3 } };

/** So many failures in a row and a gateway pauses, long enough for the calls of a test. */
export const OUTLIERS = {
  consecutive5xxErrors: 3,
  interval: "1s",
  baseEjectionTime: "10s",
  maxEjectionPercent: 100,
};
/** An import rule that gives the service the name, and has the gateway pause when it fails. */
export const GUARD = { ...NAMED, outlierDetection: OUTLIERS };
/** Both peers serve the name, and gateways that fail pause. */
export const GUARDED: Rules = { [TWO.name]: GUARD, [THREE.name]: GUARD };
