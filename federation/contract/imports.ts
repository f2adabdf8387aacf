import { EXPORT_TO, HOST_NAME } from "../core/names.ts";
import { sortedRecord, sortedUnique } from "../core/order.ts";
import { IMPORTER } from "./audience.ts";

/** Namespaces that see imported hosts, sorted, `*` for all; by the host's name in the exporting cluster. */
export type SeenHosts = Record<string, string[]>;

/**
 * What a cluster imports, for its exporters: {@link SeenHosts} by exporter, `<trust domain>/<cluster name>`. It decides nothing, so a reader
 * takes what is valid of it.
 */
export type ContractImports = Record<string, SeenHosts>;

/**
 * Reads the imports of a contract.
 * @param published untrusted; of bounded size.
 * @returns the valid entries, sorted; undefined where the contract does not say what is imported.
 */
export function readImports(published: unknown): ContractImports | undefined {
  if (!isMap(published)) return undefined;
  const exporters = Object.entries(published).filter(([exporter]) => IMPORTER.test(exporter));
  return sortedRecord(exporters.map(([exporter, hosts]) => [exporter, readHosts(hosts)]));
}

function readHosts(published: unknown): SeenHosts {
  if (!isMap(published)) return {};
  const hosts = Object.entries(published).flatMap(([host, namespaces]) => {
    if (!HOST_NAME.test(host) || !Array.isArray(namespaces)) return [];
    const valid = namespaces.filter(
      (name: unknown): name is string => typeof name === "string" && EXPORT_TO.test(name),
    );
    return valid.length === 0 ? [] : [[host, sortedUnique(valid)] as const];
  });
  return sortedRecord(hosts);
}

/** Number of imported hosts. */
export function countImports(imports: ContractImports): number {
  return Object.values(imports).reduce((sum, hosts) => sum + Object.keys(hosts).length, 0);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
