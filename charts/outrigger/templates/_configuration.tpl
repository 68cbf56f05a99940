{{/* Written by scripts/write-installation.ts out of src/install: change it there. */}}
{{/* Settings of both parts; a given image also redirects the traffic of injected pods. */}}
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
