import { type JsonObject, member, objectsOf } from "../../src/model/json.ts";
import type { ApiConnection } from "./api-connection.ts";
import { metadataText, nameOf, text } from "./api-object.ts";
import { until } from "./until.ts";

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** Installs CustomResourceDefinitions and waits until their objects can be listed. */
export async function installCrds(api: ApiConnection, crds: readonly JsonObject[]): Promise<void> {
  await Promise.all(crds.map((crd) => api.apply(pathOf(crd), crd)));
  await until(async () => {
    const answers = await Promise.all(crds.map((crd) => api.send("GET", `${listPath(crd)}?limit=1`)));
    const missing = crds.filter((_, index) => answers[index]?.status !== 200);
    return missing.length === 0 ? undefined : `not served: ${missing.map(pathOf).join(", ")}`;
  });
}

/** Removes them with all their objects, and waits for their end: test files share one cluster. */
export async function removeCrds(api: ApiConnection, crds: readonly JsonObject[]): Promise<void> {
  await Promise.all(crds.map((crd) => api.send("DELETE", pathOf(crd))));
  await until(async () => {
    const answers = await Promise.all(crds.map((crd) => api.send("GET", pathOf(crd))));
    const left = crds.filter((_, index) => answers[index]?.status !== 404);
    return left.length === 0 ? undefined : `still there: ${left.map(pathOf).join(", ")}`;
  });
}

function pathOf(crd: JsonObject): string {
  return `${CRDS}/${nameOf(crd)}`;
}

function listPath({ spec }: JsonObject): string {
  const version = objectsOf(member(spec, "versions")).find(({ served }) => served === true);
  return `/apis/${text(member(spec, "group"))}/${text(version?.name)}/${text(member(member(spec, "names"), "plural"))}`;
}

const PLURALS: Readonly<Record<string, string>> = {
  Mesh: "meshes",
  VirtualNode: "virtualnodes",
  VirtualGateway: "virtualgateways",
  VirtualService: "virtualservices",
  VirtualRouter: "virtualrouters",
};

/** Makes objects of App Mesh, or brings them to this form. */
export async function applyMeshObjects(api: ApiConnection, objects: readonly JsonObject[]): Promise<void> {
  await Promise.all(objects.map((object) => api.apply(meshPath(object), object)));
}

function meshPath(object: JsonObject): string {
  const namespace = metadataText(object, "namespace");
  const place = namespace === "" ? "" : `namespaces/${namespace}/`;
  return `/apis/${text(object.apiVersion)}/${place}${PLURALS[text(object.kind)]}/${nameOf(object)}`;
}
