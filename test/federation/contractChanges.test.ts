import assert from "node:assert/strict";
import fc from "fast-check";
import { readContract, type Contract } from "../../federation/contract/contract.ts";
import { contractChanges, type SignedContract } from "../../federation/contractChanges.ts";
import { contractService } from "./arbitraries.ts";
import { NOW } from "./planContext.ts";
import { BAR, ROOT_B, ROOT_C, barService, contractOf } from "./samples.ts";
import { validSignature } from "./signers.ts";

type Changes = Parameters<typeof contractOf>[0];
const A = "cluster-a.local/cluster-a";
const GATEWAY = { address: "203.0.113.20", port: 15443 };
const ports = [...barService.ports, { number: 9090, name: "grpc", protocol: "GRPC" as const }];
const of = (services: Contract["services"]): Changes => ({ services });
const bar = (changes: object): Changes => of({ [BAR]: { ...barService, ...changes } });

function checked(changes: Changes): SignedContract {
  const published = contractOf(changes);
  return { ...readContract(published, "contract"), signature: validSignature(published) };
}

/** Lines of a change from one contract to the next revision of it. */
function changesOf(before: Changes, after: Changes, reader?: string): string[] {
  return contractChanges(checked(before), checked({ revision: 2, ...after }), reader, NOW).map(
    ({ effect, path, text }) => `${effect}: ${path} ${text}`,
  );
}

const PLACE = `services["${BAR}"]`;

describe("A changed contract", () => {
  const cases: [string, Changes, Changes, (string | RegExp)[], string?][] = [
    ["does nothing where it is the same", {}, { revision: 1 }, []],
    ["breaks the readers of a removed service", {}, of({}), [`breaking: ${PLACE} is not exported any more`]],
    ["breaks the readers of a removed port", bar({ ports }), {}, [`breaking: ${PLACE} loses port 9090`]],
    [
      "breaks the readers of another protocol",
      {},
      bar({ ports: [{ number: 8080, name: "http", protocol: "TCP" }] }),
      [`breaking: ${PLACE} has TCP at port 8080 instead of HTTP`],
    ],
    [
      "breaks a reader that is taken off",
      bar({ peers: [A, "c.local/c"] }),
      bar({ peers: ["c.local/c"] }),
      [`breaking: ${PLACE} is not offered to ${A} any more`],
    ],
    [
      "breaks all but the readers that it names from now on",
      {},
      bar({ peers: [A] }),
      [`breaking: ${PLACE} is not offered to any other cluster any more`],
    ],
    ["does nothing to a reader that stays", bar({ peers: [A, "c.local/c"] }), bar({ peers: [A] }), [], A],
    ["does nothing to a reader to whom it was not offered", bar({ peers: ["c.local/c"] }), of({}), [], A],
    [
      "breaks the readers of a service that is not valid any more",
      {},
      bar({ subjectAltNames: [] }),
      [/^breaking: services.*subjectAltNames is not valid, so no reader takes it/, /not exported any more/],
    ],
    [
      "interrupts calls to workloads of another identity",
      {},
      bar({ subjectAltNames: ["spiffe://cluster-b.local/ns/xyz/sa/other"] }),
      [
        /^interrupting: .* identities that readers refuse until then: spiffe:\/\/cluster-b.local\/ns\/xyz\/sa\/other$/,
      ],
    ],
    [
      "interrupts calls that the gateway terminates",
      {},
      bar({ terminated: true }),
      [/^interrupting: .*terminated/],
    ],
    [
      "interrupts calls while no gateway has an address",
      {},
      { gateways: [] },
      [/^interrupting: gateways has no address any more/],
    ],
    [
      "interrupts calls where every gateway is another",
      {},
      { gateways: [{ ...GATEWAY, address: "203.0.113.21" }] },
      ["interrupting: gateways changes: - 203.0.113.20:15443, + 203.0.113.21:15443"],
    ],
    [
      "only adds a gateway",
      {},
      { gateways: [GATEWAY, { ...GATEWAY, address: "203.0.113.21" }] },
      [/^compatible: gateways changes: \+ 203/],
    ],
    ["only adds a service", of({}), {}, [`compatible: ${PLACE} is new`]],
    ["only adds a port", {}, bar({ ports }), [`compatible: ${PLACE} has 1 more port(s): 9090`]],
    ["only changes labels", {}, bar({ labels: { tier: "gold" } }), [/^compatible: .*other labels/]],
    ["is refused under another name", {}, { cluster: "b2" }, [/^refused: cluster is not 'cluster-b'/]],
    ["is refused with another root", {}, { rootCertificates: [ROOT_C] }, [/^refused: rootCertificates/]],
    [
      "is refused with a further root that nobody accepted",
      {},
      { rootCertificates: [ROOT_B, ROOT_C] },
      [/^refused: rootCertificates/],
    ],
    [
      "is refused of another topology",
      {},
      { topology: "replicated" },
      ["refused: topology changes from federation to replicated"],
    ],
    [
      "is refused with a lower revision",
      { revision: 3 },
      { revision: 2 },
      [/^refused: revision is lower than 3/],
    ],
    [
      "is refused with other content under one revision",
      {},
      { ...of({}), revision: 1 },
      [/^refused: revision is that of/, /^breaking/],
    ],
  ];
  for (const [title, before, after, expected, reader] of cases)
    it(title, () => {
      const lines = changesOf(before, after, reader);
      assert.equal(lines.length, expected.length, lines.join("\n"));
      for (const [index, each] of expected.entries())
        if (typeof each === "string") assert.equal(lines[index], each);
        else assert.match(lines[index]!, each);
    });

  it("breaks nobody to whom nothing is taken, whatever the service: it may only be offered to more, at more ports", () => {
    fc.assert(
      fc.property(contractService(), (service) => {
        const { peers: _, ...wider } = { ...service, peers: undefined };
        const lines = changesOf(of({ [BAR]: service }), of({ [BAR]: wider }));
        assert.deepEqual(
          lines.filter((line) => line.startsWith("breaking")),
          [],
        );
      }),
    );
  });
});
