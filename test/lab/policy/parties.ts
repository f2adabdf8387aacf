import { THREE_CLUSTERS } from "../../../lab/clusters.ts";
import { type Party, hostOf, partyIn } from "../../../lab/proofs/proof.ts";
import { APP_PORT } from "../../../lab/workloads/workload.ts";

// Callers in all three clusters, and what cluster-b exports to them: each Service by a rule of its own, all at once.

export const [A, B, C] = THREE_CLUSTERS;
export const GATEWAY_OF_B = `${B.network}.0.3`;
export const ADMIN = { name: "http-admin", number: 8081, targetPort: 9081, appPort: APP_PORT };
/** For TCP; a test's server speaks first there. */
export const GREETER = { name: "tcp-greeter", number: 8085, targetPort: 8085, appPort: 18_085 };

export const FOO = partyIn(A, true);
export const FOOS_NEIGHBOUR = partyIn(A, false);
export const BAR = partyIn(B, true);
export const BARS_NEIGHBOUR = partyIn(B, false);
export const BAZ = partyIn(C, true);

/** Offered to one peer. */
export const ONE_PEER = callee(0, "one-peer");
/** Offers one of two ports. */
export const ONE_PORT = callee(1, "one-port", { morePorts: [ADMIN] });
/** For one account of one peer, one method and some paths. */
export const ONE_ACCOUNT = callee(2, "one-account");
/** Its owner has a policy for callers of cluster-b; one account of one peer may call it. */
export const OWNED = callee(3, "owned");
/** For one caller of cluster-b. */
export const LOCAL = callee(4, "local");
/** Its owner names one peer, the rule all. */
export const OWNER_ONE_PEER = callee(5, "owner-one-peer");
/** Its owner names both peers, the rule one. */
export const OWNER_ALL_PEERS = callee(6, "owner-all-peers");
/** Its owner names one of two ports, the rule both. */
export const OWNER_ONE_PORT = callee(7, "owner-one-port", { morePorts: [ADMIN] });
/** Offered under another name, for one account. */
export const RENAMED = callee(8, "renamed");
/** The gateway opens its calls: for one account of one peer, and one local caller. */
export const OPENED = callee(9, "opened");
/** The gateway opens its calls, and it is offered to one peer. */
export const OPENED_ONE_PEER = callee(10, "opened-one-peer");
/** The gateway opens its calls on ports for HTTP and TCP, for one peer. */
export const STORE = callee(11, "store", { morePorts: [ADMIN, GREETER] });
/** The gateway passes on its calls on a port for TCP, for one peer. */
export const TILL = callee(12, "till", { morePorts: [{ ...GREETER, number: 8086, targetPort: 8086 }] });

/** Name of {@link RENAMED} at peers. */
export const ALIAS = `renamed.shop.${B.domain}`;

/** A second caller in the namespace of bar. */
export const CLERK: Party = {
  ...BARS_NEIGHBOUR,
  name: "clerk",
  address: `${B.network}.1.21`,
  calls: [ADMIN],
};
/** Namespace in which no import is visible, so that it can have entries of its own. */
export const VISITOR: Party = {
  ...{ ...FOOS_NEIGHBOUR, namespace: "guests", name: "visitor", address: `${A.network}.1.20` },
  calls: [ADMIN],
};
/** Calls all ports of the store, where its import is visible. */
export const CLIENT: Party = {
  ...{ ...FOOS_NEIGHBOUR, name: "client", address: `${A.network}.1.21` },
  calls: [ADMIN, { ...GREETER, host: hostOf(STORE) }],
};

/** `callers` of a rule: one account of one peer. */
export const FOO_ONLY = [{ peer: A.name, serviceAccounts: [`${FOO.namespace}/${FOO.name}`] }];
/** `localCallers` of a rule. */
export const CLERK_ONLY = [{ serviceAccounts: [`${CLERK.namespace}/${CLERK.name}`] }];
/** Setting of a rule by which the gateway opens the calls. */
export const TERMINATING = { gateway: "terminating" };

/** Export rules of cluster-b. */
export const RULES: readonly object[] = [
  ruleFor(BAR),
  ruleFor(ONE_PEER, { peers: [A.name] }),
  ruleFor(ONE_PORT, { ports: ["http"] }),
  ruleFor(ONE_ACCOUNT, { callers: [{ ...FOO_ONLY[0], methods: ["GET"], paths: ["/status/*"] }] }),
  ruleFor(OWNED, { callers: FOO_ONLY }),
  ruleFor(LOCAL, { localCallers: CLERK_ONLY }),
  ruleFor(OWNER_ONE_PEER),
  ruleFor(OWNER_ALL_PEERS, { peers: [A.name] }),
  ruleFor(OWNER_ONE_PORT),
  ruleFor(RENAMED, { as: ALIAS, callers: [{ serviceAccounts: ["abc/foo"] }] }),
  ruleFor(OPENED, { ...TERMINATING, callers: FOO_ONLY, localCallers: CLERK_ONLY }),
  ruleFor(OPENED_ONE_PEER, { ...TERMINATING, peers: [A.name] }),
  ruleFor(STORE, { ...TERMINATING, callers: [{ peer: A.name }] }),
  ruleFor(TILL, { callers: [{ peer: A.name }] }),
];

/** Services of cluster-b beside {@link BAR}, and callers beside those of the lab. */
export const MORE_OF_B: readonly Party[] = [
  ...[ONE_PEER, ONE_PORT, ONE_ACCOUNT, OWNED, LOCAL, OWNER_ONE_PEER, OWNER_ALL_PEERS, OWNER_ONE_PORT],
  ...[RENAMED, OPENED, OPENED_ONE_PEER, STORE, TILL, CLERK],
];

/** An export rule for one Service. @param settings default: all ports for all peers and callers. */
export function ruleFor({ namespace, name }: Party, settings: object = {}): object {
  return { namespace, service: name, ...settings };
}

/** A Service in the namespace of bar. @param index of its Pod's address. */
function callee(index: number, name: string, more: Partial<Party> = {}): Party {
  return { ...BAR, name, address: `${B.network}.1.${30 + index}`, exported: false, ...more };
}
