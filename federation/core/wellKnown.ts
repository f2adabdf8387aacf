/** Names that the program gives, the same in every cluster. */

/** Where istiod runs: Istio's root namespace. */
export const ISTIO_NAMESPACE = "istio-system";

/** What istiod signs with (istio.io, "Plugin CA Certificates"). */
export const AUTHORITY_SECRET = "cacerts";

/** The east-west gateway's own namespace: whoever may write Gateway objects here decides what is exported. */
export const GATEWAY_NAMESPACE = "istio-gateway";

/** Where all lives by which services of peers are registered; nothing else does. */
export const IMPORT_NAMESPACE = "istio-federation";

/** The east-west gateway's Deployment and Service, and the value of their `app` and `istio` labels. */
export const GATEWAY_NAME = "eastwestgateway";

/** Istio's port for mutual TLS between networks, on the Service and on the gateway's pods. */
export const GATEWAY_PORT = 15443;

/** Istio's name for that port. */
export const GATEWAY_PORT_NAME = "tls";

/** Common name of the certificates with which istiods sign. */
export const INTERMEDIATE_NAME = "Intermediate CA";
