import {
  type Json,
  type JsonObject,
  listOf,
  member,
  numberOf,
  objectOf,
  objectsOf,
  stringOf,
} from "../../../src/model/json.ts";

const SECRETS_KEY = "appmesh.k8s.aws/secretMounts";
const PROBES = ["startupProbe", "livenessProbe", "readinessProbe"] as const;

/**
 * A pod of somebody else's manifest with the test application as every container: it listens at the ports that the container
 * declares or is probed at, and answers every path. What a strange cluster lacks is left out: service accounts, secrets, volumes, nodes
 * of some kind; and what one small node has no room for: large requests, and ports of the node.
 */
export function withSwappedImages(pod: JsonObject, name: string): JsonObject {
  const taken = new Set<number>();
  const spec = objectOf(pod["spec"]);
  const swapped = (list: string) =>
    objectsOf(spec[list]).map((container) => swappedContainer(container, list === "initContainers", taken));
  const {
    serviceAccountName: _serviceAccountName,
    serviceAccount: _serviceAccount,
    nodeSelector: _nodeSelector,
    affinity: _affinity,
    imagePullSecrets: _imagePullSecrets,
    priorityClassName: _priorityClassName,
    ...rest
  } = spec;
  return {
    ...pod,
    metadata: { ...withoutName(objectOf(pod["metadata"])), name },
    spec: {
      ...rest,
      terminationGracePeriodSeconds: 1,
      ...(spec["initContainers"] !== undefined && { initContainers: swapped("initContainers") }),
      containers: swapped("containers"),
      ...(spec["volumes"] !== undefined && { volumes: objectsOf(spec["volumes"]).map(emptied) }),
    },
  };
}

function withoutName({ name: _name, generateName: _generateName, ...metadata }: JsonObject): JsonObject {
  const annotations = Object.entries(objectOf(metadata["annotations"])).filter(([key]) => key !== SECRETS_KEY);
  return { ...metadata, annotations: Object.fromEntries(annotations) };
}

function emptied(volume: JsonObject): JsonObject {
  return { name: volume["name"] ?? "", emptyDir: {} };
}

function swappedContainer(container: JsonObject, isInit: boolean, taken: Set<number>): JsonObject {
  const { resources: _resources, envFrom: _envFrom, lifecycle: _lifecycle, args: _args, ...rest } = container;
  const plain = objectsOf(container["env"]).filter((entry) => entry["valueFrom"] === undefined);
  const kept = {
    ...rest,
    image: isInit && container["restartPolicy"] !== "Always" ? "busybox" : "testbed/app:1",
    ...(container["env"] !== undefined && { env: plain }),
    ...(container["ports"] !== undefined && { ports: objectsOf(container["ports"]).map(withoutHostPort) }),
  };
  if (isInit && container["restartPolicy"] !== "Always") return { ...kept, command: ["true"] };
  const secure = securePorts(container);
  const ports = [...wantedPorts(container)].filter((port) => !taken.has(port));
  for (const port of ports) taken.add(port);
  const open = ports.filter((port) => !secure.has(port));
  const flags = [
    ...(open.length > 0 ? ["--http", open.join(",")] : []),
    ...(secure.size > 0 ? ["--https", [...secure].join(",")] : []),
  ];
  const answering = Object.fromEntries(
    PROBES.filter((probe) => container[probe] !== undefined).map((probe) => [
      probe,
      runnable(objectOf(container[probe])),
    ]),
  );
  return {
    ...kept,
    ...answering,
    // without a port there is nothing to listen at; the application's own default may be a neighbour's
    command:
      ports.length > 0 ? ["app", "serve", ...(open.length > 0 ? [] : ["--http", "0"]), ...flags] : ["sleep", "3600"],
  };
}

function withoutHostPort({ hostPort: _hostPort, ...port }: JsonObject): JsonObject {
  return port;
}

/** A probe by command would ask for a program of the original image. */
function runnable(probe: JsonObject): JsonObject {
  return probe["exec"] === undefined ? probe : { ...probe, exec: { command: ["true"] } };
}

function wantedPorts(container: JsonObject): ReadonlySet<number> {
  const declared = objectsOf(container["ports"]).filter(({ protocol }) => protocol === undefined || protocol === "TCP");
  const ports = declared.map(({ containerPort }) => numberOf(containerPort));
  return new Set([...ports, ...probed(container).map(({ port }) => port)].filter((port) => port !== undefined));
}

function securePorts(container: JsonObject): ReadonlySet<number> {
  const ports = probed(container).map(({ port, isSecure }) => (isSecure ? port : undefined));
  return new Set(ports.filter((port) => port !== undefined));
}

/** Ports that probes ask, with names resolved. */
function probed(container: JsonObject): readonly { readonly port: number | undefined; readonly isSecure: boolean }[] {
  return PROBES.flatMap((probe) =>
    ["httpGet", "tcpSocket", "grpc"].flatMap((kind) => {
      const action = member(container[probe], kind);
      if (action === undefined) return [];
      const isSecure = stringOf(member(action, "scheme")) === "HTTPS";
      return [{ port: portNumber(container, member(action, "port")), isSecure }];
    }),
  );
}

function portNumber(container: JsonObject, port: Json | undefined): number | undefined {
  const named = listOf(container["ports"]).find((entry) => member(entry, "name") === port);
  return numberOf(port) ?? numberOf(member(named, "containerPort"));
}
