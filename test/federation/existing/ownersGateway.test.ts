import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { validateInstalled } from "../../../federation/existing/existingMesh.ts";
import type { InstalledIstio } from "../../../federation/existing/installedIstio.ts";
import type {
  GatewayObject,
  OwnersGateway,
  OwnersPod,
  OwnersService,
} from "../../../federation/existing/ownersGateway.ts";
import { runPart } from "../planContext.ts";
import { FaultsError, describeFault } from "../../../federation/core/fault.ts";
import { JOINABLE, controlPlane, installed, joiningConfig, withMesh } from "./installation.ts";

const PLACE = { namespace: "edge", selector: { istio: "eastwest" }, service: "eastwest" };

const config = (changes: { gateway?: object; exports?: object[] } = {}) =>
  joiningConfig({ exports: changes.exports ?? [], gateway: { existing: PLACE, ...changes.gateway } });

const pod = (changes: Partial<OwnersPod> = {}): OwnersPod => ({
  name: "eastwest-1",
  labels: { istio: "eastwest", app: "eastwest" },
  serviceAccount: "eastwest",
  isRouter: true,
  environment: {},
  ports: {},
  ...changes,
});

const service = (changes: Partial<OwnersService> = {}): OwnersService => ({
  name: "eastwest",
  type: "LoadBalancer",
  selector: { app: "eastwest" },
  ports: [{ port: 15443, targetPort: 15443, protocol: "TCP" }],
  externalIPs: [],
  isTranslating: true,
  ...changes,
});

const object = (changes: Partial<GatewayObject> = {}): GatewayObject => ({
  namespace: "edge",
  name: "cross-network",
  labels: { owner: "platform" },
  selector: { istio: "eastwest" },
  servers: [{ port: 15443, hosts: ["*.local"] }],
  ...changes,
});

const gateway = (changes: Partial<OwnersGateway> = {}): OwnersGateway => ({
  services: [service()],
  pods: [pod()],
  objects: [],
  ...changes,
});

const validate = (
  found: Partial<OwnersGateway>,
  changes: Parameters<typeof config>[0] = {},
  mesh: Partial<InstalledIstio> = {},
) =>
  runPart(
    config(changes),
    {
      snapshot: {
        cluster: {
          installation: {
            value: installed({
              namespaces: { "istio-system": {}, edge: {} },
              gateway: gateway(found),
              ...mesh,
            }),
          },
        },
      },
    },
    validateInstalled,
  );

function faultsOf(...args: Parameters<typeof validate>): string[] {
  try {
    validate(...args);
    return [];
  } catch (error) {
    if (!(error instanceof FaultsError)) throw error;
    return error.faults.map((fault) => describeFault(fault));
  }
}

const TERMINATING = { exports: [{ namespace: "abc", service: "foo", gateway: "terminating" }] };
const XDS = { PROXY_CONFIG_XDS_AGENT: "true" };
const unscoped = [controlPlane({ environment: { ...JOINABLE, PILOT_SCOPE_GATEWAY_TO_NAMESPACE: "false" } })];

describe("A gateway that the mesh's owner runs", () => {
  const accepted: [title: string, ...Parameters<typeof validate>][] = [
    ["as Istio's chart makes it", {}],
    ["whose Service has type NodePort", { services: [service({ type: "NodePort" })] }],
    [
      "whose Service has external IPs alone",
      { services: [service({ type: "ClusterIP", externalIPs: ["203.0.113.1"] })] },
    ],
    [
      "whose addresses the config names",
      { services: [service({ type: "ClusterIP" })] },
      { gateway: { advertise: [{ address: "203.0.113.1" }] } },
    ],
    ["called on another port", { services: [service({ ports: [{ port: 443, targetPort: 15443 }] })] }],
    [
      "called by a named port",
      {
        services: [service({ ports: [{ port: 15443, targetPort: "mtls" }] })],
        pods: [pod({ ports: { mtls: 15443 } })],
      },
    ],
    [
      "with Pods of two accounts that passes calls through",
      { pods: [pod(), pod({ serviceAccount: "other" })] },
    ],
    [
      "that sees the cluster's network among others",
      { pods: [pod({ environment: { ISTIO_META_REQUESTED_NETWORK_VIEW: "x,cluster-a" } })] },
      {},
      { network: "cluster-a" },
    ],
    ["that has this program's Gateway object", { objects: [object({ name: "istio-federation" })] }],
    [
      "with a Gateway object for another port",
      { objects: [object({ servers: [{ port: 443, hosts: [] }] })] },
    ],
    ["beside another gateway", { objects: [object({ selector: { istio: "ingress" } })] }],
    [
      "beside a Gateway object of another namespace, which does not apply",
      { objects: [object({ namespace: "x" })] },
    ],
    [
      "whose second Service translates no ports",
      {
        services: [
          service(),
          service({ name: "b", isTranslating: false, ports: [{ port: 15443, targetPort: 8443 }] }),
        ],
      },
    ],
    ["that terminates TLS", { pods: [pod({ environment: XDS })] }, TERMINATING],
  ];
  for (const [title, ...args] of accepted)
    it(`can be used: one ${title}`, () => {
      const { result } = validate(...args);
      assert.deepEqual(
        { ...result?.gateway, ...result?.namespaceLabels },
        { ...PLACE, object: "istio-federation", serviceAccount: "eastwest", "istio-federation": {} },
      );
    });

  it("needs no revision, as nothing is injected", () => {
    const controlPlanes = ["a", "b"].map((revision) =>
      controlPlane({ name: `istiod-${revision}`, revision }),
    );
    assert.equal(validate({}, {}, { controlPlanes }).result?.gatewayRevision, undefined);
  });

  const refused: [title: string, fault: RegExp, ...Parameters<typeof validate>][] = [
    [
      "has no such Service",
      /^gateway\.existing\.service: "edge\/eastwest" does not exist\. Name a Service in front of the Pods \(there is other\)/,
      { services: [service({ name: "other" }), service({ name: "x", selector: { app: "x" } })] },
    ],
    [
      "has a Service inside the cluster only",
      /has type ClusterIP and no externalIPs, so peers have no address to call/,
      { services: [service({ type: "ClusterIP" })] },
    ],
    [
      "has a Service that is a name",
      /has type ExternalName/,
      { services: [service({ type: "ExternalName" })] },
      { gateway: { advertise: [{ address: "203.0.113.1" }] } },
    ],
    [
      "has a Service without the port",
      /has no TCP port that leads to port 15443 of the Pods \(443 to 8443\)/,
      { services: [service({ ports: [{ port: 443, targetPort: 8443 }] })] },
    ],
    [
      "has a Service without any port",
      /has no TCP port .* \(it has none\)/,
      { services: [service({ ports: [] })] },
    ],
    [
      "has it for UDP",
      /has no TCP port/,
      { services: [service({ ports: [{ port: 15443, targetPort: 15443, protocol: "UDP" }] })] },
    ],
    [
      "has the number on another port of the Pods",
      /has no TCP port that leads to port 15443 of the Pods \(15443 to 8443\)/,
      { services: [service({ ports: [{ port: 15443, targetPort: 8443 }] })] },
    ],
    [
      "has a named port that its Pods do not have",
      /has no TCP port .* \(15443 to mtls\)/,
      { services: [service({ ports: [{ port: 15443, targetPort: "mtls" }] })] },
    ],
    [
      "has a second port by which istiod listens elsewhere",
      /^Service edge\/eastwest: maps port 15443 to 8443 of the gateway's Pods, where istiod would listen instead/,
      {
        services: [
          service({
            ports: [
              { port: 15443, targetPort: 8443 },
              { port: 443, targetPort: 15443 },
            ],
          }),
        ],
      },
    ],
    [
      "has a second Service by which istiod listens elsewhere",
      /^Service edge\/b: maps port 15443 to 8443/,
      { services: [service(), service({ name: "b", ports: [{ port: 15443, targetPort: 8443 }] })] },
    ],
    [
      "has no Pods",
      /^gateway\.existing\.selector: "istio=eastwest" selects no running Pod in namespace edge/,
      { pods: [pod({ labels: { app: "eastwest" } })], services: [service({ selector: { x: "y" } })] },
    ],
    [
      "has a Service in front of others",
      /^gateway\.existing\.service: "edge\/eastwest" selects none of the Pods/,
      { services: [service({ selector: { app: "x" } })] },
    ],
    [
      "has a Service in front of others too",
      /leads to Pods that gateway\.existing\.selector does not select: other-1/,
      { pods: [pod(), pod({ name: "other-1", labels: { app: "eastwest" } })] },
    ],
    [
      "has Pods with sidecars",
      /selects Pods whose proxy is no gateway's \(no 'proxy router'\): app-1/,
      { pods: [pod(), pod({ name: "app-1", isRouter: false })] },
    ],
    [
      "hides the cluster's own network",
      /^gateway\.existing\.selector: "ISTIO_META_REQUESTED_NETWORK_VIEW=x,y" of eastwest-1 hides workloads of network cluster-a/,
      { pods: [pod({ environment: { ISTIO_META_REQUESTED_NETWORK_VIEW: "x,y" } })] },
      {},
      { network: "cluster-a" },
    ],
    [
      "has a Gateway object of its owner on the port",
      /^Gateway edge\/cross-network: listens on port 15443 of the gateway's Pods too, which is labelled owner=platform, so peers reach \*\.local whatever is exported/,
      { objects: [object()] },
    ],
    ["has one for all Pods", /^Gateway edge\/cross-network/, { objects: [object({ selector: undefined })] }],
    [
      "has one of another namespace, which applies",
      /^Gateway x\/cross-network/,
      { objects: [object({ namespace: "x", name: "cross-network" })] },
      {},
      { controlPlanes: unscoped },
    ],
    [
      "has one on a port that its Service translates",
      /^Gateway edge\/cross-network/,
      {
        services: [service({ ports: [{ port: 443, targetPort: 15443 }] })],
        objects: [object({ servers: [{ port: 443, hosts: ["*"] }] })],
      },
    ],
    [
      "has Pods without trust anchors and terminates TLS",
      /selects Pods without PROXY_CONFIG_XDS_AGENT.*: eastwest-1/,
      {},
      TERMINATING,
    ],
    [
      "has two identities and terminates TLS",
      /several service accounts \(edge\/b, edge\/eastwest\)/,
      { pods: [pod({ environment: XDS }), pod({ environment: XDS, serviceAccount: "b" })] },
      TERMINATING,
    ],
    [
      "has a namespace that is not there",
      /^gateway\.existing\.namespace: "edge" is no namespace of this cluster/,
      {},
      {},
      { namespaces: {} },
    ],
    [
      "has a namespace that istiod does not see",
      /has discoverySelectors that do not match namespace edge of the gateway/,
      {},
      {},
      { controlPlanes: [withMesh({ discoverySelectors: [{ matchLabels: { mesh: "a" } }] })] },
    ],
  ];
  for (const [title, fault, ...args] of refused)
    it(`is refused when it ${title}`, () => {
      const faults = faultsOf(...args);
      assert.equal(faults.length, 1, faults.join("\n"));
      assert.match(faults[0] ?? "", fault);
    });
});
