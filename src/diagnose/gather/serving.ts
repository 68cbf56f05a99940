import { KubeError } from "../../kube/kube-error.ts";
import { meshesSelecting } from "../../model/membership.ts";
import { releaseOf } from "../facts/component.ts";
import type { PodState } from "../facts/pod-state.ts";
import { mapped, type Reading, valueIn, whyNot } from "../facts/reading.ts";
import { readTrust } from "./check.ts";
import { readComponent } from "./components.ts";
import type { Gathering } from "./gathering.ts";
import { liveConfiguration } from "./live-configuration.ts";
import { readMembership } from "./membership.ts";
import { type GatheredMesh, gatherMesh } from "./mesh.ts";
import { readNamespaces } from "./namespaces.ts";
import { decidingBy, readPodStates } from "./pod-states.ts";

/** A mesh with what decides whether it is served, and its running pods. */
export interface ServingFacts {
  readonly mesh: GatheredMesh;
  /** `controlPlane.mesh` of the control plane that runs. */
  readonly setting: Reading<"serve" | "observe">;
  /** Our own AWS account; empty: none. */
  readonly accountId: string;
  readonly discovery: "dns" | "endpoints";
  readonly pods: readonly PodState[];
  /** Sentences for a person: what had to be assumed. */
  readonly notes: readonly string[];
}

/**
 * Reads a mesh and the running pods of the namespaces that belong to it: those that a Mesh selects, and those with objects; of them
 * `only`, where one is asked for. Rejects with KubeError where something of it cannot be read: what were said about the rest would be less than is lost.
 */
export async function gatherServing(gathering: Gathering, only: string | undefined): Promise<ServingFacts> {
  const { reads, progress } = gathering;
  const mesh = await gatherMesh(gathering, only);
  progress("the installation");
  const [namespaces, injector, controlPlane, trust, membership] = await Promise.all([
    readNamespaces(reads, only),
    readComponent(reads, "injector"),
    readComponent(reads, "control-plane"),
    readTrust(reads),
    readMembership(reads),
  ]);
  const live = liveConfiguration(controlPlane);
  const deciding = decidingBy(gathering, injector, trust, membership);
  const withObjects = new Set(
    mesh.objects.flatMap((parsed) => (parsed.kind === "parsed" ? [parsed.object.metadata.namespace] : [])),
  );
  const partaking = needed(namespaces, "list of namespaces").filter(
    (namespace) => withObjects.has(namespace.name) || meshesSelecting(deciding.meshes, namespace).length > 0,
  );
  const pods: PodState[] = [];
  for (const namespace of partaking) {
    progress(`the pods of namespace ${namespace.name}`);
    pods.push(
      ...needed(await readPodStates(reads, namespace, deciding), `list of pods of namespace ${namespace.name}`),
    );
  }
  const running = releaseOf(valueIn(controlPlane.deployment)?.image ?? "");
  const setting = mapped(live, ({ controlPlane: { mesh: mode } }) => mode);
  return {
    mesh,
    setting,
    accountId: valueIn(live)?.accountId ?? "",
    discovery: valueIn(live)?.controlPlane.discovery ?? "dns",
    pods,
    notes: [
      ...mesh.notes,
      ...(setting.kind === "read"
        ? []
        : [`${whyNot(setting, "configuration of a control plane")}, so controlPlane.mesh is not known`]),
      ...(running?.startsWith("0.1.") === true
        ? [
            `the control plane is of release ${running}, which knows no mesh: outrigger install brings it up to date first`,
          ]
        : []),
    ],
  };
}

function needed<T>(reading: Reading<T>, what: string): T {
  if (reading.kind === "read") return reading.value;
  throw new KubeError("status", `${whyNot(reading, what)}, so what would be lost is not known`);
}
