/** Why the API server could not ask an admission webhook, and what helps. */
export interface WebhookDiagnosis {
  /** Completes `the admission webhook "x" ...`. */
  readonly rule: string;
  /** In the imperative, without a full stop. */
  readonly remedy: string;
}

/** Port of istiod's webhooks on its Pods; the Service has it as 443. */
const ISTIOD_PORT = 15017;

/** One kind of failure, by the words of the API server (client-go, net/http, crypto/x509, egress proxies). */
interface Kind {
  readonly words: RegExp;
  readonly rule: string;
  readonly remedy: (isIstios: boolean) => string;
}

/** In the order in which they are tried: a failed TLS handshake may also mention the address. */
const KINDS: readonly Kind[] = [
  {
    words:
      /x509:|tls: (?:failed to verify|bad certificate|unknown certificate|expired)|certificate (?:has expired|is not valid)/,
    rule: "has a certificate that the API server does not trust",
    remedy: (isIstios) =>
      isIstios
        ? "Restart istiod, which writes its root into the webhook's caBundle; see that no other tool (Helm, Argo CD) sets caBundle back"
        : "Correct the caBundle of its webhook configuration, or its certificate",
  },
  {
    words: /service "[^"]*" not found|no such host|could not find the requested resource|no service port/,
    rule: "is at a Service that does not exist, or at none of its ports",
    remedy: (isIstios) =>
      isIstios
        ? "Delete the webhook configuration if it is that of an Istio that was removed (`kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations`), or install that Istio again"
        : "Delete its webhook configuration if its owner was removed, or install the owner again",
  },
  {
    words: /no endpoints available|connection refused|connection reset|\bEOF\b/,
    rule: "has no Pod that answers",
    remedy: (isIstios) => `See why ${isIstios ? "istiod" : "it"} is not ready`,
  },
  {
    words:
      /deadline exceeded|i\/o timeout|timed? ?out|Client\.Timeout|request canceled|no route to host|network is unreachable|proxy error|Address is not allowed|no agent available|502|503|504/,
    rule: "cannot be reached by the API server in time",
    remedy: (isIstios) =>
      isIstios
        ? `If istiod is ready, let the control plane's network reach TCP port ${ISTIOD_PORT} of its Pods: a firewall rule (private GKE), a security group (EKS), a route to the Pods' network or a network policy lacks it`
        : "If it is ready, let the control plane's network reach its Pods: a firewall rule, a security group, a route or a network policy lacks them",
  },
];

/**
 * Explains why the API server could not ask a webhook.
 * @param isIstios whether it is one of istiod's.
 * @param why words of the API server.
 */
export function diagnoseWebhook(isIstios: boolean, why: string): WebhookDiagnosis {
  const kind = KINDS.find(({ words }) => words.test(why));
  if (kind === undefined) {
    const remedy = `See why ${isIstios ? "istiod" : "it"} is not ready`;
    return { rule: "does not answer the API server", remedy };
  }
  return { rule: kind.rule, remedy: kind.remedy(isIstios) };
}
