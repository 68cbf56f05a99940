import { type JsonObject, member } from "../model/json.ts";
import { APPMESH_PREFIX, PORTS, RECORD_KEY } from "../model/names.ts";
import type { PatchOperation } from "./json-patch.ts";
import type { SidecarPlan } from "./plan/plan.ts";
import type { ProbeRewrite } from "./plan/probes.ts";
import type { ContainerView, PodView } from "./pod.ts";
import { containerPath, PodEditor } from "./pod-editor.ts";
import { newRecord, recordText } from "./record/record.ts";

/** What the record says besides the edits. */
export interface RecordFacts {
  readonly release: string;
  readonly configuration: string;
  readonly resource: string;
}

/**
 * Turns a plan into operations on the raw pod. They only add, save for the values that this file replaces: ports, paths and
 * schemes of rewritten probes, a gateway's image and its probes by command, and the annotations of CNI mode.
 */
export function podPatch(pod: PodView, plan: SidecarPlan, facts: RecordFacts): readonly PatchOperation[] {
  const editor = new PodEditor(pod.raw);
  // inside existing containers first: what is put in front of them moves their positions
  for (const rewrite of plan.probes) rewriteProbe(editor, rewrite);
  delayStop(editor, pod.containers, plan.stopDelaySeconds);
  if (plan.gateway !== undefined) {
    const path = containerPath(plan.gateway.container);
    delayStop(editor, [plan.gateway.container], plan.gateway.stopDelaySeconds);
    if (plan.gateway.image !== undefined) editor.setScalars(path, { image: plan.gateway.image });
    editor.addMembers(path, plan.gateway.members);
    for (const probe of plan.gateway.probes) {
      editor.removeObject([...path, probe, "exec"]);
      editor.addMembers([...path, probe], { httpGet: { path: "/ready", port: PORTS.status } });
    }
    editor.addElements([...path, "env"], plan.gateway.env, "name", "end");
    editor.addElements([...path, "volumeMounts"], plan.gateway.mounts, "mountPath", "end");
  }
  editor.addElements(["spec", "initContainers"], plan.initContainers, "name", plan.initContainersAt);
  editor.addElements(["spec", "containers"], plan.containers, "name", plan.containersFirst ? 0 : "end");
  editor.addElements(["spec", "volumes"], plan.volumes, "name", "end");
  editor.addElements(
    ["spec", "imagePullSecrets"],
    plan.pullSecrets.map((name) => ({ name })),
    "name",
    "end",
  );
  editor.addElements(
    ["spec", "readinessGates"],
    plan.readinessGates.map((conditionType) => ({ conditionType })),
    "conditionType",
    "end",
  );
  if (plan.fsGroup !== undefined) editor.setScalars(["spec", "securityContext"], { fsGroup: plan.fsGroup });
  annotate(editor, pod, plan, facts);
  return editor.operations;
}

/** All annotations in one go, the record last: it lists the others. */
function annotate(editor: PodEditor, pod: PodView, plan: SidecarPlan, facts: RecordFacts): void {
  const path = ["metadata", "annotations"];
  const added: Record<string, string> = { ...plan.annotations };
  for (const [key, value] of Object.entries(plan.cniAnnotations)) {
    if (Object.hasOwn(pod.annotations, key)) editor.setScalars(path, { [key]: value });
    else added[key] = value;
  }
  const record = (created: readonly string[], parents: readonly string[]) =>
    recordText(newRecord({ ...facts, created, parents, replaced: editor.replaced }));
  // a rehearsal tells what the record has to list, then the same members are added with the record among them
  const rehearsal = new PodEditor(pod.raw);
  rehearsal.addMembers(path, { ...added, [RECORD_KEY]: "" });
  const own = rehearsal.created.slice(0, -1);
  Object.assign(editor.replaced, rehearsal.replaced);
  editor.addMembers(path, {
    ...added,
    [RECORD_KEY]: record([...editor.created, ...own], [...editor.parents, ...rehearsal.parents]),
  });
}

/** Sends one probe to the status listener. */
export function rewriteProbe(editor: PodEditor, { container, probe, action, route }: ProbeRewrite): void {
  const path = [...containerPath(container), probe];
  const old = member(member(container.raw, probe), action) as JsonObject;
  if (action !== "httpGet") {
    editor.removeObject([...path, action]);
    // an empty host means the pod to both kinds: it stays, with what a text says beside it
    const { host } = old;
    editor.addMembers(path, {
      httpGet: { path: route.path, port: PORTS.status, ...(host !== undefined && { host }) },
    });
    return;
  }
  editor.setScalars([...path, action], {
    path: route.path,
    port: PORTS.status,
    ...(member(old, "scheme") === "HTTPS" && { scheme: "HTTP" }),
  });
}

/** Containers that have no preStop hook wait before they stop; one with a hook knows what it does. */
function delayStop(editor: PodEditor, containers: readonly ContainerView[], seconds: number): void {
  if (seconds === 0) return;
  for (const container of containers) {
    const lifecycle = member(container.raw, "lifecycle");
    if (member(lifecycle, "preStop") !== undefined) continue;
    editor.addMembers([...containerPath(container), "lifecycle"], { preStop: { sleep: { seconds } } });
  }
}

/** Values that injection may replace, for the docs and for the test that allows no other. */
export const REPLACED_VALUES: readonly RegExp[] = [
  /^\/spec\/(containers|initContainers)\/[0-9]+\/(startup|liveness|readiness)Probe\/httpGet\/(path|port|scheme)$/,
  /^\/spec\/(containers|initContainers)\/[0-9]+\/(startup|liveness|readiness)Probe\/(tcpSocket|grpc)$/,
  /^\/spec\/containers\/[0-9]+\/(startup|liveness|readiness)Probe\/exec$/,
  /^\/spec\/containers\/[0-9]+\/image$/,
  new RegExp(`^/metadata/annotations/${APPMESH_PREFIX.replace("/", "~1").replaceAll(".", "\\.")}[A-Za-z]+$`),
];
