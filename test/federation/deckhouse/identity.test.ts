import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { clusterUUIDOf, deckhouseIdentity } from "../../../federation/deckhouse/identity.ts";

const KEY = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
`;

describe("The UUID of a cluster for Deckhouse clusters", () => {
  it("is the same for the same key, however its PEM is formatted", () => {
    const uuid = clusterUUIDOf(KEY);
    assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(uuid, clusterUUIDOf(KEY.trim()));
    assert.equal(deckhouseIdentity.parse({ clusterUUID: uuid, key: "any" }).clusterUUID, uuid);
  });

  it("is another for another key", () => {
    const { publicKey } = generateKeyPairSync("ed25519");
    assert.notEqual(
      clusterUUIDOf(publicKey.export({ type: "spki", format: "pem" }).toString()),
      clusterUUIDOf(KEY),
    );
  });
});
