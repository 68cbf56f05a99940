import { createHash } from "node:crypto";
import { type JsonObject, member } from "../../model/json.ts";
import type { MountEntry, SidecarSettings } from "../decision.ts";

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SECRET_PREFIX = "envoy-secret-";
export const SDS_VOLUME = "appmesh-sds-socket-volume";

/**
 * Name of the volume for a secret: the secret's name where it fits into a DNS label, else shortened with a hash
 * (secret names may have dots and 253 characters, volume names may not; bug C24).
 */
export function secretVolumeName(secret: string): string {
  const name = `${SECRET_PREFIX}${secret}`;
  if (LABEL.test(name) && name.length <= 63) return name;
  const hash = createHash("sha256").update(secret).digest("hex").slice(0, 8);
  const stem = secret.replaceAll(".", "-").slice(0, 63 - SECRET_PREFIX.length - hash.length - 1);
  return `${SECRET_PREFIX}${stem.replace(/-+$/, "")}-${hash}`;
}

/** Whether this is the SDS socket's volume as we would make it: manifests saved from the controller's pods have it already (bug C11). */
export function isSdsVolume(volume: JsonObject, socket: string | undefined): boolean {
  return socket !== undefined && volume["name"] === SDS_VOLUME && member(member(volume, "hostPath"), "path") === socket;
}

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
