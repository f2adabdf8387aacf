import * as pulumi from "@pulumi/pulumi";
import {
  type DeckhouseIdentity,
  type PublicIdentity,
  publicIdentity,
} from "../federation/deckhouse/identity.ts";
import { PUBLISH_NAMESPACE } from "../federation/core/wellKnown.ts";
import type { ClusterPlan } from "../federation/plan.ts";
import type { DeckhouseAccess, DeckhouseReader } from "../federation/publish/deckhouseAccess.ts";
import { documentPlaces, servedDocuments } from "../federation/publish/documents.ts";
import type { Publication } from "../federation/publish/publication.ts";
import { type PublishPlan, accessOf } from "../federation/publish/publishPlan.ts";
import { withExtraValues } from "./charts.ts";
import { namespace } from "./clusterAccess.ts";
import { PublishGateway } from "./publishGateway.ts";

/** Arguments of {@link publishDocuments}. */
export interface PublishedDocumentsArgs {
  plan: Pick<ClusterPlan, "config">;
  publish: PublishPlan;
  /** Contract with its signature, folded or not. */
  federation: pulumi.Output<object>;
  /** Helm values of the gateway's chart, below the user's. */
  gatewayValues: object;
  /** Labels of the gateway's namespace. */
  labels: Record<string, string>;
  /** Identity for Deckhouse clusters, secret; undefined without such peers. */
  identity: pulumi.Output<DeckhouseIdentity> | undefined;
}

/** Serves the contract, and the documents of Deckhouse where there are such peers. @returns the gateway, and its record for the next run. */
export function publishDocuments(
  name: string,
  {
    plan: { config },
    publish: { gateway: settings, readers },
    federation,
    gatewayValues,
    labels,
    identity: own,
  }: PublishedDocumentsArgs,
  child: pulumi.CustomResourceOptions,
): { gateway: PublishGateway; publication: pulumi.Output<Publication> } {
  // Secret by the key alone, which is not in it.
  const identity = pulumi.unsecret(pulumi.output(own).apply((known) => known && publicIdentity(known)));
  const gateway = new PublishGateway(
    `${name}-publish`,
    {
      ...settings,
      charts: config.istio.charts,
      values: withExtraValues(gatewayValues, settings.values),
      namespace: namespace(`${name}-publish`, PUBLISH_NAMESPACE, child, labels),
      places: documentPlaces(own !== undefined, readers),
      documents: pulumi
        .all([federation, identity])
        .apply(([contract, known]) => servedDocuments({ contract, identity: known, readers })),
      access: own && readers.length > 0 ? identity.apply((known) => restrictedTo(known, readers)) : undefined,
    },
    child,
  );
  const { host, credentialName, bind } = settings;
  const access = identity.apply((known) => accessOf(known, readers));
  return { gateway, publication: access.apply((known) => ({ host, credentialName, bind, access: known })) };
}

function restrictedTo(
  identity: PublicIdentity | undefined,
  readers: readonly DeckhouseReader[],
): DeckhouseAccess {
  const access = accessOf(identity, readers);
  if (access === undefined) throw new Error("there is no identity for Deckhouse clusters");
  return access;
}
