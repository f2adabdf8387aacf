import type { StackConfig } from "./config/stackConfig.ts";
import { contractFaults } from "./contract/contract.ts";
import type { ContractImports } from "./contract/imports.ts";
import { type UsableGateways, publishableGateways } from "./contract/gateways.ts";
import { type GatewayAddress, IP_ADDRESS } from "./core/address.ts";
import { type Fault, within } from "./core/fault.ts";
import { ownValue } from "./core/order.ts";
import { type Topology, TRAITS } from "./core/topology.ts";
import { type ExportPlan, withoutHosts } from "./exports/exportPlan.ts";
import { reservedDomainFaults } from "./imports/claims.ts";
import { nameHere, nameless } from "./imports/peerNames.ts";
import {
  type Publisher,
  serviceValidator,
  validateEntriesSize,
  validateGatewaysSize,
} from "./imports/peerService.ts";
import type { PlanContext } from "./plan.ts";

/**
 * Validates what this cluster is about to publish by the rules of its readers, with the same code: here it can be mended. A service that no
 * peer would import is not exported, and a gateway that none would call is not published, with warnings; what every reader would
 * refuse as a whole is a fault.
 * @param observed addresses of the gateway's Service; empty while it has none.
 */
export function reviewContract(
  { config, findings, skipped }: PlanContext,
  exports: ExportPlan,
  observed: readonly GatewayAddress[],
  imports: ContractImports,
): ExportPlan {
  const { cluster, gateway, topology } = config;
  const { gateways, refused } = ownGateways(gateway.advertise ?? observed, config);
  if (gateway.advertise === undefined) findings.warnOf(refused.map(unpublished), "gateway addresses");
  else findings.fault(...refused.map((fault) => ({ ...fault, path: inAdvertise(fault.path) })));
  findings.fault(
    ...validateGatewaysSize(gateways).map((fault) => within("gateway.advertise", { ...fault, path: "" })),
  );

  const publisher = { ...publisherOf(config), gateways };
  if (!skipped.includes("cluster")) findings.fault(...reservedDomainFaults(cluster, topology));
  const { unfit, warnings, size } = reviewServices(exports, publisher, topology);
  findings.warnOf(warnings, "warnings about exported Services");
  const reviewed = withoutHosts(exports, unfit);
  const faults = [
    ...validateEntriesSize(Object.keys(reviewed.services).length, size),
    ...contractFaults(config, gateways, { services: reviewed.services, imports }),
  ];
  findings.fault(...faults.map((fault) => within("contract of this cluster", fault)));
  return reviewed;
}

/** Returns the gateways that this cluster publishes of these addresses, and what is wrong with the others. */
export function ownGateways(
  addresses: readonly GatewayAddress[],
  config: Pick<StackConfig, "cluster" | "topology" | "allowGatewayAddresses">,
): UsableGateways {
  return publishableGateways(addresses, publisherOf(config), config.allowGatewayAddresses);
}

/** Describes an address of the gateway's Service that is not published. */
export function unpublished(fault: Fault): Fault {
  const change =
    "Give the gateway's Service another address (its load balancer, or its nodes'), or name addresses in gateway.advertise";
  const isAddress = typeof fault.value === "string" && IP_ADDRESS.test(fault.value);
  const allow =
    "; where peers do reach it, have the range in allowGatewayAddresses of this stack's config and of theirs";
  return {
    path: "address of the gateway's Service",
    value: fault.value,
    rule: `${fault.rule}, so it is not published: no peer would use it`,
    remedy: isAddress ? `${change}${allow}` : change,
  };
}

function inAdvertise(path: string): string {
  return path.replace(/^gateways/, "gateway.advertise");
}

function publisherOf({ cluster, topology }: Pick<StackConfig, "cluster" | "topology">): Publisher {
  return {
    clusterDomain: cluster.domain,
    meshDomain: TRAITS[topology].names.includes("mesh") ? cluster.meshDomain : undefined,
    domains: cluster.domains,
    trustDomain: cluster.trustDomain,
    gateways: [],
  };
}

/** Findings of a reader about the services. */
interface Review {
  /** Hosts that no peer would import. */
  unfit: string[];
  warnings: Fault[];
  /** Bytes of the ServiceEntries of the others, nearly. */
  size: number;
}

function reviewServices({ offers, services }: ExportPlan, publisher: Publisher, topology: Topology): Review {
  const review: Review = { unfit: [], warnings: [], size: 0 };
  // Peers of a single mesh register no hosts.
  if (topology === "single-mesh") return review;
  const [usual, ...others] = TRAITS[topology].names;
  const validate = serviceValidator(publisher, usual);
  for (const { host, namespace, name } of offers ?? []) {
    const service = ownValue(services, host);
    if (service === undefined) continue;
    const { faults, size } = validate(host, service);
    const unnamed = others.filter((kind) => nameHere(kind, host, publisher) === undefined);
    const [found, consequence] =
      faults.length > 0
        ? [faults, "so the Service is not exported"]
        : [unnamed.map((kind) => nameless(kind, publisher)), "so peers with this cluster's domain skip it"];
    if (faults.length > 0) review.unfit.push(host);
    else review.size += size;
    for (const { rule, ...fault } of found)
      review.warnings.push(
        within(`Service ${namespace}/${name}`, { ...fault, rule: `${rule}, ${consequence}` }),
      );
  }
  return review;
}
