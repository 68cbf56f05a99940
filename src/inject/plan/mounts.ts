import type { JsonObject } from "../../model/json.ts";
import type { MountEntry, SidecarSettings } from "../decision.ts";
import { SDS_VOLUME, secretVolumeName } from "../volume-names.ts";

/** Volumes for the mounted secrets and the SDS socket; each once. */
export function extraVolumes(settings: SidecarSettings): readonly JsonObject[] {
  const secrets = [...new Set(settings.secretMounts.map((mount) => mount.name))];
  return [
    ...secrets.map((secretName) => ({ name: secretVolumeName(secretName), secret: { secretName } })),
    ...(settings.sdsSocket === undefined
      ? []
      : [{ name: SDS_VOLUME, hostPath: { path: settings.sdsSocket, type: "Socket" } }]),
  ];
}

/** Mounts of Envoy, in the order of the annotations; secrets and volumes read-only, the SDS socket not (it is connected to). */
export function extraMounts(settings: SidecarSettings): readonly JsonObject[] {
  return [
    ...settings.secretMounts.map((mount) => readOnly(secretVolumeName(mount.name), mount.path)),
    ...settings.volumeMounts.map(readOnlyMount),
    ...(settings.sdsSocket === undefined ? [] : [{ name: SDS_VOLUME, mountPath: settings.sdsSocket }]),
  ];
}

export function readOnlyMount(mount: MountEntry): JsonObject {
  return readOnly(mount.name, mount.path);
}

function readOnly(name: string, mountPath: string): JsonObject {
  return { name, mountPath, readOnly: true };
}
