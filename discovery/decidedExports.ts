import * as pulumi from "@pulumi/pulumi";
import type { OwnOutputs } from "./ownOutputs.ts";
import { readable } from "./readable.ts";
import type { Unreachable } from "./surveyedCluster.ts";
import { gatewayAccount } from "../federation/config/istio.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { readContract } from "../federation/contract/contract.ts";
import type { ContractService } from "../federation/contract/service.ts";
import { changeBetween, describeChange } from "../federation/core/change.ts";
import { describeFaults } from "../federation/core/fault.ts";
import { type ExportAlias, aliasesOf } from "../federation/exports/alias.ts";
import type { ClusterServices } from "../federation/exports/clusterServices.ts";
import { clusterNames, exportServices } from "../federation/exports/exports.ts";
import { readAliases, lastExports } from "../federation/exports/lastExports.ts";
import type { ExportedService } from "../federation/exports/offer.ts";
import type { ContractReading } from "../federation/imports/registration.ts";

/** What a stack offers after this run. */
export interface DecidedExports {
  /** As the contract has it, by host name. */
  services: Record<string, ContractService>;
  /** The same as the cluster knows them; left out when it could not be read. */
  exported?: ExportedService[];
  /** What leads to those that are offered under other names than their own. */
  aliases: ExportAlias[];
  warnings: string[];
  /** What was published before, by host name; nothing where that cannot be read. */
  before: Record<string, ContractService>;
}

/**
 * Decides what is offered: by what was found in the cluster, or by what was last published where it cannot be reached.
 * @param readings what the peers publish, unchecked.
 * @throws FaultsError when this stack's last contract or aliases cannot be read and there is no cluster either.
 */
export function decideExports(
  { cluster, exports: rules, gateway, peers }: StackConfig,
  found: ClusterServices | Unreachable,
  { contract, pinned, exportAliases }: Pick<OwnOutputs, "contract" | "pinned" | "exportAliases">,
  readings: Readonly<Record<string, ContractReading>>,
): DecidedExports {
  const exporting = {
    ...cluster,
    gatewayAccount: gatewayAccount(gateway.values),
    peers: clusterNames(peers, readings, pinned),
  };
  if (!("unreachable" in found)) {
    const published = readableServices(contract);
    const known = readable(() => readAliases(exportAliases), []);
    const { services, exported, warnings } = exportServices(found, rules, exporting, published, known);
    return {
      services,
      exported,
      aliases: aliasesOf(exported),
      warnings: describeFaults([...(found.refused ?? []), ...warnings], "warnings about exports"),
      before: published,
    };
  }
  const last = contract === undefined ? undefined : lastServices(contract);
  const instead =
    last === undefined ? "nothing is exported, as nothing ever was" : "the exports last published stay";
  const aliases = readAliases(exportAliases);
  const services = lastExports(last ?? {}, rules, exporting, aliases);
  return {
    services,
    aliases: aliases.filter(({ spec }) => spec.hosts.some((host) => Object.hasOwn(services, host))),
    warnings: [`Cluster ${cluster.name} cannot be reached: ${instead}. ${found.unreachable}`],
    before: last ?? {},
  };
}

/** The same without some Services, which turned out not to be fit to be offered. */
export function withhold(
  { services, exported = [], aliases, ...rest }: DecidedExports,
  hosts: readonly string[],
): DecidedExports {
  const withheld = new Set(hosts);
  return {
    ...rest,
    services: Object.fromEntries(Object.entries(services).filter(([host]) => !withheld.has(host))),
    exported: exported.filter(({ host }) => !withheld.has(host)),
    aliases: aliases.filter(({ spec }) => !spec.hosts.some((host) => withheld.has(host))),
  };
}

/** @throws FaultsError when this stack's last contract cannot be read: with no cluster either, there is nothing to go by. */
function lastServices(contract: unknown): Record<string, ContractService> {
  return readContract(contract, `last contract of stack ${pulumi.getStack()}`).contract.services;
}

/** The same, for a cluster that tells itself what it has: without a last contract it is as if none was published. */
function readableServices(contract: unknown): Record<string, ContractService> {
  return readable(() => lastServices(contract), {});
}

/** What is other than it was published before, in words: told once all that is not fit to be offered is taken out. */
export function noteExports({ before, services: after }: DecidedExports): string[] {
  const [known, wanted] = [before, after].map((services) =>
    Object.fromEntries(Object.entries(services).map(([host, service]) => [host, JSON.stringify(service)])),
  );
  const change = describeChange(changeBetween(known ?? {}, wanted ?? {}));
  return change === "" ? [] : [`exports: ${change}`];
}
