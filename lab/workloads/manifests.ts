import type { KubernetesObject } from "@kubernetes/client-node";
import { EXPORT_LABEL } from "../../federation/core/labels.ts";
import { ADDRESS_ANNOTATION } from "../kubelet/addresses.ts";
import { APP_IMAGE } from "../kubelet/overrides.ts";
import {
  APP_PORT,
  type CalledPort,
  egressAddress,
  portsOf,
  protocolOfPort,
  serviceOf,
  type Workload,
} from "./workload.ts";

/** A Kubernetes object with whatever its kind has besides metadata. */
export type Manifest = KubernetesObject & Record<string, unknown>;

/**
 * The namespace of workloads, with injection on.
 *
 * @param revision of the istiod that injects; undefined for the default one.
 */
export function namespaceManifest(name: string, revision?: string): Manifest {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name,
      labels: revision === undefined ? { "istio-injection": "enabled" } : { "istio.io/rev": revision },
    },
  };
}

/** A workload's Kubernetes objects, in the order in which they are to be made. */
export function workloadManifests(workload: Workload): Manifest[] {
  return [serviceAccount(workload), service(workload), deployment(workload)];
}

/** A workload's objects of Istio, in place of iptables and EndpointSlices. */
export function meshManifests(workload: Workload): Manifest[] {
  return [sidecar(workload), workloadEntry(workload)];
}

function metadata(workload: Workload, name = workload.name) {
  return { namespace: workload.namespace, name, labels: { app: serviceOf(workload) } };
}

function serviceAccount(workload: Workload): Manifest {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: metadata(workload, serviceOf(workload)) };
}

function service(workload: Workload): Manifest {
  const { labels, ...rest } = metadata(workload, serviceOf(workload));
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...rest, labels: { ...labels, ...(workload.exported && { [EXPORT_LABEL]: "true" }) } },
    spec: {
      ...(workload.headless ? { clusterIP: "None" } : {}),
      selector: { app: serviceOf(workload) },
      ports: portsOf(workload).map(({ name, number, targetPort }) => ({ name, port: number, targetPort })),
    },
  };
}

/** Replaces iptables, which needs root: it names the listeners of the sidecar. */
function sidecar(workload: Workload): Manifest {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "Sidecar",
    metadata: metadata(workload),
    spec: {
      workloadSelector: { labels: podLabels(workload) },
      ingress: portsOf(workload).map((port) => ({
        port: { number: port.targetPort, name: port.name, protocol: protocolOfPort(port) },
        bind: workload.address,
        // 0.0.0.0 means the Pod's own address.
        defaultEndpoint: `0.0.0.0:${port.appPort}`,
        captureMode: "NONE",
      })),
      egress: calledPorts(workload).map((port) => ({
        port: { number: port.number, name: port.name, protocol: protocolOfPort(port) },
        bind: egressAddress(workload),
        captureMode: "NONE",
        hosts: [`*/${port.host ?? "*"}`],
      })),
    },
  };
}

function calledPorts({ port, calls = [] }: Workload): CalledPort[] {
  return [{ name: "http", number: port }, ...calls];
}

/** The Service's endpoint; EndpointSlices refuse loopback addresses. */
export function workloadEntry(workload: Workload): Manifest {
  const { address, meshNetwork: network } = workload;
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "WorkloadEntry",
    metadata: metadata(workload),
    spec: {
      address,
      labels: podLabels(workload),
      serviceAccount: serviceOf(workload),
      ...(network === undefined ? {} : { network }),
    },
  };
}

/** Labels of a workload's Pods, which no other workload has. */
export function podLabels(workload: Workload): Record<string, string> {
  const { version } = workload;
  return { app: serviceOf(workload), ...(version === undefined ? {} : { version }) };
}

function deployment(workload: Workload): Manifest {
  const { namespace, address } = workload;
  const name = serviceOf(workload);
  const labels = podLabels(workload);
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: metadata(workload),
    spec: {
      replicas: 1,
      // The address is fixed, so the old Pod has to go first.
      strategy: { type: "Recreate" },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: { ...workload.annotations, [ADDRESS_ANNOTATION]: address } },
        spec: {
          serviceAccountName: name,
          containers: [
            {
              name: "app",
              image: APP_IMAGE,
              ports: portsOf(workload).map((port) => ({ name: port.name, containerPort: port.targetPort })),
              env: [
                { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
                { name: "PORT", value: String(APP_PORT) },
                { name: "SERVICE", value: `${name}.${namespace}` },
                { name: "EGRESS_ADDRESS", value: egressAddress(workload) },
                { name: "DNS_ADDRESS", value: "$(POD_IP):15053" },
              ],
            },
          ],
        },
      },
    },
  };
}
