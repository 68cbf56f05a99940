import { readFileSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { isObject, type Json, type JsonObject, member, objectsOf, stringOf } from "../model/json.ts";

/** A cluster of a kubeconfig, and what to send it with every call. */
export interface PlainKubeconfig {
  readonly server: URL;
  /** The namespace that the context names. */
  readonly namespace: string | undefined;
  readonly options: RequestOptions;
}

const CLUSTER_KEYS = [
  "server",
  "certificate-authority",
  "certificate-authority-data",
  "insecure-skip-tls-verify",
  "tls-server-name",
  "disable-compression",
  "extensions",
];
const USER_KEYS = [
  "client-certificate",
  "client-certificate-data",
  "client-key",
  "client-key-data",
  "token",
  "extensions",
];

const CONTENTS = ["certificate-authority", "client-certificate", "client-key"];

/**
 * What a kubeconfig with absolute paths says whose user is known by a certificate or a token in the file, as most are: that takes some milliseconds,
 * loading the library a third of a second. Undefined where there is anything else (programs that give tokens, proxies,
 * impersonation, a fault): the library knows all of it, and says what is wrong.
 */
export function plainKubeconfig(config: JsonObject, context: string): PlainKubeconfig | undefined {
  try {
    const chosen = named(config, "contexts", "context", context || stringOf(member(config, "current-context")));
    const cluster = named(config, "clusters", "cluster", stringOf(member(chosen, "cluster")));
    const user = named(config, "users", "user", stringOf(member(chosen, "user")));
    if (!hasOnly(cluster, CLUSTER_KEYS) || !hasOnly(user, USER_KEYS)) return undefined;
    // kubectl and the library do not agree on which of the two counts
    if (CONTENTS.some((key) => [cluster, user].some((each) => key in each && `${key}-data` in each))) return undefined;
    const text = (of: JsonObject, key: string): string | undefined => stringOf(of[key]) || undefined;
    const content = (of: JsonObject, key: string): Buffer | undefined => {
      const data = text(of, `${key}-data`);
      if (data !== undefined) return Buffer.from(data, "base64");
      const file = text(of, key);
      return file === undefined ? undefined : readFileSync(file);
    };
    const token = text(user, "token");
    const servername = text(cluster, "tls-server-name");
    const files = {
      ca: content(cluster, "certificate-authority"),
      cert: content(user, "client-certificate"),
      key: content(user, "client-key"),
    };
    return {
      namespace: text(chosen ?? {}, "namespace"),
      server: new URL(text(cluster, "server") ?? ""),
      options: {
        ...Object.fromEntries(Object.entries(files).filter(([, bytes]) => bytes !== undefined)),
        ...(cluster["insecure-skip-tls-verify"] === true && { rejectUnauthorized: false }),
        ...(servername !== undefined && { servername }),
        headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
      },
    };
  } catch {
    return undefined;
  }
}

/** The content of the entry of a kubeconfig's list that has this name. */
function named(config: Json, list: string, content: string, name: string | undefined): JsonObject | undefined {
  const entry = objectsOf(member(config, list)).find((each) => each["name"] === name);
  const value = member(entry, content);
  return name !== undefined && isObject(value) ? value : undefined;
}

function hasOnly(object: JsonObject | undefined, keys: readonly string[]): object is JsonObject {
  return object !== undefined && Object.keys(object).every((key) => keys.includes(key));
}
