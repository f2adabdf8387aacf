import assert from "node:assert/strict";
import { contractOf } from "../federation/samples.ts";
import { signed } from "../federation/signers.ts";
import { type KeyObject, createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatOpenSsh } from "../../lab/plugins/tls/openSsh.ts";
import { privateKeysIn } from "../../lab/proofs/secretForms.ts";
import { SecretSearch, expectNoSecrets } from "../../lab/proofs/secretSearch.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

const KEYS: Record<string, KeyObject> = {
  "P-256": generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  "P-521": generateKeyPairSync("ec", { namedCurve: "P-521" }).privateKey,
  RSA: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
  Ed25519: generateKeyPairSync("ed25519").privateKey,
};
const pemOf = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();
const openSshOf = (key: KeyObject): string => formatOpenSsh(key).privateKeyOpenssh;
const bodyOf = (pem: string): string => pem.split("\n").slice(1, -2).join("\n");
const base64 = (text: string): string => Buffer.from(text).toString("base64");
/** One that holds a part of the secret number, whatever the kind of key. */
const secretLine = (lines: string[]): string => lines[Math.floor(lines.length * 0.3)]!;
const inLines = (text: string, length: number): string =>
  text
    .replaceAll("\n", "")
    .match(new RegExp(`.{1,${length}}`, "g"))!
    .join("\n");

/** Forms in which a key may get out, without the words that mark each key. */
const FORMS: Record<string, { write: (key: KeyObject) => string; name: RegExp }> = {
  "the body of its PEM": { write: (key) => bodyOf(pemOf(key)), name: /: PEM of the key$/ },
  "one line of its PEM": {
    write: (key) => secretLine(bodyOf(pemOf(key)).split("\n")),
    name: /: PEM of the key$/,
  },
  "PEM of another format": { write: (key) => bodyOf(traditional(key)), name: /: PEM of the key$/ },
  "OpenSSH's PEM": { write: (key) => bodyOf(openSshOf(key)), name: /: PEM of the key$/ },
  "OpenSSH's PEM in lines of ssh-keygen": {
    write: (key) => inLines(bodyOf(openSshOf(key)), 70),
    name: /: PEM of the key$/,
  },
  "base64 of OpenSSH's PEM": {
    write: (key) => base64(bodyOf(openSshOf(key))),
    name: /: base64 of the PEM of the key$/,
  },
  "PEM in JSON": { write: (key) => JSON.stringify(bodyOf(pemOf(key))), name: /: PEM of the key$/ },
  "PEM in JSON in JSON": {
    write: (key) => JSON.stringify(JSON.stringify({ key: bodyOf(pemOf(key)) })),
    name: /: PEM of the key$/,
  },
  "PEM without line breaks": {
    write: (key) => inLines(bodyOf(pemOf(key)), 100_000),
    name: /: PEM of the key$/,
  },
  "PEM in other lines": { write: (key) => inLines(bodyOf(pemOf(key)), 76), name: /: PEM of the key$/ },
  ...Object.fromEntries(
    [0, 1, 2].map((before) => [
      `base64 of PEM, ${before} byte(s) after the start`,
      {
        write: (key: KeyObject) => base64("x".repeat(before) + bodyOf(pemOf(key))),
        name: /: base64 of the PEM of the key$/,
      },
    ]),
  ),
  JWK: { write: (key) => JSON.stringify(key.export({ format: "jwk" })), name: /: JWK of the key$/ },
  "its number in hexadecimal": {
    write: (key) => numberOf(key).toString("hex"),
    name: /: hexadecimal number of the key$/,
  },
  "its number as OpenSSL prints it": {
    write: (key) =>
      `    00:${numberOf(key).toString("hex").toUpperCase().match(/../g)!.join(":").slice(0, 41)}`,
    name: /: hexadecimal number of the key$/,
  },
};

for (const [kind, key] of Object.entries(KEYS)) {
  describe(`A search for a key ${kind}`, () => {
    const search = new SecretSearch({ keys: new Map([[pemOf(key), "the key"]]) });

    for (const [form, { write, name }] of Object.entries(FORMS)) {
      it(`finds ${form}, and does not quote it`, () => {
        const written = write(key);
        assert.deepEqual(new SecretSearch().inText("log", written), [], "it bears no mark");
        const findings = search.inText("log", `first line\nsecond line\n${written}\n`);
        assert.ok(
          findings.some((finding) => name.test(finding)),
          findings.join("\n"),
        );
        for (const finding of findings) assert.match(finding, /^log:\d+: [\w ]+ of the key$/);
        assert.match(findings[0]!, /^log:(?![12]:)/);
      });
    }

    it("finds it where only its form of OpenSSH is known", () => {
      const [known = ""] = privateKeysIn(JSON.stringify({ privateKeyOpenssh: openSshOf(key) }));
      const found = new SecretSearch({ keys: new Map([[known, "the key"]]) });
      for (const written of [pemOf(key), openSshOf(key)])
        assert.match(found.inText("log", bodyOf(written)).join("\n"), /PEM of the key/);
    });

    it("finds neither its public part nor another key", () => {
      const publicKey = createPublicKey(key);
      const known = publicKey.export({ type: "spki", format: "der" });
      const jwk = publicKey.export({ format: "jwk" });
      const others = Object.values(KEYS).filter((other) => other !== key);
      const innocent = [
        known.toString("base64"),
        known.toString("hex"),
        JSON.stringify(jwk),
        JSON.stringify({ ...formatOpenSsh(key), privateKeyOpenssh: "" }),
        ...others.map((other) => bodyOf(pemOf(other))),
      ];
      for (const text of innocent) assert.deepEqual(search.inText("log", text), []);
    });
  });
}

describe("A search for secrets", () => {
  it("finds by their marks keys that it does not know, tokens, and a kubeconfig's credentials", () => {
    const search = new SecretSearch();
    const pem = pemOf(KEYS["P-256"]!);
    const marks = {
      "PEM of a private key": [pem, traditional(KEYS["P-256"]!), traditional(KEYS.RSA!)],
      "base64 of the PEM of a private key": [
        base64(pem),
        base64(traditional(KEYS.RSA!)),
        base64(openSshOf(KEYS.Ed25519!)),
      ],
      "a bearer token": [base64(JSON.stringify({ alg: "ES256", typ: "JWT" }))],
      "credentials of a kubeconfig": ["  client-key-data: abc", `{"certificate-authority-data":""}`],
    };
    for (const [name, texts] of Object.entries(marks))
      for (const text of texts) assert.ok(search.inText("state", text).includes(`state:1: ${name}`), name);
  });

  it("finds no token in the signature of a contract", async () => {
    const { signature } = await signed(contractOf());
    assert.deepEqual(new SecretSearch().inText("log", signature), []);
  });

  it("finds other secrets as they are and in base64", () => {
    const search = new SecretSearch({
      texts: new Map([["s3cr3t-t0k3n-of-the-lab", "the administrator's token"]]),
    });
    assert.deepEqual(search.inText("log", "Bearer s3cr3t-t0k3n-of-the-lab"), [
      "log:1: the administrator's token",
    ]);
    for (const before of ["", "x", "xy"])
      assert.deepEqual(search.inText("log", base64(`${before}s3cr3t-t0k3n-of-the-lab!`)), [
        "log:1: base64 of the administrator's token",
      ]);
  });

  it("reads all files of a folder, tells file and line, and follows no link", async () => {
    const folder = await temporaryFolder("secret-search");
    const outside = await temporaryFolder("secret-search-outside");
    await mkdir(join(folder, "state/history"), { recursive: true });
    await writeFile(join(folder, "innocent.log"), "nothing here");
    await writeFile(
      join(folder, "state/history/1.json"),
      `{\n"key": "${JSON.stringify(pemOf(KEYS.RSA!)).slice(1, -1)}"\n}`,
    );
    await writeFile(join(outside, "key.pem"), pemOf(KEYS.RSA!));
    await symlink(outside, join(folder, "linked"));
    const findings = await new SecretSearch().inFolders(folder);
    assert.deepEqual(findings, [`${join(folder, "state/history/1.json")}:2: PEM of a private key`]);
    assert.throws(() => {
      expectNoSecrets(findings);
    }, /secrets in clear:\n {2}.*1\.json:2: PEM of a private key$/);
  });

  it("does not pass where there is nothing to search", async () => {
    await assert.rejects(new SecretSearch().inFolders(await temporaryFolder("empty")), /nothing to search/);
  });
});

function traditional(key: KeyObject): string {
  const types: Record<string, "sec1" | "pkcs1"> = { ec: "sec1", rsa: "pkcs1" };
  return key.export({ type: types[key.asymmetricKeyType!] ?? "pkcs8", format: "pem" }).toString();
}

function numberOf(key: KeyObject): Buffer {
  return Buffer.from(createPrivateKey(pemOf(key)).export({ format: "jwk" }).d!, "base64url");
}
