import type {
  AuthorizationPolicy,
  Operation,
  PolicyRule,
  Source,
} from "../../../federation/access/authorizationPolicy.ts";

/** A call as a workload's proxy sees it: a request, or (without a method) no more than a connection. */
export interface Call {
  /** `<trust domain>/ns/<namespace>/sa/<service account>`; empty for a certificate without an identity, undefined in plaintext. */
  principal?: string;
  /** The workload's. */
  port: number;
  /** SNI of the TLS handshake. */
  serverName?: string;
  request?: { method: string; path: string };
}

/** A policy at a workload, of any owner. */
export type EnforcedPolicy = Pick<AuthorizationPolicy["spec"], "action" | "rules">;

/**
 * Returns whether a workload allows a call, like Istio's proxies (pilot/pkg/security/authz: builder.go, model.go, generator.go; and
 * trustdomain/bundle.go for names of our own trust domain).
 */
export function allowsCall(policies: readonly EnforcedPolicy[], call: Call, trustDomain: string): boolean {
  const [deny, allow] = (["DENY", "ALLOW"] as const).map((wanted) =>
    policies
      .filter(({ action }) => action === wanted)
      .flatMap(({ rules, action }) => rules.map((rule) => ({ rule, action }))),
  );
  const matched = ({ rule, action }: { rule: PolicyRule; action: "ALLOW" | "DENY" }): boolean =>
    matches(rule, action, call, trustDomain);
  if (deny?.some(matched) === true) return false;
  return !policies.some(({ action }) => action === "ALLOW") || allow?.some(matched) === true;
}

function matches(
  { from, to = [{ operation: {} }], when = [] }: PolicyRule,
  action: "ALLOW" | "DENY",
  call: Call,
  trustDomain: string,
): boolean {
  return (
    (from === undefined || from.some(({ source }) => isFrom(source, call, trustDomain))) &&
    to.some(({ operation }) => isFor(operation, action, call)) &&
    when.every(({ key, values }) =>
      key === "connection.sni"
        ? call.serverName !== undefined && values.includes(call.serverName)
        : isFrom({ principals: values }, call, trustDomain),
    )
  );
}

function isFrom(
  { principals, notPrincipals }: Source,
  { principal = "" }: Call,
  trustDomain: string,
): boolean {
  const isOneOf = (names: readonly string[]): boolean =>
    names.some((name) => principal !== "" && fits(ownName(name, trustDomain), principal));
  return (
    (principals === undefined || isOneOf(principals)) &&
    !(notPrincipals !== undefined && isOneOf(notPrincipals))
  );
}

/** Istio reads a full name of `cluster.local` as one of the mesh's own trust domain. */
function ownName(name: string, trustDomain: string): string {
  const parts = name.split("/");
  return parts.length === 5 && parts[0] === "cluster.local"
    ? [trustDomain, ...parts.slice(1)].join("/")
    : name;
}

function isFor(operation: Operation, action: "ALLOW" | "DENY", { port, request }: Call): boolean {
  const { ports, notPorts, methods, notMethods, paths, notPaths } = operation;
  const ofHttp = [methods, notMethods, paths, notPaths].some((values) => values !== undefined);
  // On TCP ports, a DENY rule loses its HTTP conditions, and an ALLOW rule with HTTP conditions is dropped.
  if (ofHttp && request === undefined && action === "ALLOW") return false;
  const is = (values: readonly string[] | undefined, text: string): boolean =>
    values === undefined || values.some((value) => fits(value, text));
  const isNot = (values: readonly string[] | undefined, text: string): boolean =>
    values === undefined || !values.some((value) => fits(value, text));
  const atPort = is(ports, String(port)) && isNot(notPorts, String(port));
  if (request === undefined) return atPort;
  const { method, path } = request;
  return (
    atPort && is(methods, method) && isNot(notMethods, method) && is(paths, path) && isNot(notPaths, path)
  );
}

function fits(value: string, text: string): boolean {
  if (value === "*") return text !== "";
  if (value.startsWith("*")) return text.endsWith(value.slice(1));
  return value.endsWith("*") ? text.startsWith(value.slice(0, -1)) : text === value;
}
