import { z } from "zod";

/* What a setting may be, in forms that more than one setting has. */

export const port = z.int().min(1).max(65535);
export const seconds = z.int().min(0).max(86_400);

/** A text of the given form; the form completes the sentence "expected …" and stands in the documentation. */
export function text(form: string, pattern: RegExp, maximum = 255) {
  return z.string().max(maximum, `expected ${form}`).regex(pattern, `expected ${form}`).describe(form);
}

export const quantity = text(
  "a Kubernetes quantity such as 10m, 0.5 or 32Mi, or nothing",
  /^$|^[+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2}|[numkMGTPE]|[KMGTPE]i)?$/,
  64,
);
/** Names end up in node ids, so they keep to what App Mesh accepted: no slash, no control character. */
export const meshName = text(
  "a mesh name of at most 255 characters without slash or control character, or nothing",
  /^[^/\p{Cc}]*$/u,
);
export const image = text(
  "an image reference such as repository/name:tag or repository/name@sha256:…, or nothing",
  /^[^\s\p{Cc}]*$/u,
  1024,
);
export const host = text("a host name or an IP address", /^[A-Za-z0-9._:[\]-]+$/);
export const hostOrReference = text(
  "a host name, an IP address or ref:status.hostIP",
  /^(ref:status\.hostIP|[A-Za-z0-9._:[\]-]+)$/,
);
export const optionalHostOrReference = text(
  "a host name, an IP address or ref:status.hostIP, or nothing",
  /^(ref:status\.hostIP|[A-Za-z0-9._:[\]-]*)$/,
);
export const absolutePath = text("an absolute path", /^\/\P{Cc}*$/u);
export const optionalAbsolutePath = text("an absolute path, or nothing", /^(\/\P{Cc}*)?$/u);
export const optionalFile = text("the path of a file, or nothing", /^\P{Cc}*$/u, 4096);
export const secretName = text("the name of a Secret, or nothing", /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$/, 253);
export const namespace = text("the name of a namespace", /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 63);
/** A lifetime: from seconds, for tests, to thirty years. */
export const lifetime = z.int().min(1).max(946_080_000);
const LISTEN_ADDRESS =
  /^([A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\]):([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$/;
export const listenAddress = text("ADDRESS:PORT such as 0.0.0.0:8443, [::]:8443 or 127.0.0.1:0", LISTEN_ADDRESS);
export const optionalListenAddress = text(
  "ADDRESS:PORT such as 0.0.0.0:9090, or nothing",
  new RegExp(`^$|${LISTEN_ADDRESS.source}`),
);
export const addressOrRange = z
  .union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], "expected an IP address or a CIDR range")
  .describe("an IP address or a CIDR range");
/** A text that must look like a decimal from 0 to 1; a text, because `1e-2`, hex floats and NaN are not wanted. */
export const samplingRate = text("a decimal from 0 to 1 such as 0.05", /^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$/);

/** ARNs that mean Secrets: each may be used by the namespaces that are listed, and by no other. */
export const certificateSecrets = z
  .array(
    z.strictObject({
      arn: text("an ARN", /^arn:[^\s\p{Cc},]+$/u, 2048),
      secret: text("the name of a Secret", /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 253),
      namespaces: z.array(namespace).max(256).default([]),
    }),
  )
  // each Secret has a watch of its own
  .max(64)
  .refine((all) => new Set(all.map(({ arn }) => arn)).size === all.length)
  .describe("a list of maps, each with an arn that no other one has, the name of a secret, and namespaces");
