import { TLS_MODE_LABEL } from "../core/labels.ts";
import { sortedNumbers } from "../core/order.ts";
import { quote } from "../core/text.ts";

/** Ports that a setting of a Pod's sidecar lists. */
export interface PortSetting {
  ports: readonly number[];
  /** The setting as its owner writes it, e.g. `traffic.sidecar.istio.io/excludeInboundPorts: "8080"`. */
  by: string;
}

/** Inbound capture of a Pod: calls to which ports reach the sidecar before the container. */
export interface InboundCapture {
  /** Setting that takes the sidecar out of the way of all calls, as its owner writes it; undefined without one. */
  bypass: string | undefined;
  /** Captured ports; undefined for all ports. */
  included: PortSetting | undefined;
  /** Ports that are not captured; without effect where {@link included} lists some, as in Istio. */
  excluded: PortSetting | undefined;
}

/** Capture of all ports: Istio's default. */
export const CAPTURES_ALL: InboundCapture = { bypass: undefined, included: undefined, excluded: undefined };

/** Fields of a Pod from which {@link parseInboundCapture} finds the capture. */
export interface CaptureFields {
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** Names of all containers; empty where none is known. */
  containers: readonly string[];
  /** Arguments of `istio-init`, or of `istio-validation` with Istio's CNI plugin; empty without either. */
  initArguments: readonly string[];
  /** Environment of the container `istio-proxy`. */
  proxyEnvironment: Readonly<Record<string, string>>;
}

/**
 * Ports of the sidecar itself, which it never captures: HBONE, merged metrics, health and Envoy's metrics. A call to one never reaches a
 * container of the application.
 */
const SIDECAR_PORTS: readonly number[] = [15_008, 15_020, 15_021, 15_090];

/** Interface of a Pod's own address: container runtimes give it this name. */
const POD_INTERFACE = "eth0";

const INTERCEPTION_ANNOTATION = "sidecar.istio.io/interceptionMode";
const PROXY_CONFIG_ANNOTATION = "proxy.istio.io/config";
const TRAFFIC = "traffic.sidecar.istio.io";

/** Settings of `istio-init`: the argument, the annotation that overrides the mesh's default, and the Helm value of that default. */
const INCLUDED = {
  flag: "-b",
  annotation: `${TRAFFIC}/includeInboundPorts`,
  value: "global.proxy.includeInboundPorts",
};
const EXCLUDED = {
  flag: "-d",
  annotation: `${TRAFFIC}/excludeInboundPorts`,
  value: "global.proxy.excludeInboundPorts",
};
/** Interfaces whose calls the sidecar does not see, or takes for outbound ones. */
const INTERFACES = [
  { flag: "-c", annotation: `${TRAFFIC}/excludeInterfaces` },
  { flag: "-k", annotation: "istio.io/reroute-virtual-interfaces" },
  { flag: "-k", annotation: `${TRAFFIC}/kubevirtInterfaces` },
];

/**
 * Parses the inbound capture of a Pod. Arguments of `istio-init` show what was injected, with the mesh's defaults; Istio's CNI plugin reads
 * the annotations. Where both are there and differ, a port counts as captured only by both.
 */
export function parseInboundCapture(fields: CaptureFields): InboundCapture {
  const { annotations, initArguments } = fields;
  const included = settingOf(INCLUDED, annotations, initArguments).filter(({ text }) => text !== "*");
  const excluded = settingOf(EXCLUDED, annotations, initArguments);
  const capture = {
    bypass: bypassOf(fields) ?? excluded.find(({ text }) => text === "*")?.by,
    included: joined(included, sharedPorts),
    excluded: joined(excluded, (lists) => sortedNumbers(lists.flat().filter((port) => !isSidecarPort(port)))),
  };
  const excludes = capture.excluded?.ports.length !== 0;
  return { ...capture, excluded: excludes ? capture.excluded : undefined };
}

/** Whether a port is one of the sidecar's own. */
export function isSidecarPort(port: number): boolean {
  return SIDECAR_PORTS.includes(port);
}

/** Finds the setting by which calls to a port reach the container past the sidecar; undefined where the sidecar captures it. */
export function bypassAt({ bypass, included, excluded }: InboundCapture, port: number): string | undefined {
  if (bypass !== undefined) return bypass;
  if (included !== undefined) return included.ports.includes(port) ? undefined : included.by;
  return excluded?.ports.includes(port) === true ? excluded.by : undefined;
}

/** A setting as written. */
interface WrittenSetting {
  text: string;
  by: string;
}

/** Returns the values of a setting by the annotation and by the argument, where they are given. */
function settingOf(
  { flag, annotation, value }: typeof INCLUDED,
  annotations: CaptureFields["annotations"],
  initArguments: readonly string[],
): WrittenSetting[] {
  const written = annotations[annotation];
  const argument = argumentOf(initArguments, flag);
  const by = written === undefined ? value : annotation;
  return [
    ...(written === undefined ? [] : [{ text: written.trim(), by: `${annotation}: ${quote(written)}` }]),
    ...(argument === undefined
      ? []
      : [{ text: argument.trim(), by: `${by}: ${quote(written ?? argument)}` }]),
  ];
}

function argumentOf(initArguments: readonly string[], flag: string): string | undefined {
  const place = initArguments.indexOf(flag);
  return place < 0 ? undefined : initArguments[place + 1];
}

function joined(
  settings: readonly WrittenSetting[],
  join: (lists: readonly number[][]) => number[],
): PortSetting | undefined {
  const [first] = settings;
  if (first === undefined) return undefined;
  return { ports: join(settings.map(({ text }) => portsIn(text))), by: first.by };
}

function sharedPorts(lists: readonly number[][]): number[] {
  const [first = [], ...others] = lists;
  return sortedNumbers(first.filter((port) => others.every((list) => list.includes(port))));
}

function portsIn(text: string): number[] {
  return listIn(text).map(Number).filter(Number.isInteger);
}

function listIn(text: string): string[] {
  return text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

/** Finds the setting that takes the sidecar out of the way of all calls. */
function bypassOf({
  labels,
  annotations,
  containers,
  initArguments,
  proxyEnvironment,
}: CaptureFields): string | undefined {
  const mode = proxyEnvironment["ISTIO_META_INTERCEPTION_MODE"] ?? annotations[INTERCEPTION_ANNOTATION];
  if (mode === "NONE" || annotations[INTERCEPTION_ANNOTATION] === "NONE")
    return `${INTERCEPTION_ANNOTATION}: NONE`;
  if (/\binterceptionMode\b["']?\s*:\s*["']?NONE\b/.test(annotations[PROXY_CONFIG_ANNOTATION] ?? ""))
    return `interceptionMode: NONE in ${PROXY_CONFIG_ANNOTATION}`;
  // Agent without Envoy: gRPC without proxies, or set by hand.
  if (["1", "t", "T", "true", "TRUE", "True"].includes(proxyEnvironment["DISABLE_ENVOY"] ?? ""))
    return "DISABLE_ENVOY: true";
  const isLabelled = Object.hasOwn(labels, TLS_MODE_LABEL) && labels[TLS_MODE_LABEL] === "istio";
  if (isLabelled && containers.length > 0 && !containers.includes("istio-proxy"))
    return `label ${TLS_MODE_LABEL}: istio without a container istio-proxy`;
  const other = INTERFACES.find(({ flag, annotation }) =>
    [annotations[annotation], argumentOf(initArguments, flag)].some(
      (text) => text !== undefined && listIn(text).includes(POD_INTERFACE),
    ),
  );
  return other && `${other.annotation}: ${POD_INTERFACE}`;
}
