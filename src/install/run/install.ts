import { apply, read, remove, type Writer } from "../../kube/writes.ts";
import { type JsonObject, sameJson } from "../../model/json.ts";
import { InstallError, refused } from "../install-error.ts";
import { customResourceDefinitions } from "../objects/custom-resource-definitions.ts";
import type { InstallationOptions } from "../objects/installation-options.ts";
import { objectNameOf, titleOf } from "../objects/object-name.ts";
import { isRegistration } from "../objects/object-registrations.ts";
import { componentObjects } from "../objects/objects.ts";
import { COMPONENTS, type Component } from "../objects/ownership.ts";
import { isInstalled } from "../preflight/foreign-object.ts";
import { helmReleaseOf } from "../preflight/helm-release.ts";
import { preflight } from "../preflight/preflight.ts";
import { inventory, leftOver } from "./inventory.ts";
import { choiceText, chosenMeshMode, controlPlaneBefore, withMeshMode } from "./mesh-mode.ts";
import { ownModes } from "./own-modes.ts";
import { deploymentReady, hasTrust, trustPublished } from "./readiness.ts";
import { takeOverDeployments, takeOverRegistrations } from "./take-over-others.ts";
import { removeTestNamespaces, testInjection } from "./test-injection.ts";

/** How an installation is carried out. */
export interface InstallRun {
  readonly writer: Writer;
  /** `server`: the API server checks everything and stores nothing. */
  readonly dryRun?: "server";
  /** Other injectors, and App Mesh's own controller: refuse to install beside them, or switch them off so that they can be given back. */
  readonly others: "refuse" | "take-over";
  /** Milliseconds until everything must be ready; absent: not waited for. */
  readonly timeout?: number;
  /** Takes one line for a person, as things happen. */
  readonly report: (line: string) => void;
}

/**
 * Installs, or brings to this form, the App Mesh CRDs and the components that the options name: control plane first, then, when its
 * trust is there, the injector, the registration last; waits until a test admission comes back. Rejects with InstallError (all reasons at once,
 * when nothing was changed) or KubeError.
 */
export async function install(options: InstallationOptions, run: InstallRun): Promise<void> {
  const { writer, report } = run;
  const components = COMPONENTS.filter((component) => options.components.includes(component));
  const definitions = customResourceDefinitions();
  const objects = [...definitions, ...components.flatMap((component) => componentObjects(component, options))];
  const injects = components.includes("injector");
  const refusals = await preflight(writer, {
    objects,
    components,
    others: run.others,
  });
  if (refusals.length > 0) throw refused(refusals);
  const deadline = performance.now() + (run.timeout ?? 0);
  await applyDefinitions(definitions, run);
  const decided = components.includes("control-plane") ? await withMode(options, run) : options;
  for (const component of components) {
    await applyComponent(component, decided, run, deadline);
  }
  // last, as it injects until ours does
  if (components.length === COMPONENTS.length && run.others === "take-over") await takeOverDeployments(run);
  if (run.dryRun !== undefined || run.timeout === undefined || !injects) return;
  if (!(await canBeReady(writer, options))) {
    return report("not tested: the injector waits for the mesh's trust, which a control plane publishes");
  }
  report("waiting for a test admission");
  const outcome = await testInjection(writer, deadline);
  if (outcome.kind === "not-injected") {
    throw new InstallError("not-ready", `a test pod was not injected in time: ${outcome.problem}; see outrigger check`);
  }
  report("a test pod came back with its sidecar");
}

/**
 * Installs, or brings to this form, the App Mesh CRDs alone, whoever made those that are there. Rejects with InstallError (nothing was
 * changed) or KubeError.
 */
export async function installDefinitions(run: Pick<InstallRun, "writer" | "dryRun" | "report">): Promise<void> {
  const objects = customResourceDefinitions();
  const refusals = await preflight(run.writer, { objects, components: [], others: "refuse" });
  if (refusals.length > 0) throw refused(refusals);
  await applyDefinitions(objects, run);
}

/** Says whether the mesh is served, where the options do not. */
async function withMode(options: InstallationOptions, run: InstallRun): Promise<InstallationOptions> {
  const given = options.settings.controlPlane?.mesh;
  const mode = chosenMeshMode(given, await controlPlaneBefore(run.writer), run.others === "take-over");
  run.report(choiceText(mode, await ownModes(run.writer)));
  return withMeshMode(options, mode);
}

async function applyDefinitions(
  definitions: readonly JsonObject[],
  run: Pick<InstallRun, "writer" | "dryRun" | "report">,
): Promise<void> {
  run.report(`App Mesh kinds: ${definitions.length} objects${run.dryRun ? " (dry run)" : ""}`);
  for (const definition of definitions) await applyOne(definition, run);
}

async function applyComponent(
  component: Component,
  options: InstallationOptions,
  run: InstallRun,
  deadline: number,
): Promise<void> {
  const { writer, report } = run;
  const objects = componentObjects(component, options);
  const waits = run.timeout !== undefined && run.dryRun === undefined;
  report(`${component}: ${objects.length} objects${run.dryRun ? " (dry run)" : ""}`);
  // registrations come last: from then on somebody has to answer
  let isAwaited = false;
  for (const object of objects) {
    if (isRegistration(object) && !isAwaited) {
      isAwaited = true;
      if (waits && (await canBeReady(writer, options))) await waitFor(component, writer, report, deadline);
      if (run.others === "take-over") await takeOverRegistrations(run, component === "injector" ? "pods" : "objects");
    }
    await applyOne(object, run);
  }
  const left = leftOver(await inventory(writer, component), objects);
  for (const object of left) {
    if (run.dryRun === undefined) await remove(writer, object);
    report(`  ${titleOf(object)} ${run.dryRun ? "would be removed" : "removed"}: no longer part of it`);
  }
  if (component === "control-plane" && waits && options.settings.proxy?.controlPlane !== "none") {
    await trustPublished(writer, deadline);
  }
  if (run.dryRun === undefined) await removeTestNamespaces(writer);
}

async function waitFor(
  component: Component,
  writer: Writer,
  report: (line: string) => void,
  deadline: number,
): Promise<void> {
  report(`${component}: waiting until its pods are ready`);
  await deploymentReady(writer, component, deadline);
  report(`${component}: ready`);
}

/** The injector becomes ready only when it knows the mesh's trust, unless there is no control plane by choice. */
async function canBeReady(writer: Writer, options: InstallationOptions): Promise<boolean> {
  if (options.settings.proxy?.controlPlane === "none" || options.components.includes("control-plane")) return true;
  return hasTrust(writer);
}

async function applyOne(object: JsonObject, run: Pick<InstallRun, "writer" | "dryRun" | "report">): Promise<void> {
  const { writer, report } = run;
  const stored = await read(writer, object);
  if (stored !== undefined && object.kind === "Namespace" && !isInstalled(stored)) {
    return report(`  ${titleOf(object)} was there before: it stays as it is, and uninstall will leave it`);
  }
  if (run.dryRun !== undefined && (await isInMissingNamespace(writer, object))) {
    return report(`  ${titleOf(object)} would be created (not checked: its namespace is not there yet)`);
  }
  const conflicts = "take";
  const after = await apply(writer, object, { conflicts, ...(run.dryRun && { dryRun: run.dryRun }) });
  const verb = stored === undefined ? "created" : sameJson(essence(stored), essence(after)) ? "unchanged" : "changed";
  report(`  ${titleOf(object)} ${run.dryRun && verb !== "unchanged" ? `would be ${verb}` : verb}`);
  const release =
    object.kind !== "CustomResourceDefinition" || stored === undefined ? undefined : helmReleaseOf(stored);
  if (release === undefined) return;
  report(
    `    it belongs to the Helm release ${release.name} in namespace ${release.namespace}, so that helm uninstall would remove it and all objects of its kind: see step 6 of docs/migrate.md`,
  );
}

async function isInMissingNamespace(writer: Writer, object: JsonObject): Promise<boolean> {
  const { namespace } = objectNameOf(object);
  if (namespace === undefined) return false;
  return (await read(writer, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } })) === undefined;
}

/** An object without what every write changes. */
function essence(object: JsonObject): JsonObject {
  const { resourceVersion: _v, generation: _g, managedFields: _m, ...metadata } = object.metadata as JsonObject;
  const { status: _s, ...rest } = object;
  return { ...rest, metadata };
}
