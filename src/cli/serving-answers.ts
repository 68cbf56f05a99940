import type { AnnotationWrite, Mode } from "../answers/mode-change.ts";
import type { ChangedWorkload, ModeChangeEffect, SidecarPod } from "../answers/serving-losses.ts";
import type { ServingFacts } from "../diagnose/gather/serving.ts";
import type { GraphSettings } from "../graph/graph-settings.ts";
import type { ClusterOptions } from "./cluster-options.ts";
import type { CommandContext } from "./io.ts";
import { progress } from "./progress.ts";

/** The mesh of a cluster, and what annotations would change in it. */
export interface ServingAnswers {
  readonly facts: ServingFacts;
  /** Undefined: not known. */
  readonly setting: Mode | undefined;
  readonly effectOf: (writes: readonly AnnotationWrite[]) => ModeChangeEffect;
  /** Workloads that are served now, with what they do not reach. */
  readonly served: () => readonly ChangedWorkload[];
}

/** Reads what serving a mesh depends on; of one namespace where `only` names it. Rejects with KubeError. */
export async function servingAnswers(
  { kubeconfig = "", context = "" }: ClusterOptions,
  { io, release }: Pick<CommandContext, "io" | "release">,
  only: string | undefined,
): Promise<ServingAnswers> {
  const [{ connect, gatherServing }, { modeChangeEffect, servedNow }] = await Promise.all([
    import("../diagnose/diagnose.ts"),
    import("../answers/answers.ts"),
  ]);
  const waiting = progress(io, "reading");
  try {
    const connection = await connect({ kubeconfig, context }, io.environment);
    const meshName = io.environment.MESH_NAME ?? "";
    const gathering = { ...connection, release, meshName, now: Date.now, progress: waiting.step };
    const facts = await gatherServing(gathering, only);
    const setting = facts.setting.kind === "read" ? facts.setting.value : undefined;
    const {
      accountId,
      discovery,
      mesh: { clusterDomain },
    } = facts;
    // what passes through where nobody knows the setting loses most
    const settings: GraphSettings = { mesh: setting ?? "observe", accountId, clusterDomain, discovery };
    const pods = sidecarPods(facts);
    return {
      facts,
      setting,
      effectOf: (writes) => modeChangeEffect(facts.mesh, pods, writes, settings),
      // where nobody knows the setting nobody is said to be served by it
      served: () => servedNow(facts.mesh, pods, settings),
    };
  } finally {
    waiting.end();
  }
}

function sidecarPods({ pods }: ServingFacts): readonly SidecarPod[] {
  return pods.flatMap(({ namespace, workload, sidecar, node, capture }): SidecarPod[] => {
    if (sidecar.kind !== "ours") return [];
    const past = capture ?? { ignoredPorts: [], ignoredIps: [] };
    return [{ namespace, workload, node: node.kind === "node" ? node.object : undefined, ...past }];
  });
}
