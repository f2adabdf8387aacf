import * as z from "zod";
import { type ExportRule, GATEWAY_MODES } from "../exports/exportRule.ts";
import { NAME_TEMPLATE } from "../imports/extraName.ts";
import { DNS_LABEL, LABEL_KEY } from "../hostname.ts";
import { NAME_PATTERN } from "../namePattern.ts";
import { isPort } from "../port.ts";
import { type Complaint, checked, fields, text } from "../schema.ts";
import { callerFields } from "./callers.ts";
import { labelSelector } from "./labelSelector.ts";
import { anyNumber, oneOrSeveral, several } from "./oneOrSeveral.ts";

/** A Service's port by its name or number; which of the two it is shows when it is looked for. */
const port = z.preprocess(
  (value) => (typeof value === "number" ? String(value) : value),
  text({
    test: (value) => DNS_LABEL.test(value) && (!/^\d+$/.test(value) || isPort(Number(value))),
    rule: "must be a port's name (a DNS-1123 label), or its number from 1 to 65535",
    remedy: "Write what the Service has",
  }),
);

const rule = checked(
  fields({
    namespace: oneOrSeveral(text(NAME_PATTERN)).exactOptional(),
    namespaceSelector: labelSelector.exactOptional(),
    service: oneOrSeveral(text(NAME_PATTERN)).exactOptional(),
    selector: labelSelector.exactOptional(),
    ports: several(port).exactOptional(),
    // Whether they are peers at all is judged in view of the config's `peers`.
    peers: anyNumber(z.string()).exactOptional(),
    labels: several(text(LABEL_KEY)).exactOptional(),
    // In which domains it may lie is judged in view of the config's `cluster`.
    as: text(NAME_TEMPLATE).exactOptional(),
    // Whether the topology has it is judged likewise.
    gateway: z.enum(GATEWAY_MODES).exactOptional(),
    // Which peers they name is judged likewise.
    ...callerFields,
  }),
  ({ service, selector: labels }): Complaint[] => {
    if (labels !== undefined || service !== undefined) return [];
    const remedy =
      "Write { namespace, service } for Services by name ('*' stands for any), or { selector } for those with certain labels";
    return [{ rule: "does not say what to export", remedy }];
  },
).transform(({ namespace, service, ...rest }): ExportRule => ({
  ...(namespace === undefined ? {} : { namespaces: namespace }),
  ...(service === undefined ? {} : { services: service }),
  ...rest,
}));

/** Which Services are offered to peers; the peers are checked in `judgeExportPeers`. */
export const exportRules = checked(z.array(rule), (value): Complaint[] => {
  const seen = new Set<string>();
  return value.flatMap((entry: ExportRule | undefined, index) => {
    const key = JSON.stringify(entry);
    if (entry === undefined || !seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [{ path: [index], rule: "is there twice", remedy: "Remove one of the two" }];
  });
});
