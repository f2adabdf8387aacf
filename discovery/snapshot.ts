import type { SingleMesh } from "../federation/config/singleMesh.ts";
import * as pulumi from "@pulumi/pulumi";
import type { PeerConfig } from "../federation/config/peers.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { pathOf } from "../federation/core/fault.ts";
import { OF_OTHERS } from "../federation/core/labels.ts";
import { ownValue, sortedRecord } from "../federation/core/order.ts";
import { type GatewayPlace, gatewayPlace } from "../federation/core/gatewayPlace.ts";
import { GATEWAY_PORT, IMPORT_NAMESPACE, PUBLISH_NAMESPACE } from "../federation/core/wellKnown.ts";
import { rootNamespaceOf } from "../federation/existing/clusterDefaults.ts";
import { needsPolicies } from "../federation/exports/exportRule.ts";
import { otherDeckhouseMarks } from "../federation/imports/deckhousePeers.ts";
import { type ObjectMetadata, leftoverSelector } from "../federation/imports/leftovers.ts";
import { lastDeckhouse, lastObjectsIn } from "../federation/lastRun.ts";
import type { ContractReading } from "../federation/imports/registration.ts";
import { resolveApiServer } from "../federation/mesh/apiServer.ts";
import { readAccess } from "../federation/mesh/credential.ts";
import type { AccessFailure } from "../federation/mesh/meshPeer.ts";
import type {
  ClusterReadings,
  HelmReadings,
  MeshReadings,
  Reading,
  Snapshot,
} from "../federation/snapshot.ts";
import {
  BASE_RELEASE,
  PUBLISH_RELEASE,
  type ReleaseName,
  releasesOf,
} from "../federation/core/helmReleases.ts";
import { readHelmReleases, readUnownedCrds } from "../kubernetes/helmReleases.ts";
import { readUnownedObjects } from "./chartObjects.ts";
import { type Corefiles, NODE_LOCAL } from "../federation/topology/coreDns.ts";
import { PROBE_DEADLINE, probeAccess } from "../kubernetes/accessProbe.ts";
import type { ClusterClient } from "../kubernetes/client.ts";
import { ClusterError, isForbidden } from "../kubernetes/errors.ts";
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
import { readKubeconfigAuthority, readProvided } from "./certificateFiles.ts";
import { ClusterReader } from "./clusterReader.ts";
import { readPeerDocument } from "./contractDocuments.ts";
import { readDeckhousePeer } from "./deckhouseDocuments.ts";
import { readExistingObjects } from "./existingObjects.ts";
import { readInstalledIstio } from "./installedIstio.ts";
import {
  readDestinationRules,
  readIstiod,
  readPeerAuthentications,
  readPolicies,
  readServiceEntries,
} from "./istioObjects.ts";
import { readOwnObjects } from "./ownObjects.ts";
import { readRevisions } from "./revisions.ts";
import { readServerSecret } from "./serverSecret.ts";
import { readAllServices, readServices } from "./services.ts";
import { hasTraffic, readTraffic } from "./traffic.ts";
import { readContractStack, readOwnOutputs, readPeerStack, readSharedRoot, readState } from "./stacks.ts";

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
type Peers = Readonly<Record<string, Reading<ContractReading>>>;

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

async function readPeers({ peers }: StackConfig, outputs: Promise<Outputs>): Promise<Peers> {
  const readings = Object.entries(peers).map(
    async ([peer, settings]) => [peer, await readPeer(peer, peers, settings, outputs)] as const,
  );
  return sortedRecord(await Promise.all(readings));
}

async function readPeer(
  peer: string,
  peers: StackConfig["peers"],
  settings: PeerConfig,
  outputs: Promise<Outputs>,
): Promise<Reading<ContractReading>> {
  const { stack, deckhouse } = settings;
  const path = pathOf("peers", peer);
  if (stack !== undefined) return readPeerStack(peer, stack);
  if (deckhouse === undefined) return readPeerDocument(settings, path);
  const own = await outputs;
  const last = lastDeckhouse("value" in own ? own.value : {});
  const known = {
    config: deckhouse,
    pinned: ownValue(last.pinned, peer)?.deckhouse,
    others: otherDeckhouseMarks(peer, peers, last),
  };
  return readDeckhousePeer(deckhouse, known, last.deckhouse, path);
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

/** Further input of the reading of Helm's releases. */
interface HelmContext {
  config: StackConfig;
  outputs: Promise<Outputs>;
  state: () => ReturnType<typeof readState>;
  existing: Promise<ClusterReadings["existing"]>;
  revisions: Promise<ClusterReadings["revisions"]>;
}

/** The state is large: it is read only where an interrupted first update can have left a release behind. */
async function readHelm(
  client: ClusterClient,
  { config, outputs, state, existing, revisions }: HelmContext,
): Promise<HelmReadings> {
  const usual = releasesOf(config);
  const releases = config.publish === undefined ? usual : [...usual, PUBLISH_RELEASE];
  const installed = await readHelmReleases(client, releases);
  const has = (wanted: ReleaseName): boolean => installed.some(({ name }) => name === wanted.name);
  const unownedCrds =
    has(BASE_RELEASE) || !usual.includes(BASE_RELEASE)
      ? []
      : await readUnownedCrds(client, BASE_RELEASE).catch(orElse<string[]>([]));
  const own = await outputs;
  const missing = usual.filter((release) => !has(release));
  const unowned = await readUnownedObjects(client, config, missing, () =>
    namespacesThere(usual, own, existing),
  );
  const readings = { installed, unownedCrds, unowned };
  if (installed.length === 0) return { ...readings, inState: [] };
  const others = await revisions;
  // The gateway that serves documents and another revision may come with a later update.
  const isKnown =
    hasUpdated(own) &&
    (!has(PUBLISH_RELEASE) || lastObjectsIn(own.value).publication !== undefined) &&
    config.istio.former === undefined &&
    (!("value" in others) || others.value.removed.length === 0);
  return { ...readings, inState: isKnown ? releases : (await state())?.releases };
}

/** Namespaces of the releases that are in the cluster: before the first update, those that were looked for. */
async function namespacesThere(
  releases: readonly ReleaseName[],
  own: Outputs,
  existing: Promise<ClusterReadings["existing"]>,
) {
  if (hasUpdated(own)) return releases.map(({ namespace }) => namespace);
  const reading = await existing;
  const found = "value" in reading ? reading.value.found : [];
  return found.filter(({ kind }) => kind === "Namespace").map(({ name }) => name);
}

/** Whether an update installed Istio: a cluster that waits for its certificate has outputs, and no Istio yet. */
function hasUpdated(own: Outputs): own is Extract<Outputs, { value: unknown }> {
  return "value" in own && own.value["federation"] !== undefined;
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
        client.list<LeftoverObject>(kind, options).catch(orElse<LeftoverObject[]>([])),
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
      readCorefile(client, { namespace, configMap: NODE_LOCAL }).catch(orElse(undefined)),
    ]);
    return { coreDns: coreDns.corefile, nodeLocal: nodeLocal?.corefile, metadata: coreDns.metadata };
  });
}

/** Returns a handler that replaces a missing right (403) by a value. */
function orElse<T>(otherwise: T): (error: unknown) => T {
  return (error) => {
    if (isForbidden(error)) return otherwise;
    throw error;
  };
}

async function readMesh(
  config: StackConfig,
  { apiServer }: SingleMesh,
  peers: Promise<Peers>,
): Promise<MeshReadings> {
  const kubeconfigAuthority = await readKubeconfigAuthority(config.kubeconfig);
  const own = resolveApiServer(
    apiServer,
    "value" in kubeconfigAuthority ? kubeconfigAuthority.value : undefined,
  );
  const [ownAccess, accessFailures] = await Promise.all([
    "rule" in own ? undefined : probe("this cluster", own),
    peers.then((readings) => probePeers(config, readings)),
  ]);
  return { kubeconfigAuthority, ownAccess, accessFailures };
}

/** Requests only API servers at addresses that may be taken from a peer. */
async function probePeers(
  { cluster, allowGatewayAddresses }: StackConfig,
  peers: Peers,
): Promise<Record<string, AccessFailure>> {
  const local = { clusterDomain: cluster.domain, allowGatewayAddresses };
  const failures = await Promise.all(
    Object.entries(peers).map(async ([peer, reading]) => {
      const output = "value" in reading ? reading.value.access : undefined;
      const access = readAccess(output, cluster.name, local);
      if (access === undefined || "faults" in access) return [];
      const failure = await probe(`peer ${peer}`, access);
      return failure === undefined ? [] : [[peer, failure] as const];
    }),
  );
  return Object.fromEntries(failures.flat());
}

async function probe(
  where: string,
  access: Parameters<typeof probeAccess>[1],
): Promise<AccessFailure | undefined> {
  try {
    await probeAccess(where, access, PROBE_DEADLINE);
    return undefined;
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    const { status, cause, unreachable = false, untrusted = false, retryable = false } = error.failure;
    return { status, cause, unreachable: unreachable || untrusted, passing: retryable };
  }
}
