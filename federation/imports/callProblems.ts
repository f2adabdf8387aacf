import { ISTIO_MUTUAL, tlsModeOf } from "../exports/mutualTls.ts";
import type { TrafficPolicy } from "../traffic/specs.ts";
import { requiredSni, serverName } from "./destinationRule.ts";
import type { Import } from "./import.ts";

/** Effect of a DestinationRule on calls to an imported service. */
export interface CallProblem {
  /** Whether calls fail; else they succeed, with less than the peer or the import rule asks for. */
  isFatal: boolean;
  /** Completes "the rule ...". */
  rule: string;
  remedy: string;
}

/**
 * Finds what is wrong when calls to an import follow this traffic policy instead of the program's. A port's settings replace those of all ports,
 * but for the mode by which Istio chooses endpoints (`buildUpstreamTLSSettings` in pilot/pkg/networking/core, `checkMtlsEnabled`).
 * @param policy undefined where no DestinationRule has one: Istio's own settings.
 * @returns one problem of each kind, that of the first port.
 */
export function callProblems(
  host: string,
  service: Import,
  policy: TrafficPolicy | undefined,
): CallProblem[] {
  const found = service.ports.flatMap(({ number }) => portProblems(host, service, policy, number));
  return [...new Map(found.map((problem) => [problem.rule, problem])).values()];
}

function portProblems(
  host: string,
  service: Import,
  policy: TrafficPolicy | undefined,
  port: number,
): CallProblem[] {
  const scope = policy?.portLevelSettings?.find((each) => each.port?.number === port) ?? policy;
  const problems: CallProblem[] = [];
  const mode = tlsModeOf(policy, port) ?? ISTIO_MUTUAL;
  const { tls } = scope ?? {};
  const required = requiredSni(host, service, port);
  if (mode === "MUTUAL")
    problems.push({
      isFatal: false,
      rule: "sets TLS mode MUTUAL, so calls have certificates, an SNI and identities of its own choice",
      remedy: `Write tls.mode ${ISTIO_MUTUAL}`,
    });
  else if (mode !== ISTIO_MUTUAL)
    problems.push({
      isFatal: true,
      rule: `sets TLS mode ${mode}, so calls fail: the peer's gateway takes Istio's mutual TLS alone`,
      remedy: `Write tls.mode ${ISTIO_MUTUAL}, or remove tls`,
    });
  else if (sniOf(host, tls, port) !== required)
    problems.push({
      isFatal: true,
      rule: "has not the SNI by which the peer's gateway knows the service, so calls fail",
      remedy: `Write tls {mode: ${ISTIO_MUTUAL}, sni: ${required}} for port ${port} of ${host}, and likewise for each port and host`,
    });
  if (tls !== undefined && mode === ISTIO_MUTUAL) problems.push(...identityProblems(service, tls));
  if (service.outlierDetection !== undefined && scope?.outlierDetection === undefined)
    problems.push({
      isFatal: false,
      rule: "has no outlierDetection, so that of the import rule has no effect",
      remedy: "Add it there",
    });
  return problems;
}

/** Returns the SNI of calls with these settings: without one Istio writes that of the host. */
function sniOf(host: string, tls: TrafficPolicy["tls"], port: number): string {
  const { sni = "" } = tls ?? {};
  return sni === "" ? serverName({ host, terminated: false }, port) : sni;
}

function identityProblems(
  { subjectAltNames }: Import,
  { subjectAltNames: wanted = [], insecureSkipVerify = false }: NonNullable<TrafficPolicy["tls"]>,
): CallProblem[] {
  if (insecureSkipVerify)
    return [
      {
        isFatal: false,
        rule: "has insecureSkipVerify, so whoever is on the way can answer as the service",
        remedy: "Remove it",
      },
    ];
  if (wanted.length === 0) return [];
  const remedy = "Remove its tls.subjectAltNames: those of the ServiceEntry apply then";
  if (!wanted.some((name) => subjectAltNames.includes(name)))
    return [
      {
        isFatal: true,
        rule: "accepts none of the identities that the peer publishes, so calls fail",
        remedy,
      },
    ];
  const isEqual = [...wanted, ...subjectAltNames].every(
    (name) => wanted.includes(name) && subjectAltNames.includes(name),
  );
  return isEqual
    ? []
    : [{ isFatal: false, rule: "accepts other identities than the peer publishes", remedy }];
}
