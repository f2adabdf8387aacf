import { renderStub } from "../../../federation/corefile/stub.ts";

/** As kubeadm writes it. */
export const COREFILE = `.:53 {
    errors
    health {
       lameduck 5s
    }
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure # global:53 {
       fallthrough in-addr.arpa ip6.arpa
    }
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    template IN A example.org {
       answer "{{ .Name }} 60 IN A 192.0.2.1"
    }
    cache 30
    loop
    reload
    loadbalance
}
`;

export const STUB = renderStub("10.96.0.77");

/** The block without its markers. */
export const BARE = STUB.replace(/^#.*\n/gm, "");
