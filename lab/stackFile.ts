import { createCipheriv, createHash, pbkdf2Sync } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deepmerge } from "deepmerge-ts";
import { parse, stringify } from "yaml";
import type { LabCluster } from "./clusters.ts";
import { CHECKOUT, labPaths, passphraseOf } from "./environment.ts";
import type { RunningLab } from "./lab.ts";
import { GATEWAY_PORT } from "./proofs/gateway.ts";

/** The `config` of a stack file. */
export type StackFileConfig = Record<string, unknown>;

/** Changes a stack's config. */
export type StackFileEdit = (config: StackFileConfig) => void;

interface StackFile {
  encryptionsalt?: string;
  config: StackFileConfig;
}

/** A section of the config that is an object. */
type Section = Record<string, unknown>;

const EXAMPLES = join(CHECKOUT, "stacks");
/** Key of the config that makes a stack a contract stack. */
const CONTRACT_OF = "istio-federation:contractOf";
const EXAMPLE = /^Pulumi\.(.+)\.yaml$/;

/**
 * Writes the lab's Pulumi project: the checkout's program, and the stack files of `stacks/` for the lab's clusters, with the lab's own
 * settings laid over them.
 *
 * @param change a scenario's changes of a stack's config.
 */
export async function writeProject(
  { dir, clusters }: Pick<RunningLab, "dir" | "clusters">,
  change: (stack: string, config: StackFileConfig) => void = () => undefined,
): Promise<void> {
  const { project, stacks } = labPaths(dir);
  const own = parse(await readFile(join(CHECKOUT, "Pulumi.yaml"), "utf8")) as { main: string };
  await writeFile(project, stringify({ ...own, main: join(CHECKOUT, own.main), stackConfigDir: "stacks" }));
  const examples = await readExamples();
  const ofClusters = new Set(
    [...examples].filter(([, config]) => overlay(config, dir, clusters)).map(([stack]) => stack),
  );
  for (const [stack, config] of examples) {
    const source = config[CONTRACT_OF];
    if (!ofClusters.has(typeof source === "string" ? source : stack)) continue;
    change(stack, config);
    const name = `Pulumi.${stack}.yaml`;
    await writeFile(
      join(stacks, name),
      stringify({ encryptionsalt: encryptionSalt(passphraseOf(stack)), config }),
    );
  }
}

/** The configs of the examples, by stack. */
async function readExamples(): Promise<Map<string, StackFileConfig>> {
  const configs = new Map<string, StackFileConfig>();
  for (const name of await readdir(EXAMPLES)) {
    const [, stack] = EXAMPLE.exec(name) ?? [];
    if (stack === undefined) continue;
    configs.set(stack, (parse(await readFile(join(EXAMPLES, name), "utf8")) as StackFile).config);
  }
  return configs;
}

/**
 * Writes an edited copy of a stack's file in the lab.
 *
 * @param folder where to.
 * @returns the copy's path, for `--config-file`.
 */
export async function editStackFile(
  { dir }: Pick<RunningLab, "dir">,
  stack: string,
  folder: string,
  edit: StackFileEdit,
): Promise<string> {
  const name = `Pulumi.${stack}.yaml`;
  const file = parse(await readFile(join(labPaths(dir).stacks, name), "utf8")) as StackFile;
  edit(file.config);
  const path = join(folder, name);
  await writeFile(path, stringify(file));
  return path;
}

/**
 * Returns what Pulumi would write into a new stack's file for a passphrase (sdk/go/common/resource/config/crypt.go), the same each time: the
 * key's salt, and a known text encrypted by AES-256-GCM, by which the passphrase is checked.
 */
function encryptionSalt(passphrase: string): string {
  const digest = createHash("sha256").update(passphrase).digest();
  const [salt, nonce] = [digest.subarray(0, 8), digest.subarray(8, 20)];
  const cipher = createCipheriv("aes-256-gcm", pbkdf2Sync(passphrase, salt, 1_000_000, 32, "sha256"), nonce);
  const known = Buffer.concat([cipher.update("pulumi"), cipher.final(), cipher.getAuthTag()]);
  const [saltText, nonceText, knownText] = [salt, nonce, known].map((bytes) => bytes.toString("base64"));
  return `v1:${saltText}:v1:${nonceText}:${knownText}`;
}

/** Lays the lab's settings over a stack's. @returns false when the stack is of none of the lab's clusters. */
function overlay(config: StackFileConfig, dir: string, clusters: readonly LabCluster[]): boolean {
  const root = config["istio-federation:rootAuthority"] as { clusters: Record<string, Section> } | undefined;
  if (root !== undefined) {
    const known = clusters.filter(({ name }) => root.clusters[name] !== undefined);
    for (const { name, network } of known)
      Object.assign(root.clusters[name] ?? {}, { istiodHosts: [`${network}.0.2`] });
    return known.length > 0;
  }
  if (config[CONTRACT_OF] !== undefined) return false;
  const { name } = config["istio-federation:cluster"] as { name: string };
  const cluster = clusters.find((each) => each.name === name);
  if (cluster === undefined) return false;
  const section = (key: string) => (config[`istio-federation:${key}`] ?? {}) as Section;
  const set = (key: string, value: unknown) => (config[`istio-federation:${key}`] = value);
  const paths = labPaths(dir);
  const path = cluster.owner === undefined ? paths.kubeconfig : paths.guestKubeconfig;
  set("kubeconfig", { path, context: name });
  const charts = { folder: paths.charts };
  const { values = {}, existing } = section("istio");
  set(
    "istio",
    existing === undefined
      ? { charts, values: deepmerge(values, istioValues(`${cluster.network}.0.2`)) }
      : { charts, existing },
  );
  const bind = `${cluster.network}.0.3`;
  set("gateway", {
    // Two gateways share a host, and there is no load balancer.
    bind,
    values: { autoscaling: { enabled: false }, strategy: { type: "Recreate" } },
    // The istiods of a single mesh take the address from the Service.
    ...(config["istio-federation:topology"] === "single-mesh"
      ? { service: { type: "LoadBalancer" } }
      : { service: { type: "ClusterIP" }, advertise: [{ address: bind, port: GATEWAY_PORT }] }),
  });
  if (config["istio-federation:singleMesh"] !== undefined)
    set("singleMesh", {
      ...section("singleMesh"),
      apiServer: { server: `https://${cluster.network}.0.1:6443` },
    });
  set("allowGatewayAddresses", ["127.0.0.0/8"]);
  return true;
}

/** Helm values for an istiod at a fixed address on a machine without kube-proxy and cluster DNS, and for stock Envoy. */
export function istioValues(istiod: string): { base: Section; istiod: Section } {
  const base = { validationURL: `https://${istiod}:15017/validate` };
  return {
    base: { base },
    istiod: {
      base,
      istiodRemote: { injectionURL: `https://${istiod}:15017/inject` },
      global: { caAddress: `${istiod}:15012` },
      meshConfig: { defaultConfig: { discoveryAddress: `${istiod}:15012` } },
      // Stock Envoy has neither istio.stats nor the filters of metadata exchange and ALPN.
      telemetry: { enabled: false },
      env: {
        ISTIOD_CUSTOM_HOST: istiod,
        PILOT_ENABLE_METADATA_EXCHANGE: "false",
        PILOT_DISABLE_MX_ALPN: "true",
        PILOT_ENABLE_ALPN_FILTER: "false",
      },
      autoscaleEnabled: false,
      // The address is fixed: the old Pod has to go first.
      rollingMaxSurge: 0,
      rollingMaxUnavailable: 1,
    },
  };
}
