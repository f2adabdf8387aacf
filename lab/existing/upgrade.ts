import type { LabCluster } from "../clusters.ts";
import { update } from "../federate.ts";
import type { Lab } from "../lab.ts";
import type { Log } from "../progress.ts";
import { Stack } from "../pulumi.ts";
import { editStackFile, istioValues } from "../stackFile.ts";
import { moveWorkloads, whileCalling } from "./moveRevision.ts";
import { secondIstiodAddress, secondIstiodValues } from "./ownersIstio.ts";

/** Name of the new revision; the former one is the unnamed one. */
const REVISION = "next";

/** The section `istio` of a stack file in the lab. */
interface IstioSection {
  readonly charts: object;
  readonly values: { readonly base: object; readonly istiod: object };
}

/**
 * Upgrades the Istio that a stack installed, as docs/upgrades.md has it: an update with both revisions, the workloads, an update without the former
 * one. Calls from and to a peer go on meanwhile.
 *
 * @throws LabError when a call failed.
 */
export async function upgradeByRevision(
  lab: Lab,
  log: Log,
  cluster: LabCluster,
  peer: LabCluster,
): Promise<void> {
  const { name, network } = cluster;
  const istiod = secondIstiodValues(network);
  const upgraded = async (edit: (before: IstioSection) => object) => {
    const configFile = await editStackFile(lab, name, lab.dir, (config) => {
      config["istio-federation:istio"] = edit(config["istio-federation:istio"] as IstioSection);
    });
    await update(new Stack(name, lab, { configFile }), log);
  };
  await whileCalling(lab, log, [cluster, peer], async (traffic) => {
    await upgraded(({ charts, values }) => ({
      ...{ revision: REVISION, charts, values: { ...values, istiod } },
      former: { charts, values: { istiod: values.istiod } },
    }));
    await moveWorkloads(lab, log, cluster, REVISION, traffic);
    // Objects are validated by the only istiod that is left.
    const { base } = istioValues(secondIstiodAddress(network));
    await upgraded(({ charts }) => ({ revision: REVISION, charts, values: { base, istiod } }));
  });
}
