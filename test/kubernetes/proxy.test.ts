import assert from "node:assert/strict";
import { selectProxy } from "../../kubernetes/proxy.ts";

const HTTPS = { HTTPS_PROXY: "http://proxy:3128" };

describe("The proxy of an API server", () => {
  const hostOf = (server: string, environment: NodeJS.ProcessEnv, proxyUrl = "") =>
    selectProxy(new URL(server), proxyUrl, environment)?.host;

  it("is the kubeconfig's, whatever the environment says", () => {
    assert.equal(hostOf("https://a", { ...HTTPS, NO_PROXY: "*" }, "socks5://p"), "p");
    assert.equal(hostOf("https://127.0.0.1", {}, "http://p"), "p");
  });

  it("is that of the environment for the server's scheme; upper case first", () => {
    const both = { HTTPS_PROXY: "http://upper", https_proxy: "http://lower", HTTP_PROXY: "http://plain" };
    assert.equal(hostOf("https://a", both), "upper");
    assert.equal(hostOf("https://a", { ...both, HTTPS_PROXY: "" }), "lower");
    assert.equal(hostOf("http://a", both), "plain");
    assert.equal(hostOf("http://a", { http_proxy: "http://lower" }), "lower");
    assert.equal(hostOf("https://a", { HTTP_PROXY: "http://plain", ALL_PROXY: "http://all" }), undefined);
  });

  it("may lack a scheme, and must be of a known one", () => {
    assert.equal(
      selectProxy(new URL("https://a"), "", { HTTPS_PROXY: "proxy:3128" })?.href,
      "http://proxy:3128/",
    );
    assert.equal(hostOf("https://a", { HTTPS_PROXY: "socks5h://p:1" }), "p:1");
    const password = { https_proxy: "ftp://u:s3cr3t@p" };
    assert.throws(() => hostOf("https://a", password), {
      message: "$https_proxy must begin with http://, https:// or socks5://",
    });
  });

  it("is never used for a loopback address", () => {
    for (const server of ["localhost:6443", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]"]) {
      assert.equal(hostOf(`https://${server}`, HTTPS), undefined, server);
    }
  });

  // As in the tests of Go's golang.org/x/net/http/httpproxy.
  for (const [noProxy, direct, proxied] of [
    ["*", ["a.b", "10.0.0.1"], []],
    ["foo.com", ["foo.com", "bar.foo.com", "FOO.com", "foo.com:444"], ["xfoo.com", "foo.com.x"]],
    [".foo.com", ["bar.foo.com"], ["foo.com", "xfoo.com"]],
    ["*.foo.com", ["bar.foo.com"], ["foo.com"]],
    ["foo.com:443", ["foo.com", "bar.foo.com"], ["foo.com:6443"]],
    ["10.0.0.0/8, 192.0.2.7", ["10.1.2.3", "192.0.2.7", "192.0.2.7:6443"], ["11.0.0.1", "10.example"]],
    ["192.0.2.7:6443", ["192.0.2.7:6443"], ["192.0.2.7"]],
    ["fd00::/8", ["[fd00::5]"], ["[fe00::5]"]],
    ["[fd00::5]:443", ["[fd00::5]"], ["[fd00::5]:6443"]],
    ["fd00::5", ["[fd00::5]"], ["[fd00::6]"]],
    ["bücher.example", ["xn--bcher-kva.example"], []],
    [" , :443, 10.0.0.0/40, ", [], ["a.b", "10.0.0.1"]],
  ] as const) {
    it(`is not used for what NO_PROXY="${noProxy}" matches`, () => {
      for (const variable of ["NO_PROXY", "no_proxy"]) {
        const environment = { ...HTTPS, [variable]: noProxy };
        for (const host of direct) assert.equal(hostOf(`https://${host}`, environment), undefined, host);
        for (const host of proxied) assert.equal(hostOf(`https://${host}`, environment), "proxy:3128", host);
      }
    });
  }
});
