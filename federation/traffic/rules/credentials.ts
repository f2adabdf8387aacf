import {
  type CertificateProblem,
  authorityProblem,
  certificateProblem,
} from "../../publish/serverCertificate.ts";
import { type Credential, credentialsOf } from "../credentials.ts";
import { type TrafficObject, fullName } from "../trafficObject.ts";
import { type TrafficContext, type TrafficFinding, type TrafficRule, ofKind } from "../trafficRule.ts";

/**
 * A Secret that is not there, where the Pods are that use it (`pkg/config/analysis/analyzers/gateway/secret.go`). It may come later, by
 * cert-manager or by hand, so it is a warning.
 */
export const credentialSecrets: TrafficRule = {
  code: "IST0101",
  checks: "Secrets of certificates are there",
  needs: ["services", "secrets"],
  find: (context) =>
    inNamespaces(context, ({ name, namespace, authorities, ...credential }) => {
      if (context.secrets[`${namespace}/${name}`] !== undefined) return undefined;
      // Of a client that only verifies, the authority may be in a Secret of its own.
      if (!credential.isShown && authorityOf(context, namespace, authorities) !== undefined) return undefined;
      const elsewhere = Object.keys(context.secrets).find(
        (key) => key.endsWith(`/${name}`) && context.secrets[key] !== undefined,
      );
      const where = elsewhere === undefined ? "" : `; there is ${elsewhere}`;
      return {
        rule: `is no Secret in namespace ${namespace}, where the proxies are that use it${where}`,
        remedy: `Create it there, by cert-manager or \`kubectl create secret tls ${name} -n ${namespace} --cert=<file> --key=<file>\``,
      };
    }),
};

/** A Secret from which no valid certificate can be shown, or the other side not be verified (`BadCredential` of the analyzer, and its dates). */
export const credentialContents: TrafficRule = {
  code: "IST0161",
  checks: "Secrets have valid certificates for their hosts",
  needs: ["services", "secrets"],
  find: (context) =>
    inNamespaces(context, ({ name, namespace, isShown, authorities, hosts }) => {
      const secret = context.secrets[`${namespace}/${name}`];
      const { expiryWarningDays: days, now } = context;
      const shown =
        isShown && secret !== undefined ? certificateProblem(secret, hosts, days, now) : undefined;
      if (shown !== undefined) return inSecret(shown, namespace, name);
      if (authorities.length === 0 || (isShown && secret === undefined)) return undefined;
      const authority = authorityOf(context, namespace, authorities);
      if (authority !== undefined) {
        const problem = authorityProblem(authority.pem, days, now);
        return problem && inSecret(problem, namespace, authority.name);
      }
      if (secret === undefined) return undefined;
      const [other = name] = authorities;
      return {
        rule: `has no CA by which the other side is verified: Secret ${namespace}/${name} has neither cacert nor ca.crt, and there is no Secret ${other}`,
        remedy: `Add ca.crt to the Secret, or create ${other} with it`,
      };
    }),
};

/** Secrets of a DestinationRule that selects no workload: sidecars drop the setting in silence, and call without TLS settings of the Secret. */
export const sidecarCredentials: TrafficRule = {
  code: "sidecar-credentials",
  checks: "sidecars take the Secrets of DestinationRules",
  needs: ["services"],
  find: (context) =>
    credentialsOf(context).flatMap(({ object, path, name, isOfGateway }): TrafficFinding[] => {
      const [rule] = ofKind([object], "DestinationRule");
      if (rule === undefined || isOfGateway || rule.spec.workloadSelector !== undefined) return [];
      return [
        {
          ...{ level: "warning", object, path, value: name },
          rule: "is dropped by sidecars, as the DestinationRule has no workloadSelector, and no gateway of these objects calls the host",
          remedy:
            "Add workloadSelector with the labels of the callers, in their namespace, or mount the files and name them in clientCertificate, privateKey and caCertificates",
        },
      ];
    }),
};

/** One certificate in two Gateways of the same Pods: clients reuse a connection for the other's hosts, which answers 404 (`CertificateAnalyzer`). */
export const sharedCertificates: TrafficRule = {
  code: "IST0138",
  checks: "Gateways share certificates",
  needs: ["foreign"],
  find: ({ objects, foreign }) => {
    const all = [...objects, ...foreign];
    const isOurs = new Set(objects);
    return ofKind(objects, "Gateway").flatMap(({ object, spec: { selector, servers = [] } }) =>
      servers.flatMap(({ tls }, index): TrafficFinding[] => {
        const name = tls?.credentialName;
        if (name === undefined) return [];
        const others = ofKind(all, "Gateway").filter(
          (other) =>
            other.object.namespace === object.namespace &&
            other.object !== object &&
            // Of two of the stack, the later one has the finding.
            (!isOurs.has(other.object) || fullName(other.object) < fullName(object)) &&
            isWithin(other.spec.selector, selector) &&
            (other.spec.servers ?? []).some((server) => server.tls?.credentialName === name),
        );
        const [other] = others;
        if (other === undefined) return [];
        return [
          {
            ...{ level: "warning", object, path: `spec.servers[${index}].tls.credentialName`, value: name },
            rule: `is the certificate of Gateway ${fullName(other.object)} too, of the same Pods: browsers reuse an HTTP/2 connection for all hosts of a certificate, and get 404 for those of the other Gateway`,
            remedy:
              "Put the hosts of one certificate into one Gateway, or give each Gateway a certificate for its own hosts",
          },
        ];
      }),
    );
  },
};

/** Whether one of two selectors has all labels of the other: then some Pods may have both Gateways. */
function isWithin(one: Record<string, string> = {}, other: Record<string, string> = {}): boolean {
  const covers = (few: Record<string, string>, many: Record<string, string>): boolean =>
    Object.entries(few).every(([key, value]) => many[key] === value);
  return covers(one, other) || covers(other, one);
}

/** Looks at each Secret in each namespace where it is used; the first finding of a name in an object is enough. */
function inNamespaces(
  context: TrafficContext,
  look: (credential: Credential & { namespace: string }) => { rule: string; remedy: string } | undefined,
): TrafficFinding[] {
  return credentialsOf(context)
    .filter(({ object, isOfGateway }) => object.kind === "Gateway" || isOfGateway || isSelecting(object))
    .flatMap((credential) => {
      const { object, path, name } = credential;
      const [problem] = credential.namespaces.flatMap(
        (namespace) => look({ ...credential, namespace }) ?? [],
      );
      return problem === undefined
        ? []
        : [{ level: "warning" as const, object, path, value: name, ...problem }];
    });
}

/** Whether sidecars take the Secrets of a DestinationRule; {@link sidecarCredentials} has the others. */
function isSelecting(object: TrafficObject): boolean {
  return ofKind([object], "DestinationRule").some(({ spec }) => spec.workloadSelector !== undefined);
}

/** The authority that istiod finds: in the first of these Secrets that is there. */
function authorityOf(
  { secrets }: TrafficContext,
  namespace: string,
  authorities: readonly string[],
): { name: string; pem: string } | undefined {
  const name = authorities.find((each) => secrets[`${namespace}/${each}`] !== undefined);
  const pem = name === undefined ? undefined : secrets[`${namespace}/${name}`]?.authority;
  return name === undefined || pem === undefined ? undefined : { name, pem };
}

function inSecret({ rule, remedy }: CertificateProblem, namespace: string, name: string) {
  return { rule: `names Secret ${namespace}/${name}, which ${rule}`, remedy };
}
