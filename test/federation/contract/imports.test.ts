import assert from "node:assert/strict";
import { readContract } from "../../../federation/contract/contract.ts";
import { foldContract, unfoldContract } from "../../../federation/contract/fold.ts";
import { takenFrom } from "../../../federation/contract/narrowing.ts";
import type { ContractService } from "../../../federation/contract/service.ts";
import { contractOf } from "../samples.ts";

const A = "cluster-a.local/cluster-a";
const HOST = "foo.abc.svc.cluster-a.local";

describe("The imports of a contract", () => {
  const cases: [string, unknown, unknown][] = [
    ["are not known where the contract does not say", undefined, undefined],
    ["are not known where they are no map", [A], undefined],
    ["are none where the map is empty", {}, {}],
    [
      "are sorted, without duplicates",
      { [A]: { [HOST]: ["web", "shop", "web"] } },
      { [A]: { [HOST]: ["shop", "web"] } },
    ],
    ["may be seen everywhere", { [A]: { [HOST]: ["*"] } }, { [A]: { [HOST]: ["*"] } }],
    ["are without clusters that are no identities", { "cluster-a": { [HOST]: ["*"] } }, {}],
    [
      "are without hosts that are no names",
      { [A]: { "<b>x</b>": ["*"], [HOST]: ["*"] } },
      { [A]: { [HOST]: ["*"] } },
    ],
    ["are without namespaces that are no names", { [A]: { [HOST]: ["A B", 1] } }, { [A]: {} }],
    ["are without what is no list", { [A]: { [HOST]: "*" } }, { [A]: {} }],
  ];
  for (const [title, imports, expected] of cases)
    it(title, () => {
      const { contract } = readContract(contractOf({ imports }), "contract of b");
      assert.deepEqual(contract.imports, expected);
    });

  it("are folded beyond 100 hosts, whatever is exported", () => {
    const hosts = Object.fromEntries(
      Array.from({ length: 101 }, (_, index) => [`s${index}.abc.svc.cluster-a.local`, ["*"]]),
    );
    const { contract } = readContract(contractOf({ imports: { [A]: hosts } }), "contract of b");
    const folded: object = foldContract(contract);
    assert.ok(!("imports" in folded));
    assert.deepEqual((folded as typeof contract).services, contract.services);
    assert.match(
      String((folded as { foldedImports?: string }).foldedImports),
      /^101 imported services, sha256 /,
    );
    assert.deepEqual(readContract(folded, "contract of b").contract, contract);
    assert.ok("imports" in (unfoldContract(folded) as object));
  });
});

describe("What a change of a service takes from a cluster", () => {
  const service = (changes: Partial<ContractService> = {}): ContractService => ({
    ports: [
      { number: 8080, name: "http", protocol: "HTTP" },
      { number: 9090, name: "grpc", protocol: "GRPC" },
    ],
    subjectAltNames: ["spiffe://cluster-b.local/ns/xyz/sa/bar"],
    ...changes,
  });
  const cases: [string, ContractService, ContractService | undefined, string[]][] = [
    ["is nothing while it stays", service(), service(), []],
    ["is all of it once it is not exported", service(), undefined, ["is not exported any more"]],
    [
      "is all of it once it is for others",
      service(),
      service({ peers: ["c.local/c"] }),
      [`is not offered to ${A} any more`],
    ],
    ["is nothing where it was for others before", service({ peers: ["c.local/c"] }), undefined, []],
    ["is nothing where it is for more", service({ peers: [A] }), service(), []],
    ["is a port", service(), service({ ports: service().ports.slice(1) }), ["loses port 8080"]],
    [
      "is a protocol",
      service(),
      service({ ports: [{ number: 8080, name: "http", protocol: "TCP" }, ...service().ports.slice(1)] }),
      ["has TCP at port 8080 instead of HTTP"],
    ],
    [
      "is nothing where a port has another name, or is added",
      service({ ports: service().ports.slice(1) }),
      service({ ports: [service().ports[0]!, { number: 9090, name: "api", protocol: "GRPC" }] }),
      [],
    ],
  ];
  for (const [title, before, after, expected] of cases)
    it(title, () => {
      assert.deepEqual(takenFrom(before, after, A), expected);
    });
});
