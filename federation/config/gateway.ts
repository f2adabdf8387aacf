import * as z from "zod";
import { gatewayValues } from "./istio.ts";
import { ADDRESS, IP_ADDRESS, LOCALITY, canonicalAddress } from "../core/address.ts";
import { LABEL_KEY } from "../core/names.ts";
import { type Complaint, checked, fields, portNumber, text } from "../core/schema.ts";
import { GATEWAY_PORT } from "../core/wellKnown.ts";

/** An hour: more than any load balancer takes, and less than CI waits. */
const LONGEST_TIMEOUT_SECONDS = 3600;

const SERVICE_TYPES = ["LoadBalancer", "NodePort", "ClusterIP"] as const;

const annotations = checked(z.record(z.string(), z.string()), (value): Complaint[] =>
  Object.keys(value)
    .filter((key) => !LABEL_KEY.test(key))
    .map((key) => ({ path: [key], rule: "has a key that is no annotation's", remedy: LABEL_KEY.remedy })),
);

const advertised = fields({
  address: z.string().overwrite(canonicalAddress).pipe(text(ADDRESS)),
  port: portNumber.default(GATEWAY_PORT),
  locality: text(LOCALITY).exactOptional(),
});

const advertise = checked(z.array(advertised), (value): Complaint[] => {
  if (value.length === 0) {
    return [
      {
        rule: "must name at least one address",
        remedy: "Add one, or leave the field out",
        withoutValue: true,
      },
    ];
  }
  const seen = new Set<string>();
  return value.flatMap((entry: Partial<z.output<typeof advertised>> | undefined, index) => {
    const key = JSON.stringify([entry?.address, entry?.port]);
    if (entry?.address === undefined || !seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [{ path: [index], rule: "is there twice", remedy: "Remove one of the two" }];
  });
});

/** The east-west gateway: how it is exposed, and under which addresses. */
export const gateway = checked(
  fields({
    service: fields({
      type: z.enum(SERVICE_TYPES).default("LoadBalancer"),
      annotations: annotations.prefault({}),
    }).prefault({}),
    advertise: advertise.exactOptional(),
    locality: text(LOCALITY).exactOptional(),
    bind: text(IP_ADDRESS).exactOptional(),
    addressTimeoutSeconds: z
      .number()
      .refine((value) => Number.isInteger(value) && value >= 0 && value <= LONGEST_TIMEOUT_SECONDS, {
        error: `must be whole seconds from 0 to ${LONGEST_TIMEOUT_SECONDS}`,
        params: { remedy: "Choose such a number" },
      })
      .default(300),
    values: gatewayValues,
  }),
  ({ service, advertise: addresses }): Complaint[] => {
    const type: unknown = (service as { type?: unknown } | undefined)?.type;
    if (type !== "ClusterIP" || addresses !== undefined) return [];
    const rule = "has no address that a peer could reach, and 'advertise' gives none";
    return [
      { path: ["service", "type"], rule, remedy: "Add 'advertise', or choose LoadBalancer or NodePort" },
    ];
  },
);
