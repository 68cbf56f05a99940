import { isObject, type Json, type JsonObject, listOf, member, objectOf } from "../src/model/json.ts";

/** What another webhook may do to a pod, as the injectors of secrets, agents and certificates do it. */
export interface SecondInjector {
  readonly initContainer: "first" | "last";
  readonly container: "first" | "last";
}

const OTHER_ENV: JsonObject = { name: "OTHER_INJECTOR", value: "1" };

/** Adds a container, an init container, a volume, an annotation, a variable to every container, and wraps exec probes. */
export function secondInjector(pod: JsonObject, { initContainer, container }: SecondInjector): JsonObject {
  const metadata = objectOf(member(pod, "metadata"));
  const spec = objectOf(member(pod, "spec"));
  return {
    ...pod,
    metadata: { ...metadata, annotations: { ...objectOf(metadata["annotations"]), "other.example/injected": "true" } },
    spec: {
      ...spec,
      containers: put(
        listOf(spec["containers"]).map(touched),
        { name: "other-agent", image: "example/agent:1" },
        container,
      ),
      initContainers: put(
        listOf(spec["initContainers"]).map(touched),
        { name: "other-init", image: "example/init:1" },
        initContainer,
      ),
      volumes: [...listOf(spec["volumes"]), { name: "other-secrets", emptyDir: {} }],
    },
  };
}

function put(list: readonly Json[], element: JsonObject, end: "first" | "last"): readonly Json[] {
  return end === "first" ? [element, ...list] : [...list, element];
}

function touched(container: Json): Json {
  if (!isObject(container)) return container;
  const probes = ["startupProbe", "livenessProbe", "readinessProbe"].flatMap((name): [string, Json][] => {
    const probe = member(container, name);
    if (!isObject(probe) || !isObject(probe["exec"])) return [];
    return [[name, { ...probe, exec: { command: ["other-probe", ...listOf(probe["exec"]["command"])] } }]];
  });
  return { ...container, ...Object.fromEntries(probes), env: [...listOf(container["env"]), OTHER_ENV] };
}
