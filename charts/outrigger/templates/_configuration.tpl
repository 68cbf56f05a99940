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

{{- define "outrigger.configuration.controlPlane" -}}
{{- $settings := include "outrigger.configuration" . | fromJson -}}
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
