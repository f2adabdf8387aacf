import { firstNames } from "../../core/text.ts";
import { clientTlsSettings } from "../clientTls.ts";
import { type KnownHost, covers } from "../hosts.ts";
import { type TrafficFinding, type TrafficRule, ofKind } from "../trafficRule.ts";

/** Istio's mutual TLS to a server outside the mesh, which has no certificate of it: the handshake fails. */
export const externalMutual: TrafficRule = {
  code: "external-mutual",
  checks: "servers outside the mesh are called by TLS that they have",
  needs: [],
  find: ({ objects, hosts }) =>
    ofKind(objects, "DestinationRule").flatMap(({ object, spec }) => {
      const [external] = hosts.find(spec.host ?? "", object.namespace).filter(isExternal);
      if (external === undefined) return [];
      return clientTlsSettings(spec).flatMap(({ path, tls: { mode } }): TrafficFinding[] =>
        mode === "ISTIO_MUTUAL"
          ? [
              {
                ...{ level: "warning", object, path: `${path}.mode`, value: mode },
                rule: `is for ${external.host}, which is outside the mesh (location MESH_EXTERNAL): its server would need a certificate of this mesh`,
                remedy: "Write SIMPLE, or MUTUAL with a certificate that the server knows",
              },
            ]
          : [],
      );
    }),
};

/** SNI hosts beyond the hosts of their VirtualService, which istiod's webhook refuses (`validateTLSMatch`: "SNI host ... is not a compatible subset"). */
export const sniHosts: TrafficRule = {
  code: "sni-hosts",
  checks: "SNI hosts are among the hosts of their VirtualService",
  needs: [],
  find: ({ objects }) =>
    ofKind(objects, "VirtualService").flatMap(({ object, spec: { hosts = [], tls = [] } }) =>
      tls.flatMap(({ match = [] }, index) =>
        match.flatMap(({ sniHosts: names = [] }, at) =>
          names.flatMap((name, place): TrafficFinding[] =>
            hosts.some((host) => covers(host, name))
              ? []
              : [
                  {
                    ...{ level: "fault", object, path: `spec.tls[${index}].match[${at}].sniHosts[${place}]` },
                    value: name,
                    rule: `is not among spec.hosts (${firstNames(hosts)}), so istiod refuses the object`,
                    remedy: "Add it to spec.hosts, or correct it",
                  },
                ],
          ),
        ),
      ),
    ),
};

/** Hosts outside the mesh that go past a firewall to which other hosts are led by SNI. */
export const firewalledHosts: TrafficRule = {
  code: "past-firewall",
  checks: "all hosts outside the mesh go through the firewall",
  needs: ["services", "foreign"],
  find: ({ objects, foreign, hosts }) => {
    const led = ofKind([...objects, ...foreign], "VirtualService").flatMap(({ object, spec: { tls = [] } }) =>
      tls.flatMap(({ match = [], route = [] }) => {
        const [to] = route.flatMap(({ destination }) =>
          hosts.find(destination?.host ?? "", object.namespace),
        );
        if (to?.source.kind !== "Service") return [];
        return match.flatMap(({ sniHosts: names = [] }) => names.map((name) => ({ name, to: to.host })));
      }),
    );
    const [firewall] = led;
    if (firewall === undefined) return [];
    return ofKind(objects, "ServiceEntry").flatMap(({ object, spec }) =>
      (spec.hosts ?? []).flatMap((host, index): TrafficFinding[] => {
        const isTls = (spec.ports ?? []).some(({ protocol = "" }) =>
          ["TLS", "HTTPS"].includes(protocol.toUpperCase()),
        );
        if (spec.location === "MESH_INTERNAL" || !isTls || host === firewall.to) return [];
        if (led.some(({ name }) => covers(name, host))) return [];
        return [
          {
            ...{ level: "warning", object, path: `spec.hosts[${index}]`, value: host },
            rule: `is called directly: no VirtualService leads its SNI to ${firewall.to}, as for ${firstNames([...new Set(led.map(({ name }) => name))])}`,
            remedy:
              "Add it to the sniHosts and hosts of that VirtualService, if it is meant to pass the firewall",
          },
        ];
      }),
    );
  },
};

function isExternal({ source }: KnownHost): boolean {
  if (source.kind !== "ServiceEntry") return false;
  const { location = "MESH_EXTERNAL" } = source.entry.spec as { location?: string };
  return location === "MESH_EXTERNAL";
}
