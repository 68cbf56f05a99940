import { stringify } from "yaml";
import { z } from "zod";
import { configurationSchema } from "../../src/config/schema.ts";
import { CONFIGURATION_KEY } from "../../src/install/objects/deployment.ts";
import type { InstallationOptions } from "../../src/install/objects/installation-options.ts";
import { componentObjects } from "../../src/install/objects/objects.ts";
import type { Component } from "../../src/install/objects/ownership.ts";
import type { Json, JsonObject } from "../../src/model/json.ts";
import { RELEASE } from "../../src/release.ts";
import { helmTemplate } from "./helm-template.ts";
import { MADE_BY, PLAIN, type RenderedFile } from "./rendering-options.ts";

const ROOT = "charts/outrigger";

/** Texts in place of values, replaced by expressions of the template language after the objects were rendered. */
const STAND_INS = {
  image: "IMAGE-GOES-HERE",
  failurePolicy: "FAILURE-POLICY-GOES-HERE",
  priorityClass: "PRIORITY-CLASS-GOES-HERE",
  excludedNamespace: "EXCLUDED-NAMESPACES-GO-HERE",
  certificateSecret: "certificate-secrets-go-here",
  configuration: "CONFIGURATION-GOES-HERE",
  /** Seconds of `shutdownSeconds` of either part, plus the margin that is added to them. */
  shutdownSeconds: 987_654_321,
} as const;

/** The chart: rendered with given values it is what `install` makes with the same options. */
export function chartFiles(): readonly RenderedFile[] {
  return [
    file("Chart.yaml", chart()),
    file("values.yaml", VALUES),
    { path: `${ROOT}/values.schema.json`, text: `${JSON.stringify(valuesSchema(), null, 2)}\n` },
    file("templates/_configuration.tpl", HELPERS, "{{/* ", " */}}"),
    file("templates/control-plane.yaml", part("control-plane", ".Values.components.controlPlane")),
    file("templates/injector.yaml", part("injector", ".Values.components.injector")),
    { path: `${ROOT}/templates/NOTES.txt`, text: NOTES },
  ];
}

function chart(): string {
  return stringify({
    apiVersion: "v2",
    name: "outrigger",
    description: "Envoy sidecars for Kubernetes pods with the labels, annotations and resources of AWS App Mesh",
    type: "application",
    version: RELEASE,
    appVersion: RELEASE,
    kubeVersion: ">=1.30.0-0",
  });
}

const MEANT_SECRETS = '(dig "controlPlane" "certificates" "secrets" list .Values.configuration)';
const EVICTS = '(dig "controlPlane" "restartSlippedThrough" false .Values.configuration)';

function part(component: Component, condition: string): string {
  const objects = (options: Partial<InstallationOptions> = {}): readonly JsonObject[] => {
    const settings = {
      excludedNamespaces: [STAND_INS.excludedNamespace],
      webhook: { shutdownSeconds: STAND_INS.shutdownSeconds },
      controlPlane: { shutdownSeconds: STAND_INS.shutdownSeconds, ...options.settings?.controlPlane },
    };
    const image = STAND_INS.image;
    const failurePolicy = STAND_INS.failurePolicy as "Ignore";
    return componentObjects(component, { ...PLAIN, image, failurePolicy, ...options, settings }).map(
      withoutConfiguration,
    );
  };
  const template = helmTemplate(objects(), [
    { condition: ".Values.ha", objects: objects({ availability: "ha" }) },
    { condition: ".Values.priorityClass", objects: objects({ priorityClass: STAND_INS.priorityClass }) },
    ...(component === "injector"
      ? [{ condition: ".Values.certManager", objects: objects({ certificates: "cert-manager" }) }]
      : [
          { condition: EVICTS, objects: objects({ settings: EVICTING }) },
          { condition: MEANT_SECRETS, objects: objects({ settings: MEANING }) },
        ]),
  ]);
  if (/\{\{(?!-? (?:if|else|end))/.test(template)) throw new Error(`the ${component}'s objects look like a template`);
  const [namespace = "", ...rest] = template.split(/(?=^---\n)/m);
  const text = `{{- if .Values.createNamespaces }}\n${namespace}{{- end }}\n${rest.join("")}`;
  return `{{- if ${condition} }}\n${withExpressions(text, component)}{{- end }}\n`;
}

const EVICTING = { controlPlane: { restartSlippedThrough: true } };
const MEANING = {
  controlPlane: { certificates: { secrets: [{ arn: "arn:aws:acm:", secret: STAND_INS.certificateSecret }] } },
};

/** The configuration is the one thing that the chart renders by itself. */
function withoutConfiguration(object: JsonObject): JsonObject {
  const replaced = JSON.stringify(object, (key, value: Json) =>
    key === "config.yaml" || key === CONFIGURATION_KEY ? STAND_INS.configuration : value,
  );
  return JSON.parse(replaced) as JsonObject;
}

/** Each once, sorted, as `install` has them. */
const MEANT_NAMES = `{{ $secrets := list }}{{ range ${MEANT_SECRETS} }}{{ $secrets = append $secrets .secret }}{{ end }}{{ range $index, $secret := sortAlpha ($secrets | uniq) }}{{ if $index }}, {{ end }}{{ $secret | toJson }}{{ end }}`;

function withExpressions(text: string, component: Component): string {
  const name = component === "injector" ? "injector" : "controlPlane";
  const section = component === "injector" ? "webhook" : "controlPlane";
  const excluded =
    'without (uniq (.Values.configuration.excludedNamespaces | default list)) "kube-system" "appmesh-inject" "appmesh-system"';
  return text
    .replaceAll(STAND_INS.configuration, `{{ include "outrigger.configuration.${name}" . | toJson }}`)
    .replaceAll(
      STAND_INS.image,
      '{{ .Values.image | default (printf "docker.io/outrigger/outrigger:%s" .Chart.AppVersion) | toJson }}',
    )
    .replaceAll(STAND_INS.failurePolicy, "{{ .Values.failurePolicy }}")
    .replaceAll(STAND_INS.priorityClass, "{{ .Values.priorityClass | toJson }}")
    .replaceAll(`, ${STAND_INS.excludedNamespace}`, `{{ range ${excluded} }}, {{ . | toJson }}{{ end }}`)
    .replaceAll(STAND_INS.certificateSecret, MEANT_NAMES)
    .replaceAll(
      String(STAND_INS.shutdownSeconds + 10),
      `{{ add (dig "${section}" "shutdownSeconds" 20 .Values.configuration) 10 }}`,
    );
}

const HELPERS = `{{/* Settings of both parts; a given image also redirects the traffic of injected pods. */}}
{{- define "outrigger.configuration" -}}
{{- $settings := deepCopy .Values.configuration -}}
{{- if and .Values.image (not (dig "capture" "image" "" $settings)) -}}
{{- $capture := merge (dict "image" .Values.image "program" "outrigger") ($settings.capture | default dict) -}}
{{- $_ := set $settings "capture" $capture -}}
{{- end -}}
{{- toJson $settings -}}
{{- end -}}

{{/*
Whether the mesh is served: as given, else as it is set in the cluster, else observe where there is a control plane, which passed traffic
through, and serve where there is none. Empty without a cluster, as in "helm template": then the program's default counts, observe.
*/}}
{{- define "outrigger.mesh" -}}
{{- $given := dig "controlPlane" "mesh" "" .Values.configuration -}}
{{- if $given -}}
{{- $given -}}
{{- else if lookup "v1" "Namespace" "" "kube-system" -}}
{{- $before := lookup "v1" "ConfigMap" "appmesh-system" "outrigger" -}}
{{- $configuration := dig "data" "config.yaml" "" $before | fromYaml -}}
{{- $controlPlane := get $configuration "controlPlane" -}}
{{- $kept := "" -}}
{{- if kindIs "map" $controlPlane -}}
{{- $kept = get $controlPlane "mesh" -}}
{{- end -}}
{{- if has $kept (list "serve" "observe") -}}
{{- $kept -}}
{{- else if or $before (lookup "apps/v1" "Deployment" "appmesh-system" "outrigger-control-plane") -}}
observe
{{- else -}}
serve
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "outrigger.configuration.controlPlane" -}}
{{- $settings := include "outrigger.configuration" . | fromJson -}}
{{- $mesh := include "outrigger.mesh" . -}}
{{- if $mesh -}}
{{- $_ := set $settings "controlPlane" (merge (dict "mesh" $mesh) ($settings.controlPlane | default dict)) -}}
{{- end -}}
{{- toYaml (omit $settings "webhook") -}}
{{- end -}}

{{- define "outrigger.configuration.injector" -}}
{{- $settings := include "outrigger.configuration" . | fromJson -}}
{{- if not $settings.meshName -}}
{{- fail "the name of the mesh is missing: set configuration.meshName, as in --set configuration.meshName=mynewmesh" -}}
{{- end -}}
{{- $certificate := dict "certificate" "cluster" -}}
{{- if .Values.certManager -}}
{{- $certificate = dict "tlsCert" "/etc/outrigger-certificate/tls.crt" "tlsKey" "/etc/outrigger-certificate/tls.key" -}}
{{- end -}}
{{- $_ := set $settings "webhook" (merge $certificate ($settings.webhook | default dict)) -}}
{{- toYaml (omit $settings "controlPlane") -}}
{{- end -}}
`;

const VALUES = `# Settings of injector and control plane, as in docs/configuration.md; only what differs from the defaults.
# meshName is needed for the injector.
configuration: {}
#  meshName: mynewmesh
#  controlPlane:
#    mesh: serve     # or observe; by default as it is in the cluster, and a new installation serves

# One part can be installed without the other.
components:
  controlPlane: true
  injector: true

# Image of Outrigger, with tag or digest; empty: the released one.
image: ""

# Two replicas of each part, spread over nodes, with disruption budgets.
ha: false

# Pods while the injector is away: created without a sidecar (Ignore), or refused (Fail).
failurePolicy: Ignore

# PriorityClass of Outrigger's pods; empty: none.
priorityClass: ""

# Have cert-manager make the webhook's certificate; otherwise the injector makes its own.
certManager: false

# Make the namespaces appmesh-system and appmesh-inject; false where they are there already.
createNamespaces: true
`;

/** Settings that only an installation decides: a Service needs the port, a pod its own credentials. */
const KEPT: Readonly<Record<string, RegExp>> = {
  webhook: /^(?:shutdownSeconds|certificates)$/,
  controlPlane: /^(?!.*[lL]isten$|kubeconfig$)/,
};

function valuesSchema(): unknown {
  const { $schema, ...settings } = z.toJSONSchema(configurationSchema, { io: "input" }) as Record<string, unknown>;
  const sections = settings.properties as Record<string, { properties: Record<string, unknown> }>;
  for (const [section, kept] of Object.entries(KEPT)) {
    const properties = sections[section]?.properties ?? {};
    for (const key of Object.keys(properties)) if (!kept.test(key)) delete properties[key];
  }
  return {
    $schema,
    type: "object",
    additionalProperties: false,
    properties: {
      configuration: withoutDefaults(settings),
      components: {
        type: "object",
        additionalProperties: false,
        properties: { controlPlane: { type: "boolean" }, injector: { type: "boolean" } },
      },
      image: { type: "string" },
      ha: { type: "boolean" },
      failurePolicy: { enum: ["Ignore", "Fail"] },
      priorityClass: { type: "string" },
      certManager: { type: "boolean" },
      createNamespaces: { type: "boolean" },
      // what Helm itself puts there
      global: { type: "object" },
    },
  };
}

/** Defaults of a schema are documentation; some validators fill them in, and the ConfigMap would then hold them all. */
function withoutDefaults(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema, (key, value: unknown) => (key === "default" ? undefined : value)));
}

const NOTES = `Outrigger {{ .Chart.AppVersion }} is installed. Next:

  kubectl label namespace NAMESPACE appmesh.k8s.aws/sidecarInjectorWebhook=enabled
  kubectl rollout restart deployment -n NAMESPACE      its pods come back with an Envoy each
{{- if .Values.components.controlPlane }}
{{ if eq (include "outrigger.mesh" .) "serve" }}
The mesh is served: pods of a virtual node get what the App Mesh resources say.
{{- else }}
The mesh is observed: all traffic passes through, whatever the App Mesh resources say. See outrigger problems and outrigger diff --serve; then
outrigger serve switches, which is the annotation outrigger.dev/mesh=serve on a Namespace or a Mesh.
{{- end }}
{{- end }}
`;

function file(path: string, text: string, open = "", close = ""): RenderedFile {
  const header = open === "" ? MADE_BY : `${open}${MADE_BY.slice(2)}${close}`;
  return { path: `${ROOT}/${path}`, text: `${header}\n${text}` };
}
