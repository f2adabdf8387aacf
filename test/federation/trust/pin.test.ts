import assert from "node:assert/strict";
import type { PeerIdentity } from "../../../federation/config/peerIdentity.ts";
import { validatePin } from "../../../federation/trust/pin.ts";
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

/** Validates a contract of peer b; faults as `path: rule`. */
function validated(
  changes: Parameters<typeof contractOf>[0],
  last: PinnedPeer | undefined,
  identity?: PeerIdentity,
): { faults: string[]; notes: string[] } {
  const { faults, notes } = validatePin("b", contractOf(changes), NOW, last, identity);
  return { faults: faults.map(({ path, rule }) => `${path}: ${rule}`), notes };
}

describe("A peer's root that is also our own", () => {
  const roots = (identity?: PeerIdentity) => {
    const contract = contractOf({ rootCertificates: [ROOT_A] });
    return validatePin("b", contract, NOW, pinned, identity, [ROOT_A]);
  };

  it("is accepted without consent", () => {
    assert.deepEqual(roots(), { faults: [], notes: [`root of b changes: SHA-256 ${OLD} -> ${NEW}`] });
    assert.deepEqual(roots({ roots: [OLD] }).faults, []);
  });

  it("does not let another root be accepted", () => {
    const both = contractOf({ rootCertificates: [ROOT_A, ROOT_C] });
    const { faults } = validatePin("b", both, NOW, pinned, {}, [ROOT_A]);
    assert.match(faults[0]?.rule ?? "", new RegExp(`-> ${fingerprintOf(ROOT_C)}, which`));
  });
});

describe("A peer's identity", () => {
  it("is pinned at first sight, with a note", () => {
    assert.deepEqual(validated({}, undefined), {
      faults: [],
      notes: [`peer b is seen for the first time: its root is pinned, SHA-256 ${OLD}`],
    });
  });

  it("has no notes while nothing changes", () => {
    assert.deepEqual(validated({}, pinned), { faults: [], notes: [] });
    assert.deepEqual(validated({}, pinned, { cluster: "cluster-b", roots: [OLD, NEW] }).notes, []);
  });

  it("is refused when the root changes, with both roots and the command that accepts the new one", () => {
    const { faults, notes } = validatePin("b", contractOf({ rootCertificates: [ROOT_A] }), NOW, pinned);
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

  it("may change to a root in the config, with a note", () => {
    assert.deepEqual(validated({ rootCertificates: [ROOT_A] }, pinned, { roots: [NEW] }), {
      faults: [],
      notes: [`root of b changes: SHA-256 ${OLD} -> ${NEW}`],
    });
  });

  it("is validated at first sight against the config's roots, name and trust domain", () => {
    const identity = { cluster: "tokyo", trustDomain: "tokyo.local", roots: [NEW] };
    assert.deepEqual(validated({}, undefined, identity).faults, [
      "cluster: is not 'tokyo', which is in the config",
      "trustDomain: is not 'tokyo.local', which is in the config",
      `rootCertificates: root of b is SHA-256 ${OLD}, which is not among those in the config`,
    ]);
  });

  it("is refused when its name or trust domain changes, unless the new one is in the config", () => {
    const changes = { cluster: "cluster-x", trustDomain: "x.local" };
    assert.deepEqual(validated(changes, pinned).faults, [
      "cluster: is not 'cluster-b', which is pinned since this peer was first imported",
      "trustDomain: is not 'cluster-b.local', which is pinned since this peer was first imported",
    ]);
    assert.equal(validated({ clusterDomain: "x.local" }, pinned).faults.length, 1);
    assert.deepEqual(validated(changes, pinned, changes), {
      faults: [],
      notes: [
        "cluster of b changes: cluster-b -> cluster-x",
        "trustDomain of b changes: cluster-b.local -> x.local",
      ],
    });
  });

  it("has the mesh domain pinned when it is first published", () => {
    const published = { meshDomain: "b.mesh" };
    assert.deepEqual(validated(published, pinned), { faults: [], notes: [] });
    const later = { ...pinned, meshDomain: "old.mesh" };
    assert.deepEqual(validated(published, later).faults, [
      "meshDomain: is not 'old.mesh', which is pinned since this peer was first imported",
    ]);
    assert.deepEqual(validated(published, later, published), {
      faults: [],
      notes: ["meshDomain of b changes: old.mesh -> b.mesh"],
    });
    assert.deepEqual(validated(published, undefined, { meshDomain: "x.mesh" }).faults, [
      "meshDomain: is not 'x.mesh', which is in the config",
    ]);
  });

  it("may lack a mesh domain, unless the config names one", () => {
    assert.deepEqual(validated({}, { ...pinned, meshDomain: "b.mesh" }), { faults: [], notes: [] });
    assert.deepEqual(validated({}, pinned, { meshDomain: "b.mesh" }).faults, [
      "meshDomain: is missing, and must be 'b.mesh' by the config",
    ]);
  });

  it("has its further domains pinned at first sight; later ones need consent", () => {
    const published = { domains: ["pay.example", "shop.example"] };
    const note = "b may have names below further domains: pay.example, shop.example";
    assert.ok(validated(published, undefined).notes.includes(note));
    const strange = (index: number, where: string) =>
      `domains[${index}]: is not among those ${where}: the peer would have names below it here`;
    const since = "pinned since this peer was first imported";
    assert.deepEqual(validated(published, pinned), {
      faults: [strange(0, since), strange(1, since)],
      notes: [],
    });
    const one = { ...pinned, domains: ["pay.example"] };
    assert.deepEqual(validated(published, one).faults, [strange(1, since)]);
    assert.deepEqual(validated(published, one, published), {
      faults: [],
      notes: ["b may have names below further domains: shop.example"],
    });
    for (const last of [undefined, one])
      assert.deepEqual(validated(published, last, { domains: ["pay.example"] }).faults, [
        strange(1, "in the config"),
      ]);
    assert.deepEqual(validated({}, one), {
      faults: [],
      notes: ["b owns fewer domains: without pay.example"],
    });
    const [fault] = validatePin("b", contractOf(published), NOW, one).faults;
    assert.match(fault?.remedy ?? "", /identity\.domains\[0\].* and .*identity\.domains\[1\]/);
  });

  it("accepts any name where none was pinned", () => {
    const { cluster, ...older } = pinned;
    assert.equal(cluster, "cluster-b");
    assert.deepEqual(validated({ cluster: "cluster-x" }, older).faults, []);
  });

  it("is refused with a further root, unless the stack accepts announced roots", () => {
    const both = { rootCertificates: [ROOT_A, ROOT_B] };
    assert.equal(validated(both, pinned).faults.length, 1);
    assert.deepEqual(validated(both, pinned, { acceptAnnouncedRoots: true }), {
      faults: [],
      notes: [`b has a further root: SHA-256 ${NEW}`],
    });
  });

  it("keeps an accepted announced root, also where the config names the first root only", () => {
    const both = { rootCertificates: [ROOT_A, ROOT_B] };
    const taken = { ...pinned, rootCertificates: [ROOT_A, ROOT_B] };
    const identity = { acceptAnnouncedRoots: true, roots: [OLD] };
    assert.deepEqual(validated(both, pinned, identity).faults, []);
    assert.deepEqual(validated(both, taken, identity), { faults: [], notes: [] });
    assert.equal(validated(both, taken, { ...identity, roots: ["AA"] }).faults.length, 1);
  });

  it("ignores roots outside their validity with a note, and needs a valid one", () => {
    const past = new Date("2026-01-01T00:00:00Z");
    const { faults, notes } = validatePin("b", contractOf(), past, undefined);
    assert.deepEqual(
      faults.map(({ path, rule }) => `${path}: ${rule}`),
      ["rootCertificates: are all expired, or not valid yet"],
    );
    assert.ok(notes.includes(`a root of b is not valid now and not trusted: SHA-256 ${OLD}`));
  });

  it("accepts no announced root without a known one, nor at first sight against the config", () => {
    const accepting = { acceptAnnouncedRoots: true };
    assert.equal(validated({ rootCertificates: [ROOT_A] }, pinned, accepting).faults.length, 1);
    assert.equal(validated({}, undefined, { ...accepting, roots: [NEW] }).faults.length, 1);
  });

  it("accepts an announced root beside one of several known roots", () => {
    const before = { ...pinned, rootCertificates: [ROOT_A, ROOT_B] };
    const accepting = { acceptAnnouncedRoots: true };
    assert.deepEqual(validated({ rootCertificates: [ROOT_B, ROOT_C] }, before, accepting).faults, []);
    assert.equal(validated({ rootCertificates: [ROOT_B, ROOT_C] }, before).faults.length, 1);
  });

  it("may drop one of its known roots", () => {
    const before = { ...pinned, rootCertificates: [ROOT_A, ROOT_B] };
    assert.deepEqual(validated({ rootCertificates: [ROOT_A] }, before), {
      faults: [],
      notes: [`b drops a root: SHA-256 ${OLD}`],
    });
  });

  describe("with a signing key that no root certifies", () => {
    const [one, other] = [NEW, OLD];
    const published = { signingKey: one };
    const note = `contracts of b are signed by key SHA-256 ${one}, which is pinned`;
    const unknown =
      "signingKey: signs the contract instead of the roots of b, and is neither in the config nor pinned";
    const cases: [title: string, last: PinnedPeer | undefined, identity: PeerIdentity, faults: string[]][] = [
      ["is pinned at first sight", undefined, {}, []],
      ["is refused at first sight where the config names roots", undefined, { roots: [OLD] }, [unknown]],
      ["is accepted at first sight by the config", undefined, { roots: [OLD], signingKey: one }, []],
      ["is accepted again", { ...pinned, signingKey: one }, {}, []],
      ["is refused of a peer whose roots signed before", pinned, {}, [unknown]],
      [
        "is refused when it changes",
        { ...pinned, signingKey: other },
        {},
        [`signingKey: is not '${other}', which is pinned`],
      ],
      ["may change to that in the config", { ...pinned, signingKey: other }, { signingKey: one }, []],
      [
        "is refused against the config",
        { ...pinned, signingKey: one },
        { signingKey: other },
        [`signingKey: is not '${other}', which is in the config`],
      ],
    ];
    for (const [title, last, identity, faults] of cases)
      it(title, () => {
        const found = validated(published, last, identity);
        assert.deepEqual(found.faults, faults);
        assert.equal(found.notes.includes(note), faults.length === 0 && last?.signingKey !== one);
      });

    it("needs no consent once the roots sign again", () => {
      assert.deepEqual(validated({}, { ...pinned, signingKey: one }), {
        faults: [],
        notes: [`contracts of b are signed under its roots again, not by key SHA-256 ${one}`],
      });
    });
  });

  it("is compared with a pin that cannot be parsed", () => {
    assert.equal(validated({}, { ...pinned, rootCertificates: ["text"] }).faults.length, 1);
  });
});
