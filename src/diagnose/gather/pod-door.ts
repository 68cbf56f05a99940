import { Duplex, PassThrough, Readable } from "node:stream";
import { type ClusterPlace, loadedKubeconfig, readKubeconfig } from "../../kube/kubeconfig.ts";
import type { Environment } from "../../model/environment.ts";
import { DIAGNOSE_LIMITS } from "../limits.ts";

/** A way to a port inside a pod that needs no Service and no listener beyond the pod's loopback address. */
export interface PodDoor {
  /** A connection to the port, seen by the pod as one from itself. Rejects with an Error that says why there is none. */
  connect(namespace: string, pod: string, port: number): Promise<Duplex>;
}

/** The library's socket, as far as it is used here. */
interface Socket {
  close(): void;
  addEventListener(event: "close", ended: () => void): void;
}

/**
 * Connections by the API server's port forwarding over a WebSocket, as `kubectl port-forward` makes them, with the rights of
 * the kubeconfig's user.
 */
export function forwardingDoor(place: ClusterPlace, environment: Environment): PodDoor {
  let client: ReturnType<typeof loadClient> | undefined;
  return {
    async connect(namespace, pod, port) {
      client ??= loadClient(place, environment);
      const { PortForward, config } = await client;
      const [toPod, fromPod, complaints] = [new PassThrough(), new PassThrough(), new PassThrough()];
      const answer = answerOf(fromPod, complaints);
      const forward = new PortForward(config, true).portForward(namespace, pod, [port], fromPod, complaints, toPod);
      const socket = await inTime(forward as Promise<Socket>);
      socket.addEventListener("close", () => fromPod.end());
      const duplex = Duplex.from({ readable: answer, writable: toPod });
      duplex.on("close", () => socket.close());
      return duplex;
    },
  };
}

/** What comes from the pod, and after it, where the API server complains, an error that says of what. */
export function answerOf(fromPod: PassThrough, complaints: Readable): Readable {
  let complaint: Error | undefined;
  complaints.on("data", (text: Buffer) => {
    complaint ??= new Error(text.toString().trim());
    fromPod.end();
  });
  async function* all() {
    yield* fromPod;
    if (complaint !== undefined) throw complaint;
  }
  return Readable.from(all(), { objectMode: false });
}

async function loadClient({ kubeconfig, context }: ClusterPlace, environment: Environment) {
  const { KubeConfig, PortForward } = await import("@kubernetes/client-node");
  const read = await readKubeconfig(kubeconfig, environment);
  if (read.config !== undefined || kubeconfig !== "" || context !== "")
    return { PortForward, config: await loadedKubeconfig(read, context) };
  const config = new KubeConfig();
  config.loadFromCluster();
  return { PortForward, config };
}

/** The socket, or why there is none; one that comes too late is closed. */
async function inTime(opening: Promise<Socket>): Promise<Socket> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const { forward } = DIAGNOSE_LIMITS;
  const timer = setTimeout(() => {
    reject(new Error(`no connection within ${forward} ms`));
    opening.then((socket) => socket.close()).catch(() => {});
  }, forward);
  try {
    return await Promise.race([opening, late]);
  } catch (error) {
    // the library rejects with an event whose message is the error's
    const { message } = error as { readonly message?: string };
    throw new Error(message || "the API server did not open a connection", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
