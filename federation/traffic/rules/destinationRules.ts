import { suggestion } from "../../core/schema.ts";
import { clientTlsSettings } from "../clientTls.ts";
import type { TrafficObject } from "../trafficObject.ts";
import { type TrafficFinding, type TrafficRule, hasFaulty, ofKind } from "../trafficRule.ts";
import { webHost } from "./hostForm.ts";

/** A DestinationRule for a host that nobody has: it does nothing. */
export const ruleHosts: TrafficRule = {
  code: "IST0174",
  checks: "DestinationRules are for hosts that are there",
  needs: ["services", "foreign"],
  find: (context) => {
    const { objects, hosts } = context;
    if (!hosts.isComplete || hasFaulty(context, "ServiceEntry")) return [];
    return ofKind(objects, "DestinationRule").flatMap(({ object, spec: { host = "" } }): TrafficFinding[] => {
      if (host.startsWith("*") || webHost(host) !== undefined) return [];
      if (hosts.find(host, object.namespace).length > 0) return [];
      const full = hosts.resolve(host, object.namespace);
      return [
        {
          ...{ level: "warning", object, path: "spec.host", value: host },
          rule:
            full === host
              ? "is no host that the mesh knows"
              : `is '${full}' here, which is no host that the mesh knows`,
          remedy: suggestion(full, hosts.names) ?? "Correct it, or write the full name of the Service",
        },
      ];
    });
  },
};

/** TLS to a server that is not verified: without certificates of an authority, any server is taken (`CaCertificateAnalyzer`). */
export const serverVerification: TrafficRule = {
  code: "IST0128",
  checks: "servers are verified",
  needs: [],
  find: ({ objects }) => unverified(objects, (path) => !isOfPort(path)),
};

/** TLS of a port to a server that is not verified (`CaCertificateAnalyzer`). */
export const portVerification: TrafficRule = {
  code: "IST0129",
  checks: "servers are verified at ports with TLS settings of their own",
  needs: [],
  find: ({ objects }) => unverified(objects, isOfPort),
};

function isOfPort(path: string): boolean {
  return path.includes(".portLevelSettings[");
}

function unverified(
  objects: readonly TrafficObject[],
  isWanted: (path: string) => boolean,
): TrafficFinding[] {
  return ofKind(objects, "DestinationRule").flatMap(({ object, spec }) =>
    clientTlsSettings(spec).flatMap(({ path, tls }): TrafficFinding[] => {
      const isTls = tls.mode === "SIMPLE" || tls.mode === "MUTUAL";
      if (!isWanted(path) || !isTls || tls.insecureSkipVerify === true) return [];
      if ((tls.caCertificates ?? tls.credentialName ?? "") !== "") return [];
      return [
        {
          ...{ level: "warning", object, path },
          rule: `has mode ${tls.mode} without caCertificates or credentialName: the certificates of the proxy's image decide which servers are taken`,
          remedy:
            "Name the file of the server's authority in caCertificates (system: those of the image), or a Secret",
        },
      ];
    }),
  );
}
