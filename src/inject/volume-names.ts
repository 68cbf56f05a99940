import { createHash } from "node:crypto";
import { type JsonObject, member } from "../model/json.ts";

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
