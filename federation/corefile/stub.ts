import { isIPv6 } from "node:net";
import { GLOBAL_DOMAIN } from "../topology/globalName.ts";
import { PLAIN, type Surroundings } from "./surroundings.ts";

/** Lines between which our block is. */
export const BEGIN = "# BEGIN istio-federation";
export const END = "# END istio-federation";

/** How an answer of ours begins, which nobody else writes so. */
export const ANSWER = '{{.Name}}{{"\\t30\\tIN\\t';

/** Where CoreDNS listens, unless its Corefile says otherwise. */
export const DNS_PORT = 53;

/**
 * A server block of CoreDNS for global names, in its markers: a client without a sidecar gets this address for each
 * `<name>.<namespace>.global`, whether there is such a service or not, and no address of the other family. All else below that domain,
 * which others have on the internet, is sent on as the block around it does.
 *
 * No word of it has quotes around it: what keeps a Corefile's words and not its quotes leaves a block that CoreDNS can read.
 * @param address IPv4 or IPv6.
 * @param port on which the other blocks listen too.
 */
export function renderStub(
  address: string,
  port: number = DNS_PORT,
  { bind, forward }: Surroundings = PLAIN,
): string {
  const match = `match ^[^.]+\\.[^.]+\\.${GLOBAL_DOMAIN}\\.$`;
  const type = isIPv6(address) ? "AAAA" : "A";
  return `${BEGIN}
${GLOBAL_DOMAIN}:${port} {
${bind}    errors
    cache 30
    template IN ${type} ${GLOBAL_DOMAIN} {
        ${match}
        answer ${ANSWER}${type}\\t${address}"}}
        fallthrough
    }
    template IN ANY ${GLOBAL_DOMAIN} {
        ${match}
        rcode NOERROR
        fallthrough
    }
${forward}}
${END}
`;
}
