import { readFile } from "node:fs/promises";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import type { User } from "@kubernetes/client-node";
import type { Environment } from "../model/environment.ts";
import { type Json, type JsonObject, member, objectOf, objectsOf, stringOf } from "../model/json.ts";
import { KUBERNETES_YAML } from "../model/yaml-dialect.ts";
import { KubeError } from "./kube-error.ts";

/** Which cluster: an empty path means the one that kubectl would take, an empty context the current one. */
export interface ClusterPlace {
  readonly kubeconfig: string;
  readonly context: string;
}

/** What the files say together; `config` is one kubeconfig with absolute paths, undefined where no file says anything. */
export interface Kubeconfig {
  readonly config: JsonObject | undefined;
  /** The files that were looked for, for messages. */
  readonly looked: readonly string[];
}

/**
 * Reads kubeconfigs as kubectl does (https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig):
 * the given file and no other; else those of the list `KUBECONFIG`, of which missing ones and empty entries are skipped;
 * else `~/.kube/config`. The first file that has an entry of a name gives the whole entry; relative paths belong to the
 * folder of their file. Rejects with {@link KubeError} `no-cluster`, or `no-such-name` where the given file is not there.
 */
export async function readKubeconfig(given: string, environment: Environment): Promise<Kubeconfig> {
  const looked = given === "" ? defaultFiles(environment) : [given];
  const files = await Promise.all(looked.map((path) => readOne(path, given !== "")));
  const filled = files.filter(saysAnything);
  return { config: filled.length === 0 ? undefined : merged(filled), looked };
}

function defaultFiles({ KUBECONFIG: list = "", HOME: home = "" }: Environment): readonly string[] {
  if (list !== "") return [...new Set(list.split(delimiter).filter((path) => path !== ""))];
  return home === "" ? [] : [join(home, ".kube", "config")];
}

async function readOne(path: string, isGiven: boolean): Promise<JsonObject> {
  try {
    const text = await readFile(path, "utf8");
    // loaded only here: in a pod there is no file
    const { parse } = await import("yaml");
    const content = parse(text, { ...KUBERNETES_YAML, intAsBigInt: false, logLevel: "error" }) as Json;
    return withAbsolutePaths(objectOf(content), dirname(resolve(path)));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && !isGiven) return {};
    const why = { ENOENT: "it does not exist", EISDIR: "it is a folder", EACCES: "you are not allowed to read it" };
    const known = Object.hasOwn(why, code ?? "") ? why[code as keyof typeof why] : message;
    const kind = code === "ENOENT" ? "no-such-name" : "no-cluster";
    throw new KubeError(kind, `the kubeconfig ${path} cannot be used: ${known}`, { cause: error });
  }
}

/** Kinds of entries, the member that holds what they say, and which of its members are paths. */
const ENTRIES = [
  ["clusters", "cluster", ["certificate-authority"]],
  ["users", "user", ["client-certificate", "client-key", "tokenFile"]],
  ["contexts", "context", []],
] as const;

function withAbsolutePaths(config: JsonObject, folder: string): JsonObject {
  const absolute = (path: string): string => (path === "" || isAbsolute(path) ? path : join(folder, path));
  const lists = ENTRIES.map(([list, inner, paths]) => {
    const entries = objectsOf(config[list]).map((entry): JsonObject => {
      const said: Record<string, Json> = { ...objectOf(entry[inner]) };
      for (const key of paths) {
        const path = stringOf(said[key]);
        if (path !== undefined) said[key] = absolute(path);
      }
      const program = stringOf(member(said["exec"], "command"));
      // a bare name is looked for in PATH
      if (program?.includes("/")) said["exec"] = { ...objectOf(said["exec"]), command: absolute(program) };
      return { ...entry, [inner]: said };
    });
    return [list, entries] as const;
  });
  return { ...config, ...Object.fromEntries(lists) };
}

function saysAnything(config: JsonObject): boolean {
  return ENTRIES.some(([list]) => objectsOf(config[list]).length > 0) || Boolean(stringOf(config["current-context"]));
}

function merged(files: readonly JsonObject[]): JsonObject {
  const current = files.map((file) => stringOf(file["current-context"]) ?? "").find((name) => name !== "") ?? "";
  const lists = ENTRIES.map(([list]) => {
    const byName = new Map<Json | undefined, JsonObject>();
    for (const entry of files.flatMap((file) => objectsOf(file[list]))) {
      if (!byName.has(entry["name"])) byName.set(entry["name"], entry);
    }
    return [list, [...byName.values()]] as const;
  });
  return { ...Object.fromEntries(lists), "current-context": current };
}

/**
 * The library's view of a kubeconfig, at the context that is asked for: with every way of authentication that kubectl
 * knows. Rejects with {@link KubeError} `no-cluster`, or `no-such-name` where there is no such context.
 */
export async function loadedKubeconfig({ config, looked }: Kubeconfig, context: string) {
  // Loaded only here: it takes a third of a second and 90 MB.
  const { KubeConfig } = await import("@kubernetes/client-node");
  const loaded = new KubeConfig();
  const where = looked.join(", ") || "no kubeconfig";
  try {
    loaded.loadFromString(JSON.stringify(asTheLibraryReads(config ?? {})));
  } catch (error) {
    throw new KubeError("no-cluster", `${where} cannot be used: ${(error as Error).message}`, { cause: error });
  }
  if (context !== "") {
    if (loaded.getContextObject(context) === null) {
      const known = loaded.getContexts().map(({ name }) => name);
      const message = `there is no context ${context}: expected one of ${known.join(", ") || "none"}`;
      throw new KubeError("no-such-name", `${message}, which is what ${where} has`);
    }
    loaded.setCurrentContext(context);
  }
  loaded.addAuthenticator({
    isAuthProvider: ({ authProvider }: User) => authProvider?.name === TOKEN_FILE,
    applyAuthentication: async ({ authProvider }: User, options) => {
      // read for every call: whoever writes such a file renews it
      const token = (await readFile(authProvider.config.path, "utf8")).trim();
      options.headers = { ...options.headers, Authorization: `Bearer ${token}` };
    },
  });
  return loaded;
}

const TOKEN_FILE = "outrigger-token-file";
/** Without a user the library forgets the cluster's certificates as well. */
const NOBODY = "outrigger-nobody";

/** What the library reads otherwise than kubectl: data of certificates counts before files; `tokenFile`; servers without TLS. */
function asTheLibraryReads(config: JsonObject): JsonObject {
  const clusters = objectsOf(config["clusters"]).map((entry): JsonObject => {
    const cluster = dataFirst(objectOf(entry["cluster"]), ["certificate-authority"]);
    const plain = (stringOf(cluster["server"]) ?? "").startsWith("http:");
    return { ...entry, cluster: plain ? { ...cluster, "insecure-skip-tls-verify": true } : cluster };
  });
  const users = objectsOf(config["users"]).map((entry): JsonObject => {
    const { token, tokenFile, ...user } = dataFirst(objectOf(entry["user"]), ["client-certificate", "client-key"]);
    if (typeof tokenFile === "string" && tokenFile !== "") {
      return { ...entry, user: { ...user, "auth-provider": { name: TOKEN_FILE, config: { path: tokenFile } } } };
    }
    return { ...entry, user: { ...user, ...(token !== undefined && { token }) } };
  });
  const contexts = objectsOf(config["contexts"]).map((entry): JsonObject => {
    const context = objectOf(entry["context"]);
    return stringOf(context["user"]) ? entry : { ...entry, context: { ...context, user: NOBODY } };
  });
  return { ...config, clusters, users: [...users, { name: NOBODY, user: {} }], contexts };
}

function dataFirst(said: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(said).filter(([key]) => !(keys.includes(key) && said[`${key}-data`])));
}
