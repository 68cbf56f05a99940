import { readFileSync } from "node:fs";
import { join } from "node:path";
import { vi } from "vitest";
import { parseAllDocuments } from "yaml";
import { definitionName } from "../../../src/install/objects/custom-resource-definitions.ts";
import { type JsonObject, member, objectOf, objectsOf, stringOf } from "../../../src/model/json.ts";
import { isKind } from "../../../src/model/kinds.ts";
import { CLOUD_MAP_GATE } from "../../../src/model/names.ts";
import { nameOf } from "../../api/api-object.ts";
import { AWS_CONTROLLER, AWS_VALIDATION, awsDeployment } from "../../api/aws-controller.ts";
import { oldDefinitions, oldObject, oldStatus } from "../../aws-left.ts";
import { apply, createNamespace, kubectl, outcomeOf } from "../kubectl.ts";
import { GATEWAY_OBJECTS, gatewayWorkloads } from "./gateway-of-shop.ts";

/* A cluster that App Mesh's own controller left: the example of docs/mesh.md with a gateway, as it is after years with that controller. */

const EXAMPLE = join(import.meta.dirname, "../../../examples/weighted-route");
const IMAGE = "testbed/app:1";
const SLEEP = ["node", "-e", "setInterval(() => {}, 1e6)"];
const READY = "--timeout=150s";
const PATIENCE = { timeout: 120_000, interval: 250 };
const NAMESPACE = "shop";
const POLICY = "injected-by-aws";
const POLICY_KINDS = "mutatingadmissionpolicy,mutatingadmissionpolicybinding";

/** Makes it; nothing of Outrigger may be there. */
export async function leftByAws(): Promise<void> {
  const definitions = oldDefinitions();
  await apply(...definitions);
  await kubectl("wait", "--for=condition=Established", "crd", ...definitions.map(nameOf), READY);
  await createNamespace("appmesh-system", { "example.com/made-by": "helm" });
  await apply(awsDeployment(IMAGE, 1));
  await injectedByAws([...documents("app.yaml"), ...gatewayWorkloads(IMAGE)]);
  await meshOfAws([...documents("mesh.yaml"), ...GATEWAY_OBJECTS]);
  await apply(AWS_CONTROLLER, AWS_VALIDATION);
  await kubectl("wait", "--for=condition=Available", "deployment/appmesh-controller", "-n", "appmesh-system", READY);
}

/** Takes whatever of it is there away, as a run that was ended leaves it. */
export async function gone(): Promise<void> {
  const registrations = "mutatingwebhookconfiguration,validatingwebhookconfiguration";
  await kubectl("delete", registrations, "appmesh-controller-webhook", "--ignore-not-found");
  await kubectl("delete", POLICY_KINDS, POLICY, "--ignore-not-found");
  // whoever comes next installs into one of them, which nobody can while it is being deleted
  await kubectl("delete", "namespace", NAMESPACE, "appmesh-system", "--ignore-not-found", "--timeout=150s");
}

function documents(name: string): readonly JsonObject[] {
  return parseAllDocuments(readFileSync(join(EXAMPLE, name), "utf8")).map((one) => one.toJS() as JsonObject);
}

/**
 * The workloads with sidecars in their pods and not in their templates, as a webhook leaves them: here an admission policy. One version has
 * the readiness gate for Cloud Map, which the controller opened; a pod that came later waits for it.
 */
async function injectedByAws(objects: readonly JsonObject[]): Promise<void> {
  const [namespace = {}, ...others] = objects;
  await apply(namespace, ...policy());
  await kubectl("wait", "--for=create", "serviceaccount/default", "-n", NAMESPACE, READY);
  const waiting = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "waiting", namespace: NAMESPACE, labels: { app: "waiting", version: "v2" } },
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: "app", image: IMAGE, command: SLEEP }] },
  };
  await vi.waitFor(async () => {
    const args = ["apply", "--dry-run=server", "--output=json", "-f", "-"];
    const { stdout, stderr } = await outcomeOf("kubectl", args, JSON.stringify(waiting));
    if (!stdout.includes('"envoy"')) throw new Error(`not injected yet: ${stdout}${stderr}`);
  }, PATIENCE);
  await apply(...others, waiting);
  await vi.waitFor(() => openGates("app=catalogue,version=v2"), PATIENCE);
  await kubectl("wait", "--for=condition=Available", "deployment", "--all", "-n", NAMESPACE, READY);
  await kubectl("delete", POLICY_KINDS, POLICY);
}

async function openGates(selector: string): Promise<void> {
  const names = await kubectl("get", "pods", "-n", NAMESPACE, "-l", selector, "--output=name");
  if (names === "") throw new Error(`no pod has the labels ${selector} yet`);
  const patch = JSON.stringify({ status: { conditions: [{ type: CLOUD_MAP_GATE, status: "True" }] } });
  for (const name of names.trim().split("\n")) {
    await kubectl("patch", name, "-n", NAMESPACE, "--subresource=status", "--type=strategic", `--patch=${patch}`);
  }
}

/**
 * What the controller put into a pod, as far as one sees whose it is; the processes do nothing. Maps and no typed objects: of a list of those
 * Kubernetes 1.36 makes a panic.
 */
function policy(): readonly JsonObject[] {
  const map = (fields: Readonly<Record<string, string>>): string =>
    `{${Object.entries(fields)
      .map(([key, value]) => `"${key}": dyn(${value})`)
      .join(",")}}`;
  const container = (name: string, command: readonly string[], more: Readonly<Record<string, string>> = {}): string =>
    map({ name: `"${name}"`, image: `"${IMAGE}"`, command: JSON.stringify(command), ...more });
  const node = map({ name: '"APPMESH_VIRTUAL_NODE_NAME"', value: '"mesh/shop/virtualNode/old"' });
  const envoy = container("envoy", SLEEP, { env: `[${node}]` });
  const proxyinit = container("proxyinit", ["node", "-e", "0"]);
  const gate = map({ conditionType: `"${CLOUD_MAP_GATE}"` });
  const add = (path: string, value: string): string => `JSONPatch{op: "add", path: "${path}", value: ${value}}`;
  const always = `[${add("/spec/containers/-", envoy)}, ${add("/spec/initContainers", `[${proxyinit}]`)}]`;
  const hasGate = '"version" in object.metadata.labels && object.metadata.labels.version == "v2"';
  const expression = `${always} + (${hasGate} ? [${add("/spec/readinessGates", `[${gate}]`)}] : [])`;
  const apiVersion = "admissionregistration.k8s.io/v1";
  const metadata = { name: POLICY };
  return [
    {
      apiVersion,
      kind: "MutatingAdmissionPolicy",
      metadata,
      spec: {
        failurePolicy: "Fail",
        reinvocationPolicy: "Never",
        matchConstraints: {
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": NAMESPACE } },
          resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
        },
        // a gateway's pod has an Envoy of its own
        matchConditions: [
          { name: "app", expression: '!("app" in object.metadata.labels) || object.metadata.labels.app != "door"' },
        ],
        mutations: [{ patchType: "JSONPatch", jsonPatch: { expression } }],
      },
    },
    { apiVersion, kind: "MutatingAdmissionPolicyBinding", metadata, spec: { policyName: POLICY } },
  ];
}

/** The objects with finalizers, in their mesh and with an old status; one of them was deleted and stays. */
async function meshOfAws(objects: readonly JsonObject[]): Promise<void> {
  const mesh = objects.find(({ kind }) => kind === "Mesh") ?? {};
  await apply(asLeft(mesh));
  const uid = await kubectl("get", "meshes.appmesh.k8s.aws", nameOf(mesh), "--output=jsonpath={.metadata.uid}");
  const retired: JsonObject = { kind: "VirtualNode", metadata: { name: "retired", namespace: NAMESPACE }, spec: {} };
  const members = [...objects.filter((one) => one !== mesh), retired];
  await apply(...members.map((one) => asLeft(one, { name: nameOf(mesh), uid })));
  await Promise.all([mesh, ...members].map(writeOldStatus));
  await kubectl("delete", "virtualnodes.appmesh.k8s.aws", "retired", "-n", NAMESPACE, "--wait=false");
}

function asLeft(object: JsonObject, meshRef?: JsonObject): JsonObject {
  const { kind, place } = placeOf(object);
  return oldObject(kind, place.toReversed().join("/"), objectOf(object.spec), meshRef);
}

async function writeOldStatus(object: JsonObject): Promise<void> {
  const { kind, place } = placeOf(object);
  const [name = "", namespace] = place;
  const patch = `--patch=${JSON.stringify({ status: oldStatus(kind, name) })}`;
  const where = namespace === undefined ? [] : ["-n", namespace];
  await kubectl("patch", definitionName(kind), name, ...where, "--subresource=status", "--type=merge", patch);
}

/** Kind, and name before namespace. */
function placeOf({ kind = "", metadata }: JsonObject) {
  const known = stringOf(kind) ?? "";
  if (!isKind(known)) throw new Error(`no kind of App Mesh: ${known}`);
  const place = ["name", "namespace"].flatMap((key) => stringOf(member(metadata, key)) ?? []);
  return { kind: known, place };
}

/** How many running pods have a container of that name. */
export async function podsWith(container: string): Promise<number> {
  const list = JSON.parse(await kubectl("get", "pods", "-n", NAMESPACE, "--output=json")) as JsonObject;
  return objectsOf(list.items).filter(
    ({ metadata, spec }) =>
      member(metadata, "deletionTimestamp") === undefined &&
      ["initContainers", "containers"].some((key) =>
        objectsOf(member(spec, key)).some(({ name }) => name === container),
      ),
  ).length;
}
