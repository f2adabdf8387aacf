import { type TextRule, pattern } from "./schema.ts";

/** Longest DNS name that Kubernetes accepts as the name of an object. */
const NAME_LIMIT = 253;
const LABEL_LIMIT = 63;
const LABEL = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
const NAME = new RegExp(`^(?:${LABEL}\\.)*${LABEL}$`);
const QUALIFIED_NAME = "[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?";

/** Name of a cluster, namespace, Service or port: Kubernetes' DNS-1123 label. */
export const DNS_LABEL: TextRule = pattern(
  new RegExp(`^${LABEL}$`),
  LABEL_LIMIT,
  "must be a DNS-1123 label: lower-case letters, digits and '-', a letter or digit at both ends, at most 63 characters",
  "Choose such a name",
);

/** UUID of a Deckhouse cluster. */
export const CLUSTER_UUID: TextRule = pattern(
  /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  36,
  "must be a UUID: 32 hexadecimal digits in lower case, in five groups with '-' between them",
  "Copy it from the cluster's public document (clusterUUID)",
);

/** Name of a Service: Kubernetes' DNS-1035 label, which begins with a letter. */
export const SERVICE_NAME: TextRule = pattern(
  /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/,
  63,
  "must be the name of a Service: lower-case letters, digits and '-', a letter first and no '-' last, at most 63 characters",
  "Choose such a name",
);

/** Name of most kinds of Kubernetes objects, such as ServiceAccounts; unlike in a DNS name, a label may have 253 characters. */
export const OBJECT_NAME: TextRule = pattern(
  /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/,
  NAME_LIMIT,
  "must be a Kubernetes object's name: lower-case letters, digits, '-' and '.', a letter or digit at both ends, at most 253 characters",
  "Choose such a name",
);

/**
 * Host or domain name that Kubernetes and Istio both accept: DNS-1123 labels of at most 63 characters, 253 in all. A last label that a
 * resolver may read as a number is refused (`127.1`, `0x7f000001`): such a name is an address.
 */
export const HOST_NAME: TextRule = {
  test: (text) => text.length <= NAME_LIMIT && NAME.test(text) && !endsInNumber(text),
  rule: "must be a DNS name: DNS-1123 labels joined by '.', the last one not a number, at most 253 characters",
  remedy: "Write such a name, in lower case and without a final '.'",
};

function endsInNumber(text: string): boolean {
  return /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(text);
}

/** Key of a Kubernetes label or annotation: `[DNS name/]name`. */
export const LABEL_KEY: TextRule = pattern(
  new RegExp(`^(?=[^/]{1,253}/|[^/]*$)(?:(?:${LABEL}\\.)*${LABEL}/)?${QUALIFIED_NAME}$`),
  NAME_LIMIT + 1 + LABEL_LIMIT,
  "must be a Kubernetes label key: an optional DNS name and '/', then up to 63 letters, digits, '-', '_', '.'",
  "Correct the key",
);

/** Value of a Kubernetes label; may be empty. */
export const LABEL_VALUE: TextRule = pattern(
  new RegExp(`^(?:${QUALIFIED_NAME})?$`),
  LABEL_LIMIT,
  "must be a Kubernetes label value: up to 63 letters, digits, '-', '_', '.', a letter or digit at both ends",
  "Correct the value",
);

/** Name of an Istio network: value of the label `topology.istio.io/network`. */
export const NETWORK: TextRule = {
  ...LABEL_VALUE,
  test: (text) => text !== "" && LABEL_VALUE.test(text),
  remedy: "Choose such a name, or remove it: the default is the cluster's name",
};

/** Whether `host` is a proper subdomain of `domain`; both must be valid names in lower case. */
export function isBelow(host: string, domain: string): boolean {
  return host.endsWith(`.${domain}`);
}

/** Returns the parent domains of a name, the nearest first. */
export function parentDomains(name: string): string[] {
  const labels = name.split(".");
  return labels.slice(1).map((_, index) => labels.slice(index + 1).join("."));
}

/** Whether two domains are equal, or one contains the other. */
export function overlap(one: string, other: string): boolean {
  return one === other || isBelow(one, other) || isBelow(other, one);
}

/** Name of a namespace or a Service, in which each `*` matches any characters, or none. */
export const NAME_PATTERN: TextRule = {
  test: (text) => text.length <= PATTERN_LIMIT && DNS_LABEL.test(text.replace(/\*+/g, "a")),
  rule: "must be a DNS-1123 label (lower-case letters, digits and '-', a letter or digit at both ends, at most 63 characters), in which '*' matches any characters",
  remedy: "Write such a name, or a part of one with '*'",
};

/** Longest pattern; longer than a DNS label, as each `*` may match nothing. */
const PATTERN_LIMIT = 100;

/** Whether a text matches a template, in which `*` matches any characters or none. */
export function matchesPattern(template: string, text: string): boolean {
  const [head = "", ...rest] = template.split("*");
  const tail = rest.pop();
  if (tail === undefined) return text === template;
  if (!text.startsWith(head) || text.length < head.length + tail.length || !text.endsWith(tail)) return false;
  // The first place of each part suffices: a regular expression would try them all.
  const end = text.length - tail.length;
  let from = head.length;
  for (const part of rest) {
    const found = text.indexOf(part, from);
    if (found < 0 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}

/** Whether any template matches a text; an undefined list matches every text. */
export function matchesAny(templates: readonly string[] | undefined, text: string): boolean {
  return templates === undefined || templates.some((template) => matchesPattern(template, text));
}

/** Whether a template has no `*`, and so matches only itself. */
export function isName(template: string): boolean {
  return !template.includes("*");
}

/** Pattern of the name of a Pulumi organization, project or stack. */
const PART = "[A-Za-z0-9_.-]{1,100}";

/** Name of a Pulumi stack; two parts are refused, as the CLI and stack references read them differently. */
export const STACK_NAME: TextRule = pattern(
  new RegExp(`^(?:${PART}/${PART}/)?${PART}$`),
  302,
  "must be a stack's name: bare for a stack of this project, else organization/project/stack",
  "Write one or all three parts ('organization' is literal for a state backend of one's own)",
);

/** Namespaces that see an imported service, as in Istio's `exportTo`; without `~` (none), which would hide the import. */
export const EXPORT_TO: TextRule = {
  test: (value) => value === "*" || value === "." || DNS_LABEL.test(value),
  rule: "must be a namespace, '.' (the entry's own) or '*' (all)",
  remedy: "Correct the peer's exportTo",
};
