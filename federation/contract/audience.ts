import { DNS_LABEL } from "../core/names.ts";
import type { TextRule } from "../core/schema.ts";
import { TRUST_DOMAIN } from "../core/spiffe.ts";
import type { ContractService } from "./service.ts";

/** Identity of an importing cluster: its exporter pins both, and peers cannot share both. */
export interface ImporterIdentity {
  /** Name that the cluster gives itself. */
  cluster: string;
  trustDomain: string;
}

/** An importing cluster in a service's `peers`: `<trust domain>/<cluster name>`. */
export const IMPORTER: TextRule = {
  test: (value) => {
    const [trustDomain = "", cluster = "", ...rest] = value.split("/", 3);
    return rest.length === 0 && TRUST_DOMAIN.test(trustDomain) && DNS_LABEL.test(cluster);
  },
  rule: "must be '<trust domain>/<cluster name>'",
  remedy: "Write the trust domain and the name of a cluster, e.g. cluster-a.local/cluster-a",
};

/** Formats a cluster as an entry of a service's `peers`. */
export function formatImporter({ cluster, trustDomain }: ImporterIdentity): string {
  return `${trustDomain}/${cluster}`;
}

/** Whether a service of a contract is for a cluster: it names this cluster, or nobody. */
export function isOfferedTo({ peers }: ContractService, importer: ImporterIdentity): boolean {
  return peers === undefined || peers.includes(formatImporter(importer));
}
