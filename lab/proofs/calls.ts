import { readUntil } from "../ready.ts";
import { callService } from "../workloads/call.ts";
import { whoAnswers } from "./gateway.ts";
import { hostOf, identityOf, nameOf, serversOf, type Party, type Proof } from "./proof.ts";

/** Time for new configuration to reach the sidecars and the gateway. */
const PROPAGATION_SECONDS = 30;

/** Node's errors for a connection that the other side closed, before or after it had read the request. */
const CLOSED = /socket hang up|ECONNRESET/;

/**
 * A caller's request is answered by this very workload, or another one behind its Service, which sees the caller's identity.
 *
 * @param host called name. Default: the Service's own name in its cluster.
 */
export function allowedCall(from: Party, to: Party, claim: string, host = hostOf(to)): Proof {
  const expected = identityOf(from);
  const servers = serversOf(to);
  return {
    claim,
    caller: nameOf(from),
    callee: host,
    run: async () => {
      const call = () => callService(from, host, to.port);
      await readUntil(call, ({ status }) => status === 200, PROPAGATION_SECONDS);
      // The first call opened the connections; the second one is what callers get from then on.
      const { status, identity, server, latencyMs, error = "", body } = await call();
      const answer =
        identity === undefined ? body.trim().slice(0, 200) : `as ${identity} from ${server ?? "elsewhere"}`;
      return {
        passed: status === 200 && identity === expected && servers.includes(server ?? ""),
        status: String(status),
        latencyMs,
        identity,
        reason: `expected 200 as ${expected} from ${servers.join(" or ")}, got ${status} ${error} ${answer}`,
      };
    },
  };
}

/**
 * Plain text is refused by an endpoint that answers mutual TLS for this workload.
 *
 * @param endpoint `address:port` that the request is sent to past the caller's sidecar.
 * @param listener what listens there: `the sidecar`, `the gateway`.
 */
export function plaintextRefused(from: Party, to: Party, endpoint: string, listener: string): Proof {
  return {
    claim: `plain text is refused by ${listener}`,
    caller: `${nameOf(from)}, plain text`,
    callee: `${listener} of ${nameOf(to)}`,
    run: async () => {
      const call = await callService(from, hostOf(to), to.port, { via: endpoint });
      const { status, error = "", identity = "" } = call;
      const answer = await whoAnswers(endpoint, hostOf(to), to.port);
      // A closed connection proves more than an error page: nothing behind the listener has seen the request.
      const passed = status === 0 && CLOSED.test(error) && answer === identityOf(to);
      return {
        passed,
        status: passed ? "refused" : String(status),
        reason: `expected ${endpoint} to close the connection, and to answer TLS as ${identityOf(to)}; got ${status} ${error} ${identity}, and ${answer}`,
      };
    },
  };
}

/**
 * A service that a peer does not export has no name here, and the peer's gateway refuses it by its own name.
 *
 * @param host name that an import would have here.
 * @param offered an exported workload behind the same gateway.
 * @param gateway `address:port`.
 */
export function unofferedRefused(
  from: Party,
  to: Party,
  host: string,
  offered: Party,
  gateway: string,
): Proof {
  return {
    claim: "a service that is not exported has no name at peers, and is refused at the gateway by its own",
    caller: nameOf(from),
    callee: host,
    run: async () => {
      const { status, addresses } = await callService(from, host, to.port);
      const refused = await whoAnswers(gateway, hostOf(to), to.port);
      const known = await whoAnswers(gateway, hostOf(offered), offered.port);
      const passed =
        status !== 200 && addresses.length === 0 && refused === undefined && known === identityOf(offered);
      const seen = `${status}, addresses ${addresses.join(", ")}; behind the gateway answered ${refused}, and for what is exported ${known}`;
      return {
        passed,
        status: passed ? "refused" : String(status),
        reason: `expected no answer, no address, and the gateway to refuse this and only this; got ${seen}`,
      };
    },
  };
}
