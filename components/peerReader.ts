import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import type { ResolvedMesh } from "../federation/mesh/apiServer.ts";
import { shortLifeWarnings, type CredentialLife, type PeerAccess } from "../federation/mesh/credential.ts";
import { MESH_CONFIG_RULES, READER_RULES } from "../federation/mesh/reader.ts";
import { ReaderToken } from "../providers/readerToken.ts";

/** Arguments of a `PeerReader`. */
export interface PeerReaderArgs {
  /** The peer's name, from the stack's config. */
  peer: string;
  /** Name of the namespace that istiod runs in. */
  namespace: pulumi.Input<string>;
  /** Names the cluster that is read. */
  kubeconfig: StackConfig["kubeconfig"];
  settings: ResolvedMesh;
}

/**
 * Access of one peer's istiod to this cluster: a ServiceAccount of the peer's own, the rights that istiod needs, and a token. All are
 * removed with the peer, and API servers refuse the token then.
 */
export class PeerReader extends pulumi.ComponentResource {
  /** Access for the peer's istiod; secret. */
  readonly access: pulumi.Output<PeerAccess>;
  /** Lifetime of the token; not secret. */
  readonly life: pulumi.Output<CredentialLife>;

  constructor(name: string, args: PeerReaderArgs, opts?: pulumi.ComponentResourceOptions) {
    super("istio-federation:index:PeerReader", name, {}, opts);
    const { peer, namespace, settings } = args;
    const child = { parent: this };
    const readerName = `istio-federation-reader-${peer}`;
    const account = new kubernetes.core.v1.ServiceAccount(
      `${name}-account`,
      {
        metadata: { name: readerName, namespace },
        // For the peer's istiod alone: no Pod here gets the token.
        automountServiceAccountToken: false,
      },
      child,
    );
    const subjects = [{ kind: "ServiceAccount", name: readerName, namespace }];
    // The rights exist before the token is published.
    const dependsOn = [
      bindEverywhere(name, { name: readerName }, subjects, child),
      bindIn(name, { name: readerName, namespace }, subjects, child),
    ];
    const made = { ...child, dependsOn };
    const { token, life } = settings.longLivedTokens
      ? longLivedToken(name, account, made)
      : endingToken(name, args, account, made);
    this.life = life;
    this.access = pulumi.secret(
      pulumi.all([token, life]).apply(([text, times]) => ({ ...settings.apiServer, token: text, ...times })),
    );
    this.registerOutputs({});
  }
}

type Subjects = { kind: string; name: string; namespace: pulumi.Input<string> }[];
type Metadata = { name: string; namespace?: pulumi.Input<string> };

/** Creates the rights in all namespaces. */
function bindEverywhere(name: string, metadata: Metadata, subjects: Subjects, opts: pulumi.ResourceOptions) {
  const { ClusterRole, ClusterRoleBinding } = kubernetes.rbac.v1;
  const role = new ClusterRole(`${name}-cluster-role`, { metadata, rules: [...READER_RULES] }, opts);
  const roleRef = refTo("ClusterRole", role);
  return new ClusterRoleBinding(`${name}-cluster-binding`, { metadata, roleRef, subjects }, opts);
}

/** Creates the rights in istiod's namespace. */
function bindIn(name: string, metadata: Metadata, subjects: Subjects, opts: pulumi.ResourceOptions) {
  const { Role, RoleBinding } = kubernetes.rbac.v1;
  const role = new Role(`${name}-role`, { metadata, rules: [...MESH_CONFIG_RULES] }, opts);
  return new RoleBinding(`${name}-binding`, { metadata, roleRef: refTo("Role", role), subjects }, opts);
}

interface IssuedToken {
  token: pulumi.Output<string>;
  life: pulumi.Output<CredentialLife>;
}

function endingToken(
  name: string,
  { peer, namespace, kubeconfig, settings }: PeerReaderArgs,
  account: kubernetes.core.v1.ServiceAccount,
  opts: pulumi.CustomResourceOptions,
): IssuedToken {
  const { metadata } = account;
  const { token, issued, expires } = new ReaderToken(
    `${name}-token`,
    {
      kubeconfig,
      peer,
      namespace,
      serviceAccount: metadata.name,
      uid: assigned(account, ({ uid }) => uid),
      hours: settings.tokenHours,
    },
    opts,
  );
  const { tokenHours: hours } = settings;
  const life = pulumi.all([issued, expires]).apply(async ([from, to]) => {
    const made = { issued: from, expires: to, hours };
    // In a preview the plan warns, as the next credential may be unknown.
    const warnings = pulumi.runtime.isDryRun() ? [] : shortLifeWarnings({ [peer]: made });
    for (const warning of warnings) await pulumi.log.warn(warning);
    return made;
  });
  return { token, life };
}

/** Creates a token in a Secret, which is valid as long as the Secret and its ServiceAccount exist. */
function longLivedToken(
  name: string,
  { metadata }: kubernetes.core.v1.ServiceAccount,
  opts: pulumi.CustomResourceOptions,
): IssuedToken {
  const secret = new kubernetes.core.v1.Secret(
    `${name}-token`,
    {
      type: "kubernetes.io/service-account-token",
      metadata: {
        name: metadata.name,
        namespace: metadata.namespace,
        annotations: { "kubernetes.io/service-account.name": metadata.name },
      },
    },
    opts,
  );
  return {
    token: secret.data.apply((data) => Buffer.from(data["token"] ?? "", "base64").toString()),
    life: assigned(secret, ({ creationTimestamp }) => creationTimestamp).apply((issued) => ({ issued })),
  };
}

/** A created Kubernetes object. */
interface CreatedObject<M> {
  id: pulumi.Output<string>;
  metadata: pulumi.Output<M>;
}

/**
 * Returns a field that the API server assigns. A preview may have an object's inputs only, in which the field is missing: it is unknown
 * then, and not absent.
 */
function assigned<M>(
  { id, metadata }: CreatedObject<M>,
  pick: (metadata: M) => string | undefined,
): pulumi.Output<string> {
  return pulumi.all([id, metadata]).apply(([, known]) => {
    const value = pick(known as M);
    // The SDK's `unknown` has no type of a text.
    return (value === undefined && pulumi.runtime.isDryRun() ? pulumi.unknown : value) as string;
  });
}

function refTo(kind: string, role: { metadata: pulumi.Output<{ name: string }> }) {
  return { apiGroup: "rbac.authorization.k8s.io", kind, name: role.metadata.name };
}
