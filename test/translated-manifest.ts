import { type DescMessage, type JsonObject as ProtobufJson, toJson } from "@bufbuild/protobuf";
import { parseAllDocuments, stringify } from "yaml";
import { podTraits } from "../src/cluster/pod-traits.ts";
import { podSummary } from "../src/cluster/pods-resource.ts";
import { serviceSummary, sliceSummary } from "../src/cluster/service-resources.ts";
import { KnownInstances } from "../src/control-plane/proxies/known-instances.ts";
import { MeshGraph } from "../src/graph/graph.ts";
import { selectorOf } from "../src/graph/label-selector.ts";
import { Registry, type RegistryChange } from "../src/graph/registry.ts";
import type { MeshView, NodeView } from "../src/graph/view.ts";
import { effectiveAwsName } from "../src/model/aws-names.ts";
import { type JsonObject, member, objectOf, stringMapOf, stringOf } from "../src/model/json.ts";
import { APPMESH_API_VERSION } from "../src/model/kinds.ts";
import { type PodMembership, podMembership, type SelectsPods } from "../src/model/membership.ts";
import type { MeshChange } from "../src/model/mesh-change.ts";
import { refOf } from "../src/model/mesh-object.ts";
import { parseObject } from "../src/model/parse-object.ts";
import { PLAIN_TRAITS, type ProxyTraits } from "../src/model/proxy-traits.ts";
import { type Resource, resourceOf } from "../src/xds/encode/resource.ts";
import { endpointsNamed, endpointsOfView, instanceMembers, loadAssignment } from "../src/xds/translate/endpoints.ts";
import type { LeftService } from "../src/xds/translate/gateway-second-pass.ts";
import { translateView } from "../src/xds/translate/mesh-view.ts";
import { ENVOY_MESSAGES } from "./envoy-messages.ts";

/** As a pod of this release has them. */
export const TRAITS: ProxyTraits = { ...PLAIN_TRAITS, ipv6: true, directions: "separate" };

const CLUSTER = { domain: "cluster.local" };

/** The views of the virtual nodes of a manifest, in the order of their names; a Mesh says nothing of serving: they are served. */
export function viewsOf(manifest: string): readonly NodeView[] {
  return meshViewsOf(manifest).filter((view) => view.kind === "virtualNode");
}

/** The same with those of its virtual gateways. */
export function meshViewsOf(manifest: string): readonly MeshView[] {
  return meshOf(manifest).views;
}

/** The view of the one node or gateway with a name. */
export function viewNamed(manifest: string, name: string): MeshView {
  return viewIn(meshOf(manifest), name);
}

export function viewIn({ views }: ManifestMesh, name: string): MeshView {
  const view = views.find(({ object }) => object.name === name);
  if (view === undefined) throw new Error(`no view of ${name}`);
  return view;
}

/** The mesh of a manifest as a whole. */
export function graphOf(manifest: string): MeshGraph {
  return meshOf(manifest).graph;
}

/** What a manifest says, as the control plane has it. */
export interface ManifestMesh {
  readonly graph: MeshGraph;
  readonly views: readonly MeshView[];
  readonly registry: Registry;
  readonly instances: KnownInstances;
}

export function meshOf(manifest: string): ManifestMesh {
  const objects = parseAllDocuments(manifest).map((document) => document.toJS() as JsonObject);
  const graph = new MeshGraph({ mesh: "serve", accountId: "", clusterDomain: "cluster.local", discovery: "dns" });
  const registry = new Registry();
  const { services } = registry.apply(objects.flatMap(registryChanges));
  graph.apply([...services, ...objects.flatMap(changesOf)]);
  const instances = new KnownInstances(graph, () => true);
  for (const pod of objects.filter(({ kind }) => kind === "Pod").map(podSummary)) {
    instances.podChanged(pod.namespace, pod.name, pod);
  }
  return { graph, views: graph.views(), registry, instances };
}

function registryChanges(object: JsonObject): readonly RegistryChange[] {
  const [name = "", namespace = ""] = ["name", "namespace"].map((key) => stringOf(member(object["metadata"], key)));
  switch (object["kind"]) {
    case "Service":
      return [{ kind: "service", namespace, name, after: serviceSummary(object) }];
    case "EndpointSlice":
      return [{ kind: "endpointSlice", namespace, name, after: sliceSummary(object) }];
    default:
      return [];
  }
}

function changesOf(object: JsonObject): readonly MeshChange[] {
  const metadata = objectOf(object["metadata"]);
  if (object["kind"] === "Namespace") {
    const name = stringOf(member(metadata, "name")) ?? "";
    const labels = stringMapOf(member(metadata, "labels"));
    const annotations = stringMapOf(member(metadata, "annotations"));
    return [{ kind: "namespace", name, before: undefined, after: { name, labels, annotations } }];
  }
  if (object["apiVersion"] !== APPMESH_API_VERSION) return [];
  const parsed = parseObject(object);
  if (parsed.kind === "refused") throw new Error(JSON.stringify(parsed.problems));
  return [{ kind: "object", ref: refOf(parsed.object), before: undefined, after: parsed.object, refused: [] }];
}

/** The endpoints that the clusters of a view have. */
export function endpointsIn(view: MeshView, { registry, instances }: ManifestMesh): readonly Resource[] {
  return endpointsOfView(view).map((name) => {
    const { of, ipPreference } = endpointsNamed(name);
    const members =
      of.kind === "service"
        ? registry.members(of.port)
        : instanceMembers(instances.instances(name, of.instances), of.port, ipPreference);
    return resourceOf(loadAssignment(name, members));
  });
}

/** What a proxy of the view gets. */
export function resourcesOf(view: MeshView, traits = TRAITS, left: readonly LeftService[] = []): readonly Resource[] {
  return translateView(view, traits, CLUSTER, left);
}

/** A resource as Envoy's documentation writes it. */
export function shown({ message }: Resource): ProtobufJson {
  const schema = ENVOY_MESSAGES.getMessage(message.$typeName) as DescMessage;
  return toJson(schema, message, { registry: ENVOY_MESSAGES, useProtoFieldName: true }) as ProtobufJson;
}

/**
 * What the proxies of each virtual node and gateway get, as YAML; then which node each Pod of the manifest is and, where its container `envoy` has a
 * bootstrap, what a proxy that wants what the bootstrap says gets.
 */
export function translated(manifest: string): string {
  const mesh = meshOf(manifest);
  const { views } = mesh;
  const nodes = views.map((view) => ({
    ...(view.kind === "virtualNode" ? { node: view.name } : { gateway: view.name }),
    resources: [...resourcesOf(view), ...endpointsIn(view, mesh)].map(shown),
  }));
  const objects = parseAllDocuments(manifest).map((document) => document.toJS() as JsonObject);
  const pods = objects.filter(({ kind }) => kind === "Pod").map((pod) => podEntry(pod, objects, views));
  return [...nodes, ...pods]
    .map((each) => stringify(each, { lineWidth: 0, aliasDuplicateObjects: false }))
    .join("---\n");
}

function podEntry(pod: JsonObject, objects: readonly JsonObject[], views: readonly MeshView[]): object {
  const metadata = objectOf(pod["metadata"]);
  const { namespace = "", name = "" } = stringMapOf(metadata);
  const annotations = stringMapOf(metadata["annotations"]);
  const claim = {
    labels: stringMapOf(metadata["labels"]),
    virtualNode: annotations["appmesh.k8s.aws/virtualNode"],
    mesh: annotations["appmesh.k8s.aws/mesh"],
  };
  const of = (kind: "VirtualNode" | "VirtualGateway"): SelectsPods[] =>
    objects
      .filter((object) => object["kind"] === kind && member(object["metadata"], "namespace") === namespace)
      .flatMap((object) => {
        const parsed = parseObject(object);
        if (parsed.kind === "refused" || parsed.object.kind !== kind) return [];
        const { metadata: own, spec } = parsed.object;
        return [{ awsName: effectiveAwsName(kind, own, spec.awsName), podSelector: selectorOf(spec.podSelector) }];
      });
  const membership = podMembership(claim, of("VirtualNode"), of("VirtualGateway"));
  const is = meant(membership);
  const view = views.find((candidate) => is === `${candidate.kind} ${candidate.name}`);
  const says = objectOf(pod["spec"])["containers"] !== undefined;
  const resources = view && says && resourcesOf(view, podTraits(pod)).map(shown);
  return { pod: `${namespace}/${name}`, is, ...(resources && { resources }) };
}

function meant(membership: PodMembership<SelectsPods>): string {
  switch (membership.kind) {
    case "found":
      return membership.by === "annotation"
        ? `virtualNode ${membership.name}`
        : `${membership.member.kind} ${membership.member.object.awsName}`;
    case "ambiguous":
      return `one of ${membership.candidates.map(({ kind, object }) => `${kind} ${object.awsName}`).join(", ")}`;
    case "none":
      return "none";
  }
}
