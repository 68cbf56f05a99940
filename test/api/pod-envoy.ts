import { bootstrap } from "../../src/bootstrap/bootstrap.ts";
import { bootstrapArgument } from "../../src/bootstrap/expansion.ts";
import type { BootstrapSpec } from "../../src/bootstrap/spec.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { configYaml, type RunningEnvoy, sidecarPorts, startEnvoy } from "../envoy/envoy-process.ts";
import { type IdentityFolder, identityFolder } from "../envoy/identity-folder.ts";
import { LOOPBACK_POD } from "../envoy/kubelet-expansion.ts";
import { PLAIN_SPEC } from "../envoy/plain-spec.ts";
import { createMeshPod, type MeshPod, tokenOf } from "../mesh-pods.ts";
import { sidecarWith } from "../pod-with-bootstrap.ts";
import type { ApiConnection } from "./api-connection.ts";

/** A real Envoy as the sidecar of a pod that an API server knows, with that pod's own token. */
export interface PodEnvoy {
  readonly envoy: RunningEnvoy;
  /** What it was started with. */
  readonly config: string;
  readonly pod: MeshPod;
  readonly identity: IdentityFolder;
  /** Its ports on this machine, by those that it has in a pod. */
  readonly ports: ReadonlyMap<number, number>;
  readonly stop: () => Promise<void>;
}

interface PodEnvoyOptions {
  readonly api: ApiConnection;
  readonly namespace: string;
  readonly name: string;
  readonly labels?: JsonObject;
  readonly spec: BootstrapSpec;
  /** PEM of the control plane's authority. */
  readonly trust: string;
  /** Changes the bootstrap, in the pod as in Envoy. */
  readonly edit?: (config: string) => string;
  /** Changes it in Envoy alone. */
  readonly editEnvoys?: (config: string) => string;
  /** Arguments of Envoy besides. */
  readonly more?: readonly string[];
}

const asItIs = (config: string): string => config;

/** Creates the pod and starts Envoy. */
export async function podEnvoy({
  api,
  namespace,
  name,
  labels = {},
  spec,
  trust,
  edit = asItIs,
  editEnvoys = asItIs,
  more = [],
}: PodEnvoyOptions): Promise<PodEnvoy> {
  const injected = sidecarWith(edit(bootstrapArgument(bootstrap(spec))));
  const pod = await createMeshPod(api, namespace, name, { labels }, [injected]);
  const identity = await identityFolder({ token: await tokenOf(api, pod), trust });
  const ports = await sidecarPorts();
  const values = {
    ...LOOPBACK_POD,
    OUTRIGGER_POD_NAME: name,
    OUTRIGGER_POD_NAMESPACE: namespace,
    OUTRIGGER_POD_UID: pod.uid,
  };
  const config = editEnvoys(edit(configYaml(spec, { pod: values, ports, identity: identity.path })));
  const envoy = await startEnvoy(config, { more });
  const stop = async (): Promise<void> => {
    await envoy.stop();
    await identity.remove();
  };
  return { envoy, config, pod, identity, ports, stop };
}

/** Of a proxy that goes by a name, of a control plane on this machine. */
export function specAt(port: number, node: Partial<BootstrapSpec["node"]>): BootstrapSpec {
  return {
    ...PLAIN_SPEC,
    node: { ...PLAIN_SPEC.node, ...node },
    controlPlane: { kind: "ads", address: "localhost", port },
  };
}
