import { readFile } from "node:fs/promises";
import { Agent, type RequestOptions } from "node:https";
import type { Cluster, KubeConfig } from "@kubernetes/client-node";
import type { Environment } from "../model/environment.ts";
import { KubeError } from "./kube-error.ts";
import { type Kubeconfig, loadedKubeconfig, readKubeconfig } from "./kubeconfig.ts";
import { KUBE_LIMITS } from "./limits.ts";
import type { PlainKubeconfig } from "./plain-kubeconfig.ts";

/** Where the Kubernetes API is, and how to be let in. */
export interface KubeEndpoint {
  readonly server: URL;
  /** The namespace that the kubeconfig's context names. */
  readonly namespace?: string;
  /** Options for one call: TLS, agent and authorization, renewed as needed. */
  readonly options: () => Promise<RequestOptions>;
}

/** Where the kubelet puts a pod's own credentials. */
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * The endpoint of the cluster that kubectl would take: of the given kubeconfig file, else of the user's kubeconfigs, else of the pod
 * we run in. `context` chooses one of the contexts instead of the current one. Rejects with {@link KubeError} `no-cluster` when there is none,
 * `no-such-name` when the given file or context is not there.
 */
export async function kubeEndpoint(kubeconfig: string, environment: Environment, context = ""): Promise<KubeEndpoint> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
  const read = await readKubeconfig(kubeconfig, environment);
  if (read.config !== undefined || kubeconfig !== "") {
    // most need no library; a pod needs neither
    const { plainKubeconfig } = await import("./plain-kubeconfig.ts");
    const plain = plainKubeconfig(read.config ?? {}, context);
    return plain === undefined ? fromKubeconfig(read, context) : fromPlain(plain);
  }
  if (context === "" && host !== undefined && port !== undefined) {
    return inCluster(new URL(`https://${host.includes(":") ? `[${host}]` : host}:${port}`), SERVICE_ACCOUNT);
  }
  const looked = read.looked.length === 0 ? "" : ` (looked for ${read.looked.join(", ")})`;
  throw new KubeError("no-cluster", `no kubeconfig was found${looked}: give one with --kubeconfig FILE`);
}

function fromPlain({ server, namespace, options }: PlainKubeconfig): KubeEndpoint {
  const agent = server.protocol === "https:" ? new Agent({ keepAlive: true }) : false;
  return {
    server,
    ...(namespace !== undefined && { namespace }),
    options: () => Promise.resolve({ ...options, agent }),
  };
}

/**
 * The endpoint of the cluster in which we are a pod: needs no library, so the webhook stays small where it counts. The kubelet
 * renews both files, and the authority may be rotated while we run. `now` in milliseconds, as of any clock that does not go back.
 */
export async function inCluster(
  server: URL,
  directory: string,
  now: () => number = () => performance.now(),
): Promise<KubeEndpoint> {
  let current = await credentialsIn(directory);
  let readAt = now();
  return {
    server,
    async options() {
      if (now() - readAt > KUBE_LIMITS.tokenAge) {
        current = await credentialsIn(directory, current);
        readAt = now();
      }
      return { agent: current.agent, headers: { authorization: `Bearer ${current.token}` } };
    },
  };
}

interface PodCredentials {
  readonly token: string;
  readonly ca: string;
  /** Trusts the authority; calls that run on a former one's connections go on. */
  readonly agent: Agent;
}

async function credentialsIn(directory: string, before?: PodCredentials): Promise<PodCredentials> {
  const [token, ca] = await Promise.all(["token", "ca.crt"].map((file) => readFile(`${directory}/${file}`, "utf8")));
  const trusted = ca ?? "";
  const agent = before?.ca === trusted ? before.agent : new Agent({ keepAlive: true, ca: trusted });
  return { token: (token ?? "").trim(), ca: trusted, agent };
}

/** The endpoint of a kubeconfig's context. */
async function fromKubeconfig(read: Kubeconfig, context: string): Promise<KubeEndpoint> {
  const config = await loadedKubeconfig(read, context);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new KubeError("no-cluster", `${read.looked.join(", ")}: ${whyNoCluster(config)}`);
  if (config.getCurrentUser() === null) {
    const message = `the context ${config.getCurrentContext()} names a user that is not there`;
    throw new KubeError("no-cluster", `${read.looked.join(", ")}: ${message}`);
  }
  const server = serverOf(cluster);
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace;
  const ownAgent = server.protocol === "https:" ? new Agent({ keepAlive: true }) : undefined;
  return {
    server,
    ...(namespace !== undefined && { namespace }),
    async options() {
      const options: RequestOptions = {};
      try {
        await config.applyToHTTPSOptions(options);
      } catch (error) {
        const problem = `the credentials of context ${config.getCurrentContext()} cannot be used`;
        throw new KubeError("no-cluster", `${problem}: ${(error as Error).message}`, { cause: error });
      }
      // The library's agent opens a connection for every call; only a proxy needs it.
      const agent = cluster.proxyUrl === undefined ? ownAgent : options.agent;
      return { ...options, ...(agent === undefined ? { agent: false } : { agent }) };
    },
  };
}

function whyNoCluster(config: KubeConfig): string {
  const name = config.getCurrentContext();
  const context = config.getContextObject(name);
  if (context !== null) return `the context ${name} names the cluster ${context.cluster}, which is not there`;
  const known = config.getContexts().map((one) => one.name);
  if (name) return `the current context ${name} is not there: expected one of ${known.join(", ") || "none"}`;
  return known.length === 0
    ? "has no current context: give another one with --kubeconfig FILE"
    : `has no current context: choose one of ${known.join(", ")} with kubectl config use-context NAME`;
}

function serverOf({ name, server }: Cluster): URL {
  // kubectl takes an address without a scheme for one without TLS
  const url = server.includes("://") ? server : `http://${server}`;
  if (URL.canParse(url)) return new URL(url);
  throw new KubeError(
    "no-cluster",
    `the server ${server} of the cluster ${name} is no URL: expected https://HOST:PORT`,
  );
}
