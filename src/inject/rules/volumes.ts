import { posix } from "node:path";
import { firstOf } from "../../model/first-of.ts";
import { member, stringOf } from "../../model/json.ts";
import { APPMESH_PREFIX, IDENTITY_PATH, IDENTITY_VOLUME, XRAY_CONTAINER } from "../../model/names.ts";
import { hasIdentity, type MountEntry, type SidecarSettings } from "../decision.ts";
import { findContainer, type PodView } from "../pod.ts";
import type { Ended, Trace } from "../trace.ts";
import { isSdsVolume, SDS_VOLUME, secretVolumeName } from "../volume-names.ts";
import type { Seen } from "./seen.ts";

/** The sidecar's volumes need their names. */
export function volumeNames({ pod, settings }: Pick<Seen, "pod" | "settings">, trace: Trace): Ended | undefined {
  const rule = "volume-names";
  const ours = [
    ...(hasIdentity(settings) ? [IDENTITY_VOLUME] : []),
    ...settings.secretMounts.map((mount) => secretVolumeName(mount.name)),
    ...(settings.sdsSocket === undefined ? [] : [SDS_VOLUME]),
  ];
  const taken = pod.volumes.find(
    (volume) => ours.includes(stringOf(member(volume, "name")) ?? "") && !isSdsVolume(volume, settings.sdsSocket),
  );
  if (taken === undefined) return trace.pass(rule, "no volume has one of our names");
  const name = stringOf(member(taken, "name"));
  return trace.deny(
    rule,
    "volume-name-taken",
    `spec.volumes already holds a volume named ${name}, which the sidecar needs; rename it`,
  );
}

/** What the annotations mount must be there, and no two things at one path. */
export function mountedVolumes({ pod, settings }: Pick<Seen, "pod" | "settings">, trace: Trace): Ended | undefined {
  const rule = "volume-mounts";
  const names = pod.volumes.map((volume) => stringOf(member(volume, "name")) ?? "");
  const wanted = [
    ...settings.volumeMounts.map((mount) => ({ mount, key: "volumeMounts" })),
    ...daemonMount(pod, settings, trace).map((mount) => ({ mount, key: "xrayAgentConfigMount" })),
  ];
  const missing = wanted.find(({ mount }) => !names.includes(mount.name));
  if (missing !== undefined) {
    return trace.deny(
      rule,
      "missing-volume",
      `annotation ${APPMESH_PREFIX}${missing.key} mounts volume ${missing.mount.name}, but the pod has ${volumesText(names)}; add the volume or correct the annotation`,
    );
  }
  const paths = [...settings.secretMounts, ...settings.volumeMounts].map((mount) => canonicalPath(mount.path));
  const own = [...(hasIdentity(settings) ? [IDENTITY_PATH] : []), ...(settings.sdsSocket ? [settings.sdsSocket] : [])];
  const needed = paths.find((path) => own.includes(path));
  if (needed !== undefined) {
    return trace.deny(
      rule,
      "bad-annotation",
      `${APPMESH_PREFIX}secretMounts or ${APPMESH_PREFIX}volumeMounts uses the path ${needed}, where the sidecar mounts a volume of its own; use another path`,
    );
  }
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice !== undefined) {
    return trace.deny(
      rule,
      "bad-annotation",
      `${APPMESH_PREFIX}secretMounts and ${APPMESH_PREFIX}volumeMounts both use the path ${twice}; every path can be used once`,
    );
  }
  return wanted.length === 0 ? undefined : trace.pass(rule, "every mounted volume exists");
}

/** The X-Ray daemon's configuration file; a pod that brings its own daemon mounts what that one needs. */
function daemonMount(pod: PodView, settings: SidecarSettings, trace: Trace): readonly MountEntry[] {
  if (settings.xrayConfigMount === undefined) return [];
  if (findContainer([...pod.initContainers, ...pod.containers], XRAY_CONTAINER) === undefined) {
    return [settings.xrayConfigMount];
  }
  trace.warn(
    "volume-mounts",
    `annotation ${APPMESH_PREFIX}xrayAgentConfigMount has no effect: the pod has a container ${XRAY_CONTAINER} of its own`,
  );
  return [];
}

/** The path as the container runtime sees it: `/var/run/x/` is `/var/run/x`. */
function canonicalPath(path: string): string {
  return posix.normalize(path).replace(/(?<=.)\/$/, "");
}

/** Volumes that a message names; a pod may have thousands. */
const NAMED_VOLUMES = 16;

function volumesText(names: readonly string[]): string {
  return names.length === 0 ? "no volumes" : `only ${firstOf(names, NAMED_VOLUMES)}`;
}
