import * as z from "zod";
import { IP_ADDRESS, refuseAddress } from "../address.ts";
import { DNS_LABEL, HOST_NAME } from "../hostname.ts";
import { DNS_PORT } from "../corefile/stub.ts";
import { isGiven } from "./sections.ts";
import { type Complaint, checked, fields, portNumber, text } from "../schema.ts";

/** How clients without a sidecar find global names: a block in the Corefile of this cluster's CoreDNS. */
export interface Dns {
  /** By default as kubeadm has it: `namespace` `kube-system`, `configMap` `coredns`, and `port` 53, where its server blocks listen. */
  coreDns?: { namespace: string; configMap: string; address: string; port: number };
}

const coreDns = checked(
  fields({
    namespace: text(DNS_LABEL).default("kube-system"),
    configMap: text(HOST_NAME).default("coredns"),
    address: text(IP_ADDRESS),
    port: portNumber.default(DNS_PORT),
  }),
  ({ address }): Complaint[] => {
    // Istio's virtual addresses are such too: they lead somewhere in a sidecar only.
    const rule = IP_ADDRESS.test(address) ? refuseAddress(address, []) : undefined;
    if (rule === undefined) return [];
    const remedy = "Write the address of a gateway in this cluster that takes plain traffic for these names";
    return [{ path: ["address"], rule, remedy }];
  },
);

/** The section of global names; an empty one, the project's default, is none. */
export const dns: z.ZodType<Dns | undefined> = z.preprocess(
  (raw) => (isGiven(raw) ? raw : undefined),
  fields({ coreDns: coreDns.exactOptional() }).optional(),
);
