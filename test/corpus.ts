import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { parseManifest } from "../src/manifest/parse.ts";
import { type ManifestObject, objectsOfDocument, type Workload, workloadsOf } from "../src/manifest/workloads.ts";
import { type JsonObject, member, objectOf, stringMapOf } from "../src/model/json.ts";
import { APPMESH_API_VERSION } from "../src/model/kinds.ts";
import { INJECT_KEY } from "../src/model/names.ts";

/** Manifests of other projects, kept beside the repository and not in it. */
const CORPUS = join(import.meta.dirname, "../../shared/corpus");

/** For `describe.skipIf(!HAS_CORPUS)`, with the note in the title so that the report says why. */
export const HAS_CORPUS = existsSync(CORPUS);
export const CORPUS_NOTE = HAS_CORPUS ? "" : " (skipped: the folder ../shared/corpus is not there)";

/** Linkerd keeps this one to see that YAML with a wrong indentation is refused. */
const NOT_YAML: ReadonlySet<string> = new Set(["pods/linkerd/inject_gettest_deployment.bad.input.yml"]);

export interface CorpusPod {
  /** Unique and stable: `pods/istio/job.yaml Job/pi`. */
  readonly title: string;
  /** Name of the {@link CorpusNamespace} that it belongs into. */
  readonly namespace: string;
  /** A Pod as a controller would create it from its template, without namespace and owner. */
  readonly pod: JsonObject;
}

/** A namespace for the pods of one walkthrough, or for those of other injectors, which need nothing but each other. */
export interface CorpusNamespace {
  readonly name: string;
  /** As the walkthrough's own manifest has them, for its Mesh selects the namespace by them. */
  readonly labels: Readonly<Record<string, string>>;
  /** Objects of App Mesh that bear on injection: Mesh, VirtualNode, VirtualGateway. */
  readonly meshObjects: readonly JsonObject[];
}

/** Values for the `${NAME}` of the walkthroughs' templates, such as their deploy scripts fill in. */
const TEMPLATE_VALUES: Readonly<Record<string, string>> = {
  APP: "front",
  AWS_ACCOUNT_ID: "123456789012",
  AWS_DEFAULT_REGION: "us-west-2",
  CLIENT_APP_IMAGE: "123456789012.dkr.ecr.us-west-2.amazonaws.com/howto-k8s/client",
  CLOUDMAP_NAMESPACE: "howto-k8s.pvt.aws.local",
  COLOR_APP_IMAGE: "123456789012.dkr.ecr.us-west-2.amazonaws.com/howto-k8s/colorapp",
  FRONTEND_APP_CERT: "front-tls",
  FRONTEND_CERT_CHAIN: "front_cert_chain.pem",
  FRONT_APP_IMAGE: "123456789012.dkr.ecr.us-west-2.amazonaws.com/howto-k8s/feapp",
};

/** Every pod and every pod template of the corpus, in the order of the files. Throws when one cannot be read. */
export function corpusPods(): readonly CorpusPod[] {
  const titles = new Map<string, number>();
  return ["pods", "walkthroughs"].flatMap(filesUnder).flatMap((path) =>
    workloadsOf(objectsIn(path)).map((workload) => {
      const title = `${relative(CORPUS, path)} ${workload.kind}/${workload.name}`;
      const count = (titles.get(title) ?? 0) + 1;
      titles.set(title, count);
      const unique = count === 1 ? title : `${title} (${count})`;
      return { title: unique, namespace: namespaceOf(path), pod: podOf(workload) };
    }),
  );
}

/** The namespaces of {@link corpusPods}, each once. */
export function corpusNamespaces(): readonly CorpusNamespace[] {
  const objects = Map.groupBy(["pods", "walkthroughs"].flatMap(filesUnder), namespaceOf);
  return [...objects]
    .map(([name, paths]) => corpusNamespace(name, name === OTHERS ? [] : paths.flatMap(objectsIn)))
    .filter(({ name, meshObjects }) => name === OTHERS || meshObjects.length > 0);
}

/** The App Mesh CRDs as their users have them installed. */
export function corpusCrds(): readonly JsonObject[] {
  return filesUnder("crds").flatMap((path) => objectsIn(path).map(({ json }) => json));
}

/** Every object of App Mesh in the walkthroughs. */
export function corpusMeshObjects(): readonly JsonObject[] {
  const objects = filesUnder("walkthroughs").flatMap(objectsIn);
  return objects.map(({ json }) => json).filter(({ apiVersion }) => apiVersion === APPMESH_API_VERSION);
}

/**
 * The objects of one of AWS's walkthroughs, in the order of its manifest, with these values in the place of its `${NAME}`s:
 * what its deploy script applies. The path is that of the manifest below `walkthroughs`. Throws for a name without a value.
 */
export function walkthroughObjects(path: string, values: Readonly<Record<string, string>>): readonly JsonObject[] {
  const text = fillIn(readFileSync(join(CORPUS, "walkthroughs", path), "utf8"), path, values);
  return parseManifest(text).documents.flatMap(({ json }) => objectsOfDocument(json).map(({ json: object }) => object));
}

const OTHERS = "corpus-pods";
const MESH_KINDS: ReadonlySet<string> = new Set(["Mesh", "VirtualNode", "VirtualGateway"]);

function corpusNamespace(name: string, objects: readonly ManifestObject[]): CorpusNamespace {
  const own = objects.find(({ kind }) => kind === "Namespace");
  const { [INJECT_KEY]: _, ...labels } = stringMapOf(member(member(own?.json, "metadata"), "labels"));
  const meshObjects = objects
    .filter(({ kind }) => MESH_KINDS.has(kind))
    .map(({ json, kind }) => (kind === "Mesh" ? json : within(json, name)));
  return { name, labels, meshObjects };
}

function within(object: JsonObject, namespace: string): JsonObject {
  return { ...object, metadata: { ...objectOf(object.metadata), namespace } };
}

/** `corpus-http2` for everything below `walkthroughs/http2`; a walkthrough's variants are namespaces of their own. */
function namespaceOf(path: string): string {
  const [folder, ...rest] = relative(CORPUS, dirname(path)).split("/");
  if (folder !== "walkthroughs") return OTHERS;
  return ["corpus", ...rest.filter((part) => part !== "v1beta2" && part !== "gatewayroutes")].join("-");
}

function filesUnder(folder: string): readonly string[] {
  const entries = readdirSync(join(CORPUS, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.ya?ml(\.template)?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !NOT_YAML.has(relative(CORPUS, path)))
    .sort((a, b) => (a < b ? -1 : 1));
}

function objectsIn(path: string): readonly ManifestObject[] {
  const text = readFileSync(path, "utf8");
  const name = namespaceOf(path);
  const values = { ...TEMPLATE_VALUES, APP_NAMESPACE: name, MESH_NAME: name };
  const filled = path.endsWith(".template") ? fillIn(text, path, values) : text;
  return parseManifest(filled).documents.flatMap(({ json }) => objectsOfDocument(json));
}

function fillIn(template: string, path: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\$\{(\w+)\}/g, (_, variable: string) => {
    const value = values[variable];
    if (value === undefined) throw new Error(`${path} uses \${${variable}}: there is no value for it`);
    return value;
  });
}

function podOf({ kind, name, pod }: Workload): JsonObject {
  const { namespace: _namespace, creationTimestamp: _creationTimestamp, ...metadata } = objectOf(pod.metadata);
  const named = "name" in metadata || "generateName" in metadata;
  // Istio's statusPort could not be the name of anything in a cluster
  const prefix = (name === "" ? kind : name).toLowerCase();
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: named ? metadata : { ...metadata, generateName: `${prefix}-` },
    spec: objectOf(pod.spec),
  };
}
