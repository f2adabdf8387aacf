import { execa } from "execa";
import type { Log } from "../progress.ts";
import { analyzerProgram } from "./build.ts";

/** A message of `istioctl analyze`. */
export interface AnalyzerMessage {
  /** As in https://istio.io/latest/docs/reference/config/analysis/, e.g. `IST0101`. */
  readonly code: string;
  readonly level: "Error" | "Warning" | "Info";
  readonly message: string;
  /** The object, e.g. `DestinationRule abc/foo`; undefined where the message is about none. */
  readonly origin: string | undefined;
}

/** The Istio of analyzed objects. */
export interface AnalyzerSettings {
  /** Domain of the cluster, whose Services have names below `svc.<domain>`. Default: `cluster.local`. */
  readonly clusterDomain?: string;
  /** YAML, as in the ConfigMap of istiod. Default: Istio's defaults. */
  readonly meshConfig?: string;
  /** Namespace of istiod. Default: `istio-system`. */
  readonly istioNamespace?: string;
}

/** The only cluster domain that the analyzers know. */
const ANALYZED_DOMAIN = "cluster.local";

/**
 * Runs all analyzers of the lab's Istio on the objects of one cluster: an oracle for rendered Istio objects.
 *
 * Needs no cluster and takes 0.2 seconds; the first call builds the analyzer, so call it in a `*.lab.ts`. Every object has `apiVersion`, `kind`
 * and `metadata`; kinds that no analyzer reads are ignored. Pass what the objects refer to as well, or it is reported as missing: Services
 * (IST0101, IST0174), Pods that selectors match (IST0101), the gateway's Service (IST0162), Secrets, whose values may be blank (IST0101).
 * A Namespace needs a label of injection (IST0102). Fields that a kind does not have are ignored: the schemas of Istio's CRDs find those.
 *
 * @param objects as rendered, or as read from the API server.
 * @throws an error of execa for a field of another type than the kind has.
 * @returns messages of all levels, most severe first; Services in them have names below `svc.cluster.local` whatever the cluster domain is.
 */
export async function analyze(
  objects: readonly object[],
  {
    clusterDomain = ANALYZED_DOMAIN,
    meshConfig = "",
    istioNamespace = "istio-system",
  }: AnalyzerSettings = {},
  log: Log = () => undefined,
): Promise<AnalyzerMessage[]> {
  const input = JSON.stringify({ objects, meshConfig, istioNamespace });
  const { stdout } = await execa(await analyzerProgram(log), {
    input: inAnalyzedDomain(input, clusterDomain),
  });
  const messages = JSON.parse(stdout) as AnalyzerMessage[] | null;
  return (messages ?? []).map(({ code, level, message, origin }) => ({ code, level, message, origin }));
}

/** Replaces the cluster domain in names of Services, the only ones that the analyzers know. */
function inAnalyzedDomain(text: string, clusterDomain: string): string {
  const domain = `.svc.${clusterDomain}`.replaceAll(".", "\\.");
  return text.replace(new RegExp(`${domain}(?![\\w-]|\\.\\w)`, "g"), `.svc.${ANALYZED_DOMAIN}`);
}
