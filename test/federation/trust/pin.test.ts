import assert from "node:assert/strict";
import type { PeerIdentity } from "../../../federation/config/peers.ts";
import { judgePin } from "../../../federation/trust/pin.ts";
import type { PinnedPeer } from "../../../federation/trust/pinnedPeer.ts";
import { fingerprintOf } from "../../../federation/x509/certificate.ts";
import { ROOT_A, ROOT_B, ROOT_C, contractOf } from "../samples.ts";

const OLD = fingerprintOf(ROOT_B);
const NEW = fingerprintOf(ROOT_A);

const NOW = new Date("2027-01-01T00:00:00Z");

const pinned: PinnedPeer = {
  cluster: "cluster-b",
  clusterDomain: "cluster-b.local",
  trustDomain: "cluster-b.local",
  rootCertificates: [ROOT_B],
};

/** Its faults as `path: rule`. */
function judged(
  changes: Parameters<typeof contractOf>[0],
  last: PinnedPeer | undefined,
  identity?: PeerIdentity,
): { faults: string[]; notes: string[] } {
  const { faults, notes } = judgePin("b", contractOf(changes), NOW, last, identity);
  return { faults: faults.map(({ path, rule }) => `${path}: ${rule}`), notes };
}

describe("A peer's root that is our own too", () => {
  const roots = (identity?: PeerIdentity) => {
    const contract = contractOf({ rootCertificates: [ROOT_A] });
    return judgePin("b", contract, NOW, pinned, identity, [ROOT_A]);
  };

  it("needs nobody's consent: it is trusted already", () => {
    assert.deepEqual(roots(), { faults: [], notes: [`root of b changes: SHA-256 ${OLD} -> ${NEW}`] });
    assert.deepEqual(roots({ roots: [OLD] }).faults, []);
  });

  it("lets no other root pass", () => {
    const both = contractOf({ rootCertificates: [ROOT_A, ROOT_C] });
    const { faults } = judgePin("b", both, NOW, pinned, {}, [ROOT_A]);
    assert.match(faults[0]?.rule ?? "", new RegExp(`-> ${fingerprintOf(ROOT_C)}, which`));
  });
});

describe("A peer's identity", () => {
  it("is pinned, and told, when it is first seen", () => {
    assert.deepEqual(judged({}, undefined), {
      faults: [],
      notes: [`peer b is seen for the first time: its root is pinned, SHA-256 ${OLD}`],
    });
  });

  it("is no matter for words while it stays", () => {
    assert.deepEqual(judged({}, pinned), { faults: [], notes: [] });
    assert.deepEqual(judged({}, pinned, { cluster: "cluster-b", roots: [OLD, NEW] }).notes, []);
  });

  it("fails with old and new root when the root changes, and says how to accept the new one", () => {
    const { faults, notes } = judgePin("b", contractOf({ rootCertificates: [ROOT_A] }), NOW, pinned);
    assert.deepEqual(
      faults.map(({ path, rule }) => `${path}: ${rule}`),
      [
        `rootCertificates: root of b changes: SHA-256 ${OLD} -> ${NEW}, which is not among those pinned when this peer was first imported`,
      ],
    );
    assert.match(
      faults[0]?.remedy ?? "",
      /by another way than this.*`pulumi config set --path 'istio-federation:peers\.b\.identity\.roots\[0\]' /,
    );
    assert.ok(faults[0]?.remedy.includes(NEW));
    assert.deepEqual(notes, []);
  });

  it("may change its root to one that the config names, which a note tells", () => {
    assert.deepEqual(judged({ rootCertificates: [ROOT_A] }, pinned, { roots: [NEW] }), {
      faults: [],
      notes: [`root of b changes: SHA-256 ${OLD} -> ${NEW}`],
    });
  });

  it("is checked at first sight when the config names its roots, name or trust domain", () => {
    const identity = { cluster: "tokyo", trustDomain: "tokyo.local", roots: [NEW] };
    assert.deepEqual(judged({}, undefined, identity).faults, [
      "cluster: is not 'tokyo', which is in the config",
      "trustDomain: is not 'tokyo.local', which is in the config",
      `rootCertificates: root of b is SHA-256 ${OLD}, which is not among those in the config`,
    ]);
  });

  it("fails when its name or trust domain changes, unless the config names the new one", () => {
    const changes = { cluster: "cluster-x", trustDomain: "x.local" };
    assert.deepEqual(judged(changes, pinned).faults, [
      "cluster: is not 'cluster-b', which is pinned since this peer was first imported",
      "trustDomain: is not 'cluster-b.local', which is pinned since this peer was first imported",
    ]);
    assert.equal(judged({ clusterDomain: "x.local" }, pinned).faults.length, 1);
    assert.deepEqual(judged(changes, pinned, changes), {
      faults: [],
      notes: [
        "cluster of b changes: cluster-b -> cluster-x",
        "trustDomain of b changes: cluster-b.local -> x.local",
      ],
    });
  });

  it("has its mesh domain in it: pinned when first published, and held to from then on", () => {
    const published = { meshDomain: "b.mesh" };
    assert.deepEqual(judged(published, pinned), { faults: [], notes: [] });
    const later = { ...pinned, meshDomain: "old.mesh" };
    assert.deepEqual(judged(published, later).faults, [
      "meshDomain: is not 'old.mesh', which is pinned since this peer was first imported",
    ]);
    assert.deepEqual(judged(published, later, published), {
      faults: [],
      notes: ["meshDomain of b changes: old.mesh -> b.mesh"],
    });
    assert.deepEqual(judged(published, undefined, { meshDomain: "x.mesh" }).faults, [
      "meshDomain: is not 'x.mesh', which is in the config",
    ]);
  });

  it("may lack a mesh domain, as older versions publish none, unless the config names one", () => {
    assert.deepEqual(judged({}, { ...pinned, meshDomain: "b.mesh" }), { faults: [], notes: [] });
    assert.deepEqual(judged({}, pinned, { meshDomain: "b.mesh" }).faults, [
      "meshDomain: is missing, and must be 'b.mesh' by the config",
    ]);
  });

  it("has its further domains in it: those of its first sight, and no others without consent", () => {
    const published = { domains: ["pay.example", "shop.example"] };
    const told = "b may have names below further domains: pay.example, shop.example";
    assert.ok(judged(published, undefined).notes.includes(told));
    const strange = (index: number, where: string) =>
      `domains[${index}]: is not among those ${where}: the peer would have names below it here`;
    const since = "pinned since this peer was first imported";
    assert.deepEqual(judged(published, pinned), {
      faults: [strange(0, since), strange(1, since)],
      notes: [],
    });
    const one = { ...pinned, domains: ["pay.example"] };
    assert.deepEqual(judged(published, one).faults, [strange(1, since)]);
    assert.deepEqual(judged(published, one, published), {
      faults: [],
      notes: ["b may have names below further domains: shop.example"],
    });
    for (const last of [undefined, one])
      assert.deepEqual(judged(published, last, { domains: ["pay.example"] }).faults, [
        strange(1, "in the config"),
      ]);
    assert.deepEqual(judged({}, one), { faults: [], notes: ["b owns fewer domains: without pay.example"] });
    const [fault] = judgePin("b", contractOf(published), NOW, one).faults;
    assert.match(fault?.remedy ?? "", /identity\.domains\[0\].* and .*identity\.domains\[1\]/);
  });

  it("is not asked for its name where an older version did not pin it", () => {
    const { cluster, ...older } = pinned;
    assert.equal(cluster, "cluster-b");
    assert.deepEqual(judged({ cluster: "cluster-x" }, older).faults, []);
  });

  it("fails on a further root, unless the stack takes what the old root's cluster announces", () => {
    const both = { rootCertificates: [ROOT_A, ROOT_B] };
    assert.equal(judged(both, pinned).faults.length, 1);
    assert.deepEqual(judged(both, pinned, { acceptAnnouncedRoots: true }), {
      faults: [],
      notes: [`b has a further root: SHA-256 ${NEW}`],
    });
  });

  it("stays as it is once an announced root is taken, also where the config names the first one only", () => {
    const both = { rootCertificates: [ROOT_A, ROOT_B] };
    const taken = { ...pinned, rootCertificates: [ROOT_A, ROOT_B] };
    const identity = { acceptAnnouncedRoots: true, roots: [OLD] };
    assert.deepEqual(judged(both, pinned, identity).faults, []);
    assert.deepEqual(judged(both, taken, identity), { faults: [], notes: [] });
    assert.equal(judged(both, taken, { ...identity, roots: ["AA"] }).faults.length, 1);
  });

  it("is not its roots that are not valid now: they are told, and one of them at least must be", () => {
    const past = new Date("2026-01-01T00:00:00Z");
    const { faults, notes } = judgePin("b", contractOf(), past, undefined);
    assert.deepEqual(
      faults.map(({ path, rule }) => `${path}: ${rule}`),
      ["rootCertificates: are all expired, or not valid yet"],
    );
    assert.ok(notes.includes(`a root of b is not valid now and not trusted: SHA-256 ${OLD}`));
  });

  it("takes no announcement without the old root, nor at first sight against the config", () => {
    const accepting = { acceptAnnouncedRoots: true };
    assert.equal(judged({ rootCertificates: [ROOT_A] }, pinned, accepting).faults.length, 1);
    assert.equal(judged({}, undefined, { ...accepting, roots: [NEW] }).faults.length, 1);
  });

  it("takes an announcement as long as one of the known roots is there, as when another one was announced before", () => {
    const before = { ...pinned, rootCertificates: [ROOT_A, ROOT_B] };
    const accepting = { acceptAnnouncedRoots: true };
    assert.deepEqual(judged({ rootCertificates: [ROOT_B, ROOT_C] }, before, accepting).faults, []);
    assert.equal(judged({ rootCertificates: [ROOT_B, ROOT_C] }, before).faults.length, 1);
  });

  it("may drop one of the roots that are known", () => {
    const before = { ...pinned, rootCertificates: [ROOT_A, ROOT_B] };
    assert.deepEqual(judged({ rootCertificates: [ROOT_A] }, before), {
      faults: [],
      notes: [`b drops a root: SHA-256 ${OLD}`],
    });
  });

  it("is held against a pin that cannot be read", () => {
    assert.equal(judged({}, { ...pinned, rootCertificates: ["text"] }).faults.length, 1);
  });
});
