import { type TextRule, pattern } from "./schema.ts";

/** Longest DNS name that Kubernetes takes as the name of an object. */
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

/** Name of a Service: Kubernetes' DNS-1035 label, which begins with a letter. */
export const SERVICE_NAME: TextRule = pattern(
  /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/,
  63,
  "must be the name of a Service: lower-case letters, digits and '-', a letter first and no '-' last, at most 63 characters",
  "Choose such a name",
);

/** Name of most kinds of Kubernetes objects, ServiceAccounts among them: unlike in a DNS name, what is between dots may be as long as all. */
export const OBJECT_NAME: TextRule = pattern(
  /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/,
  NAME_LIMIT,
  "must be a Kubernetes object's name: lower-case letters, digits, '-' and '.', a letter or digit at both ends, at most 253 characters",
  "Choose such a name",
);

/**
 * A host or domain name that Kubernetes and Istio both take: DNS-1123 labels of at most 63 characters, 253 in all. A last
 * label that a resolver may read as a number is refused (`127.1`, `0x7f000001`): such a name is an address in disguise.
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

/** An Istio network's name: it becomes the value of the label `topology.istio.io/network`. */
export const NETWORK: TextRule = {
  ...LABEL_VALUE,
  test: (text) => text !== "" && LABEL_VALUE.test(text),
  remedy: "Choose such a name, or leave it out to take the cluster's",
};

/** Whether `host` lies strictly below `domain`. Both must be valid names: no case folding is done. */
export function isBelow(host: string, domain: string): boolean {
  return host.endsWith(`.${domain}`);
}

/** The domains that strictly hold a host or domain name, the nearest first. */
export function parentDomains(name: string): string[] {
  const labels = name.split(".");
  return labels.slice(1).map((_, index) => labels.slice(index + 1).join("."));
}

/** Whether two domains are the same, or one holds the other. */
export function overlap(one: string, other: string): boolean {
  return one === other || isBelow(one, other) || isBelow(other, one);
}
/** Name of a namespace or a Service, in which each `*` stands for any characters, or none. */
export const NAME_PATTERN: TextRule = {
  test: (text) => text.length <= PATTERN_LIMIT && DNS_LABEL.test(text.replace(/\*+/g, "a")),
  rule: "must be a DNS-1123 label (lower-case letters, digits and '-', a letter or digit at both ends, at most 63 characters), maybe with '*' for any part of it",
  remedy: "Write such a name, or a part of one with '*'",
};

/** More than a DNS label, as many `*` may stand for nothing. */
const PATTERN_LIMIT = 100;

/** Whether a text matches a template: `*` stands for any characters or none, everything else for itself. */
export function matchesPattern(template: string, text: string): boolean {
  const [head = "", ...rest] = template.split("*");
  const tail = rest.pop();
  if (tail === undefined) return text === template;
  if (!text.startsWith(head) || text.length < head.length + tail.length || !text.endsWith(tail)) return false;
  // The first place of each part is as good as any: a regular expression would try them all.
  const end = text.length - tail.length;
  let from = head.length;
  for (const part of rest) {
    const found = text.indexOf(part, from);
    if (found < 0 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}

/** Whether any template matches a text; no list at all matches every text. */
export function matchesAny(templates: readonly string[] | undefined, text: string): boolean {
  return templates === undefined || templates.some((template) => matchesPattern(template, text));
}

/** Whether a template matches one text only: itself. */
export function isName(template: string): boolean {
  return !template.includes("*");
}

/** What Pulumi takes as the name of an organization, project or stack. */
const PART = "[A-Za-z0-9_.-]{1,100}";

/** Two parts are refused: the CLI reads `a/b` as organization and stack, a stack reference as project and stack. */
export const STACK_NAME: TextRule = pattern(
  new RegExp(`^(?:${PART}/${PART}/)?${PART}$`),
  302,
  "must be a stack's name: bare for a stack of this project, else organization/project/stack",
  "Write one or all three parts ('organization' is literal for a state backend of one's own)",
);
