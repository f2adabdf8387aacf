/** Namespace of istiod: Istio's root namespace. */
export const ISTIO_NAMESPACE = "istio-system";

/** Secret that istiod signs with (istio.io, "Plug in CA Certificates"). */
export const AUTHORITY_SECRET = "cacerts";

/** Namespace of the east-west gateway alone: whoever may write Gateway objects in it decides what is exported. */
export const GATEWAY_NAMESPACE = "istio-gateway";

/** Namespace of all objects that register peers' services, and of nothing else. */
export const IMPORT_NAMESPACE = "istio-federation";

/** Name of the east-west gateway's Deployment and Service, and of their labels `app` and `istio`. */
export const GATEWAY_NAME = "eastwestgateway";

/** Istio's port for mutual TLS between networks, on the Service and on the gateway's pods. */
export const GATEWAY_PORT = 15443;

/** Istio's name for {@link GATEWAY_PORT}. */
export const GATEWAY_PORT_NAME = "tls";

/** Common name of the intermediates that istiods sign with. */
export const INTERMEDIATE_NAME = "Intermediate CA";

/** Namespace of the gateway that serves documents, and of its certificate: nothing else is in it. */
export const PUBLISH_NAMESPACE = "istio-publish";

/** Name of the Deployment, Service and Gateway that serve documents, and of their labels `app` and `istio`. */
export const PUBLISH_GATEWAY = "publishgateway";

/** Port that the Pods serve documents on: one that needs no privilege. */
export const PUBLISH_PORT = 8443;

/** Name of the RequestAuthentication and the AuthorizationPolicy for documents of Deckhouse clusters. */
export const TOKENS = "deckhouse-tokens";
