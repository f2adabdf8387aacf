import * as pulumi from "@pulumi/pulumi";
import { boundedLines } from "../federation/boundedLines.ts";
import { changeBetween, count, describeChange } from "../federation/change.ts";
import { clusterNames } from "../federation/exports/clusterNames.ts";
import type { ClusterServices } from "../federation/exports/clusterServices.ts";
import type { StackConfig } from "../federation/config.ts";
import { gatewayAccount } from "../federation/config/helmValues.ts";
import { readContract } from "../federation/contract.ts";
import type { ContractService } from "../federation/contractService.ts";
import { type ExportAlias, aliasesOf } from "../federation/exports/exportAlias.ts";
import type { ExportedService } from "../federation/exports/exportedService.ts";
import { exportServices } from "../federation/exports/exports.ts";
import { FaultsError, describeFault } from "../federation/fault.ts";
import { readAliases } from "../federation/exports/lastAliases.ts";
import { lastExports } from "../federation/exports/lastExports.ts";
import type { ContractReading } from "../federation/peers/peer.ts";
import type { OwnOutputs } from "./ownOutputs.ts";
import type { Unreachable } from "./surveyedCluster.ts";

/** What a stack offers after this run. */
export interface DecidedExports {
  /** As the contract has it, by host name. */
  services: Record<string, ContractService>;
  /** The same as the cluster knows them; left out when it could not be read. */
  exported?: ExportedService[];
  /** What leads to those that are offered under other names than their own. */
  aliases: ExportAlias[];
  warnings: string[];
  /** What is other than it was published before, in words. */
  notes: string[];
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
  const published = readableServices(contract);
  if (!("unreachable" in found)) {
    const known = readable(() => readAliases(exportAliases), []);
    const { services, exported, warnings } = exportServices(found, rules, exporting, published, known);
    return {
      services,
      exported,
      aliases: aliasesOf(exported),
      warnings: boundedLines(
        [...(found.refused ?? []), ...warnings],
        describeFault,
        (more) => `and ${count(more)} more warnings about exports`,
      ),
      notes: noteChange(published, services),
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
    notes: noteChange(published, services),
  };
}

/** The same without some Services, which turned out not to be fit to be offered. @param contract as last published, unchecked. */
export function withhold(
  { services, exported = [], aliases, warnings }: DecidedExports,
  hosts: readonly string[],
  contract: unknown,
): DecidedExports {
  const left = Object.fromEntries(Object.entries(services).filter(([host]) => !hosts.includes(host)));
  return {
    services: left,
    exported: exported.filter(({ host }) => !hosts.includes(host)),
    aliases: aliases.filter(({ spec }) => !spec.hosts.some((host) => hosts.includes(host))),
    warnings,
    notes: noteChange(readableServices(contract), left),
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

function readable<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof FaultsError) return otherwise;
    throw error;
  }
}

function noteChange(
  before: Record<string, ContractService>,
  after: Record<string, ContractService>,
): string[] {
  const [known, wanted] = [before, after].map((services) =>
    Object.fromEntries(Object.entries(services).map(([host, service]) => [host, JSON.stringify(service)])),
  );
  const change = describeChange(changeBetween(known ?? {}, wanted ?? {}));
  return change === "" ? [] : [`exports: ${change}`];
}
