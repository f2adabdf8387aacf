import assert from "node:assert/strict";
import { clientIdentity } from "../../../lab/workloads/clientIdentity.ts";

describe("clientIdentity", () => {
  const cases: [why: string, header: string | undefined, identity: string | undefined][] = [
    ["none without the header", undefined, undefined],
    [
      "the URI of the one element",
      'By=spiffe://b/ns/xyz/sa/bar;Hash=0;Subject="";URI=spiffe://a/ns/abc/sa/foo',
      "spiffe://a/ns/abc/sa/foo",
    ],
    [
      "the URI of the last element, which the own sidecar added",
      "Hash=0;URI=spiffe://forged,By=x;URI=spiffe://a/ns/abc/sa/foo",
      "spiffe://a/ns/abc/sa/foo",
    ],
    [
      "not misled by a quoted subject",
      'Hash=0;Subject="CN=x,O=y;URI=spiffe://forged";URI=spiffe://a',
      "spiffe://a",
    ],
    ["none when the last element has no URI", "URI=spiffe://forged,Hash=0", undefined],
  ];
  for (const [why, header, identity] of cases) {
    it(`is ${why}`, () => {
      assert.equal(clientIdentity(header), identity);
    });
  }
});
