import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { type Contract, SCHEMA_VERSION, parseContract } from "../federation/contract/contract.ts";
import { type FoldedContract, foldContract } from "../federation/contract/fold.ts";
import type { ContractService } from "../federation/contract/service.ts";
import type { GatewayAddress } from "../federation/core/address.ts";
import { TRAITS } from "../federation/core/topology.ts";

/**
 * What a cluster tells its peers, in the form in which it is published.
 * @param services by host name.
 */
export function publishedContract(
  config: StackConfig,
  rootCertificates: pulumi.Output<string[]>,
  gateways: pulumi.Output<GatewayAddress[]>,
  services: Record<string, ContractService>,
): pulumi.Output<Contract | FoldedContract> {
  const { name, domain, meshDomain, domains, trustDomain, network } = config.cluster;
  return pulumi.all([rootCertificates, gateways]).apply(([roots, addresses]) => {
    const whole = {
      schemaVersion: SCHEMA_VERSION,
      cluster: name,
      clusterDomain: domain,
      ...(TRAITS[config.topology].names.includes("mesh") ? { meshDomain } : {}),
      ...(domains.length === 0 ? {} : { domains }),
      trustDomain,
      network,
      ...(config.topology === "federation" ? {} : { topology: config.topology }),
      ...(config.singleMesh === undefined ? {} : { meshId: config.singleMesh.meshId }),
      rootCertificates: roots,
      gateways: addresses,
      services,
    };
    return foldContract(parseContract(whole, `the contract of cluster ${name}`));
  });
}
