import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { OF_OTHERS } from "../federation/core/labels.ts";
import { type GatewayPlace, gatewayPlace } from "../federation/core/gatewayPlace.ts";
import { GATEWAY_PORT, IMPORT_NAMESPACE, PUBLISH_NAMESPACE } from "../federation/core/wellKnown.ts";
import { rootNamespaceOf } from "../federation/existing/clusterDefaults.ts";
import { needsPolicies } from "../federation/exports/exportRule.ts";
import { type ObjectMetadata, leftoverSelector } from "../federation/imports/leftovers.ts";
import { lastObjectsIn, hasUpdated } from "../federation/lastRun.ts";
import type { ClusterReadings, Reading, Snapshot } from "../federation/snapshot.ts";
import { type Corefiles, NODE_LOCAL } from "../federation/topology/coreDns.ts";
import type { ClusterClient } from "../kubernetes/client.ts";
import { orIfForbidden } from "../kubernetes/errors.ts";
import { readGatewayStatus } from "../kubernetes/gatewayService.ts";
import {
  DESTINATION_RULE,
  type KubernetesObject,
  SERVICE,
  SERVICE_ENTRY,
  VIRTUAL_SERVICE,
} from "../kubernetes/kinds.ts";
import { readCorefile } from "../kubernetes/corefile.ts";
import { readAmbientClients } from "./ambientClients.ts";
import { readProvided } from "./certificateFiles.ts";
import { ClusterReader } from "./clusterReader.ts";
import { readExistingObjects } from "./existingObjects.ts";
import { readHelm } from "./helm.ts";
import { readInstalledIstio } from "./installedIstio.ts";
import {
  readDestinationRules,
  readIstiod,
  readPeerAuthentications,
  readPolicies,
  readServiceEntries,
} from "./istioObjects.ts";
import { readMesh } from "./meshAccess.ts";
import { readOwnObjects } from "./ownObjects.ts";
import { readPeers } from "./peers.ts";
import { readRevisions } from "./revisions.ts";
import { readServerSecret } from "./serverSecret.ts";
import { readAllServices, readServices } from "./services.ts";
import { hasTraffic, readTraffic } from "./traffic.ts";
import { readContractStack, readOwnOutputs, readSharedRoot, readState } from "./stacks.ts";

/** Reading of something that the config does not need. */
const NOTHING = Promise.resolve({ value: [] });
const NO_SERVICES = Promise.resolve({ value: { services: [], workloads: [], namespaces: {} } });
const NO_AMBIENT_CLIENTS = Promise.resolve({ value: { namespaces: {}, pods: [] } });
const NO_INSTALLATION = Promise.resolve({ value: undefined });
const NO_ISTIOD = Promise.resolve({
  value: { isInstalled: false, roots: undefined, signer: undefined, signedUntil: {} },
});
const NO_REVISIONS = Promise.resolve({
  value: { removed: [], proxies: [], namespaces: {}, injectors: [] },
});
const NO_SECRET = Promise.resolve({ value: undefined });
const UNOWNED = { labels: {}, annotations: {}, managers: [], owners: [] };
const NO_COREFILES = Promise.resolve({
  value: { coreDns: undefined, nodeLocal: undefined, metadata: UNOWNED },
});

type Outputs = Snapshot["outputs"];

/**
 * Reads everything that a plan of this stack needs, in one concurrent pass; decides nothing. A reading without a value has the reason.
 * @throws only for a defect of the program.
 */
export async function readSnapshot(config: StackConfig): Promise<Snapshot> {
  const outputs = readOwnOutputs();
  const peers = readPeers(config, outputs);
  const {
    contract,
    certificateAuthority: { provided, shared },
  } = config;
  const reader = new ClusterReader(config.kubeconfig);
  const [own, found, cluster, traffic, sharedRoot, contractStack, mesh] = await Promise.all([
    outputs,
    peers,
    readCluster(reader, config, outputs),
    readTraffic(reader, config),
    shared === undefined ? undefined : readSharedRoot(shared.stack),
    contract.stack === undefined ? undefined : readContractStack(contract.stack),
    config.singleMesh === undefined ? undefined : readMesh(config, config.singleMesh, peers),
  ]);
  return {
    stack: pulumi.getStack(),
    isPreview: pulumi.runtime.isDryRun(),
    now: new Date(),
    outputs: own,
    cluster,
    traffic,
    peers: found,
    sharedRoot,
    contractStack,
    provided: provided === undefined ? undefined : readProvided(provided),
    mesh,
  };
}

async function readCluster(
  reader: ClusterReader,
  config: StackConfig,
  outputs: Promise<Outputs>,
): Promise<ClusterReadings> {
  const { exports: rules, gateway, publish, dns, topology, certificateAuthority, istio } = config;
  const place = gatewayPlace(gateway);
  const hasExports = rules.length > 0;
  const registers = topology !== "single-mesh";
  let reading: ReturnType<typeof readState> | undefined;
  const state = () => (reading ??= readState());
  const existing = reader.read((client) =>
    readExistingObjects(client, config, outputs, async () => (await state())?.objects),
  );
  const revisions =
    istio.existing === undefined
      ? reader.read((client) => readRevisions(client, config, state))
      : NO_REVISIONS;
  const services = hasExports ? readExportable(reader, config) : NO_SERVICES;
  const { existing: joined } = istio;
  const installation =
    joined === undefined
      ? NO_INSTALLATION
      : reader.read((client) => readInstalledIstio(client, joined.namespace, gateway));
  return allOf<ClusterReadings>({
    services,
    peerAuthentications: hasExports ? reader.read(readPeerAuthentications) : NOTHING,
    destinationRules: hasExports || registersImports(config) ? reader.read(readDestinationRules) : NOTHING,
    // Without restrictions this program creates no policies that others' could conflict with.
    authorizationPolicies: rules.some(needsPolicies)
      ? readPoliciesOf(reader, services, installation)
      : NOTHING,
    serviceEntries: registersNames(config) ? reader.read(readServiceEntries) : NOTHING,
    ambientClients: registersImports(config)
      ? readAmbientClients(reader, config, hasExports ? services : undefined)
      : NO_AMBIENT_CLIENTS,
    importNamespaceServices: dns?.services === undefined ? NOTHING : reader.read(readImportNamespace),
    leftovers: registers ? outputs.then((own) => readLeftovers(reader, config, own)) : NOTHING,
    ownObjects: outputs.then((own) =>
      hasUpdated(own)
        ? reader.read((client) =>
            readOwnObjects(client, place, lastObjectsIn(own.value), istio.existing === undefined),
          )
        : NOTHING,
    ),
    publishSecret:
      publish === undefined
        ? NO_SECRET
        : reader.read((client) => readServerSecret(client, PUBLISH_NAMESPACE, publish.credentialName)),
    gateway: gateway.advertise === undefined ? reader.read((client) => readGateway(client, place)) : NOTHING,
    istiod:
      certificateAuthority.source === "provided" || istio.existing !== undefined
        ? NO_ISTIOD
        : reader.read(readIstiod),
    installation,
    revisions,
    corefiles: dns?.coreDns === undefined ? NO_COREFILES : readCorefiles(reader, dns.coreDns),
    helm: reader.read((client) => readHelm(client, { config, outputs, state, existing, revisions })),
    existing,
  });
}

/** Reads the Services that rules may match: from all Services, which a stack with traffic reads anyway, where this user may list them. */
async function readExportable(
  reader: ClusterReader,
  { exports: rules, traffic }: StackConfig,
): Promise<ClusterReadings["services"]> {
  if (!hasTraffic(traffic)) return reader.read((client) => readServices(client, rules));
  const all = await reader.readOnce(readAllServices);
  if ("forbidden" in all) return reader.read((client) => readServices(client, rules));
  return "value" in all ? reader.read((client) => readServices(client, rules, all.value)) : all;
}

/** Waits for all values of a map at the same time. */
async function allOf<T extends object>(promises: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  const entries = Object.entries<Promise<unknown>>(promises);
  const values = await Promise.all(entries.map(async ([key, promise]) => [key, await promise] as const));
  return Object.fromEntries(values) as T;
}

/** Whether hosts are registered that ServiceEntries of others may have: aliases of exports, and services of peers. */
function registersNames(config: StackConfig): boolean {
  return config.exports.some((rule) => rule.as !== undefined) || registersImports(config);
}

/** Whether services of peers are registered as ServiceEntries. */
function registersImports({ peers, topology }: StackConfig): boolean {
  return topology !== "single-mesh" && Object.keys(peers).length > 0;
}

/** Reads the policies in the namespaces of exported Services; a failed reading of Services is returned. */
async function readPoliciesOf(
  reader: ClusterReader,
  services: Promise<ClusterReadings["services"]>,
  installation: Promise<ClusterReadings["installation"]>,
): Promise<ClusterReadings["authorizationPolicies"]> {
  const found = await services;
  if (!("value" in found)) return found;
  const namespaces = found.value.services.map(({ namespace }) => namespace);
  const root = rootNamespaceOf(await installation);
  return reader.read((client) => readPolicies(client, namespaces, root));
}

async function readImportNamespace(client: ClusterClient) {
  const options = { namespace: IMPORT_NAMESPACE, labelSelector: OF_OTHERS, metadataOnly: true };
  const objects = await client.list(SERVICE, options);
  return objects.map(({ metadata: { name, labels = {} } }) => ({ name, labels }));
}

async function readGateway(client: ClusterClient, { namespace, service }: GatewayPlace) {
  const status = await readGatewayStatus(client, { namespace, service, port: GATEWAY_PORT });
  return "addresses" in status ? status.addresses : [];
}

type LeftoverObject = KubernetesObject & { metadata: ObjectMetadata };

/** Reads objects of unknown peers. A peer of the last update is not one: its resource removes its objects. */
async function readLeftovers(
  reader: ClusterReader,
  { peers }: StackConfig,
  outputs: Outputs,
): Promise<ClusterReadings["leftovers"]> {
  const last = "value" in outputs ? outputs.value["peers"] : undefined;
  const known = [...Object.keys(peers), ...Object.keys((last as object | undefined) ?? {})];
  const options = { namespace: IMPORT_NAMESPACE, labelSelector: leftoverSelector(known), metadataOnly: true };
  return reader.read(async (client) => {
    const lists = await Promise.all([
      client.list<LeftoverObject>(SERVICE_ENTRY, options),
      // Whoever may not list these never made any.
      ...[DESTINATION_RULE, SERVICE, VIRTUAL_SERVICE].map((kind) =>
        client.list<LeftoverObject>(kind, options).catch(orIfForbidden<LeftoverObject[]>([])),
      ),
    ]);
    return lists.flat().map(({ metadata }) => metadata);
  });
}

function readCorefiles(
  reader: ClusterReader,
  { namespace, configMap }: { namespace: string; configMap: string },
): Promise<Reading<Corefiles>> {
  return reader.read(async (client) => {
    const [coreDns, nodeLocal] = await Promise.all([
      readCorefile(client, { namespace, configMap }),
      readCorefile(client, { namespace, configMap: NODE_LOCAL }).catch(orIfForbidden(undefined)),
    ]);
    return { coreDns: coreDns.corefile, nodeLocal: nodeLocal?.corefile, metadata: coreDns.metadata };
  });
}
