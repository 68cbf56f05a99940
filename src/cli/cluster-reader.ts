import type { KubeClient } from "../kube/client.ts";
import { KubeError } from "../kube/kube-error.ts";
import { type JsonObject, member, objectsOf } from "../model/json.ts";
import { type Io, say } from "./io.ts";

/** Milliseconds for one read; a person waits. */
const READ_TIMEOUT = 10_000;

/** Reads single objects and lists; what is not there, or not to be seen by this user, is left out and said. */
export interface ClusterReader {
  one(path: string): Promise<JsonObject | undefined>;
  /** Whether the last read of this path was refused. */
  wasForbidden(path: string): boolean;
  list(path: string): Promise<readonly JsonObject[]>;
}

/** Reads with this client. A read that the user is not allowed is warned of. Rejects with KubeError when there is no other answer. */
export function clusterReader(client: KubeClient, io: Io): ClusterReader {
  const signal = new AbortController().signal;
  const forbidden = new Set<string>();
  const one = async (path: string): Promise<JsonObject | undefined> => {
    try {
      return await client.get(path, { content: "whole", signal, timeout: READ_TIMEOUT });
    } catch (error) {
      if (!(error instanceof KubeError) || (error.status !== 404 && error.status !== 403)) throw error;
      if (error.status === 403) {
        forbidden.add(path);
        say(io, `warning: not allowed to read ${path}; it is taken for absent`);
      }
      return undefined;
    }
  };
  return {
    one,
    wasForbidden: (path) => forbidden.has(path),
    list: async (path) => objectsOf(member(await one(path), "items")),
  };
}
