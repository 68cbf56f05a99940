#!/usr/bin/env bash
# Installs Outrigger 0.1.0 into the cluster that kubectl talks to; needs nothing but bash and kubectl.
# Written by scripts/write-installation.ts out of src/install: change it there.
#
#   MESH_NAME=mynewmesh bash install.sh                       injector and control plane
#   MESH_NAME=mynewmesh bash install.sh --injector-only       one of the two
#   bash install.sh --control-plane-only
#   cat install.sh | MESH_NAME=mynewmesh bash -s -- --injector-only
#
# MESH_NAME             mesh of pods that neither name one nor match a VirtualNode; needed for the injector
# OUTRIGGER_IMAGE       another image of Outrigger, with tag or digest; it also redirects the traffic of injected pods
# OUTRIGGER_COMPONENTS  the same as the options: all (default), injector, control-plane
# OUTRIGGER_TIMEOUT     seconds to wait until everything is ready (default 300)
#
# Running it again upgrades. Exit codes: 0 done; 1 the cluster is not fit, or something was not ready in time; 2 usage;
# 3 kubectl is missing or cannot reach the cluster.
set -euo pipefail

say() { printf 'outrigger: %s\n' "$*" >&2; }

stop() {
  local code=$1
  shift
  say "$@"
  exit "$code"
}

# Prints standard input as it is: cat, without needing cat.
print_verbatim() {
  local text
  IFS= read -r -d '' text || true
  printf '%s' "$text"
}

# Waits a second: sleep, without needing sleep.
pause() { read -r -t 1 <> <(:) || true; }

read_options() {
  components=${OUTRIGGER_COMPONENTS:-all}
  timeout=${OUTRIGGER_TIMEOUT:-300}
  while (($# > 0)); do
    case $1 in
      --injector-only) components=injector ;;
      --control-plane-only) components=control-plane ;;
      *) stop 2 "unknown argument $1: expected --injector-only or --control-plane-only" ;;
    esac
    shift
  done
  case $components in
    all | injector | control-plane) ;;
    *) stop 2 "OUTRIGGER_COMPONENTS is $components: expected all, injector or control-plane" ;;
  esac
  [[ $timeout =~ ^[0-9]{1,5}$ ]] || stop 2 "OUTRIGGER_TIMEOUT is $timeout: expected a number of seconds"
}

wants() { [[ $components == all || $components == "$1" ]]; }

# Makes $quoted_mesh_name of $MESH_NAME: a YAML text in double quotes.
read_mesh_name() {
  local name=${MESH_NAME:-}
  if wants injector && [[ -z $name ]]; then
    stop 2 "MESH_NAME is missing: set the name of the mesh, as in: export MESH_NAME=mynewmesh"
  fi
  if [[ $name == */* || $name == *[[:cntrl:]]* ]] || ((${#name} > 255)); then
    stop 2 "MESH_NAME cannot be used: expected at most 255 characters without slash or control character"
  fi
  local backslash='\' quote='"'
  name=${name//"$backslash"/"$backslash$backslash"}
  name=${name//"$quote"/"$backslash$quote"}
  quoted_mesh_name="\"$name\""
}

# Makes $quoted_image of $OUTRIGGER_IMAGE, or of the released image where there is none: a YAML text in double quotes.
read_image() {
  local name='[a-zA-Z0-9][a-zA-Z0-9._-]*' tag=':[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}' digest='@sha256:[0-9a-f]{64}'
  own_image=${OUTRIGGER_IMAGE:-}
  if [[ -n $own_image && ! ($own_image =~ ^$name(:[0-9]{1,5})?(/$name)*($tag|$digest|$tag$digest)$ && ${#own_image} -le 500) ]]; then
    stop 2 "OUTRIGGER_IMAGE cannot be used: expected an image with tag or digest, as in registry.example/outrigger:0.1.0"
  fi
  quoted_image="\"${own_image:-docker.io/outrigger/outrigger:0.1.0}\""
}

# The settings that this script decides, each line after the indent $1.
print_settings() {
  if [[ -n $own_image ]]; then
    printf '%scapture:\n%s  image: %s\n%s  program: outrigger\n' "$1" "$1" "$quoted_image" "$1"
  fi
  printf '%smeshName: %s\n' "$1" "$quoted_mesh_name"
}

control_plane_namespace() {
  print_verbatim <<'YAML'
---
apiVersion: v1
kind: Namespace
metadata:
  name: appmesh-system
  labels:
    app.kubernetes.io/name: outrigger-control-plane
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: control-plane
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/audit: restricted
    pod-security.kubernetes.io/warn: restricted
YAML
}

control_plane_manifest() {
  print_verbatim <<'YAML'
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: outrigger-control-plane
  namespace: appmesh-system
  labels:
    app.kubernetes.io/name: outrigger-control-plane
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: control-plane
automountServiceAccountToken: false
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: outrigger
  namespace: appmesh-system
  labels:
    app.kubernetes.io/name: outrigger-control-plane
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: control-plane
data:
  config.yaml: |
YAML
  print_settings '    '
  print_verbatim <<'YAML'
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: outrigger-control-plane
  labels:
    app.kubernetes.io/name: outrigger-control-plane
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: control-plane
  annotations:
    outrigger.dev/purposes: |
      get,list,watch pods: which pod a sidecar's token names, and which pods slipped through
      get,list,watch namespaces: which namespaces are injected, and what they demand of their pods
      get,list,watch replicasets: the Deployment or Rollout behind a pod, which names its virtual node
      get,list,watch jobs: the CronJob behind a pod, which names its virtual node
      list,watch limitranges,resourcequotas: whether a pod that slipped through would be injected now
      list,watch meshes,virtualnodes,virtualgateways: mesh, virtual node and virtual gateway of a pod
      create tokenreviews: whether a sidecar's token is genuine, where its signature cannot be verified here
      get mutatingwebhookconfigurations: since when there is an injector: a pod that is older did not slip through
      create,patch events: saying on a workload that its pods were skipped or slipped through
rules:
  - apiGroups: [""]
    resources: [pods]
    verbs: [get, list, watch]
  - apiGroups: [""]
    resources: [namespaces]
    verbs: [get, list, watch]
  - apiGroups: [apps]
    resources: [replicasets]
    verbs: [get, list, watch]
  - apiGroups: [batch]
    resources: [jobs]
    verbs: [get, list, watch]
  - apiGroups: [""]
    resources: [limitranges, resourcequotas]
    verbs: [list, watch]
  - apiGroups: [appmesh.k8s.aws]
    resources: [meshes, virtualnodes, virtualgateways]
    verbs: [list, watch]
  - apiGroups: [authentication.k8s.io]
    resources: [tokenreviews]
    verbs: [create]
  - apiGroups: [admissionregistration.k8s.io]
    resources: [mutatingwebhookconfigurations]
    resourceNames: [aws-app-mesh-inject]
    verbs: [get]
  - apiGroups: [""]
    resources: [events]
    verbs: [create, patch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: outrigger-control-plane
  labels:
    app.kubernetes.io/name: outrigger-control-plane
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: control-plane
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: outrigger-control-plane
subjects:
  - kind: ServiceAccount
    name: outrigger-control-plane
    namespace: appmesh-system
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: outrigger-control-plane
  namespace: appmesh-system
  labels:
    app.kubernetes.io/name: outrigger-control-plane
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: control-plane
  annotations:
    outrigger.dev/purposes: |
      get,create,patch,update leases: being elected the one replica that writes
      get,watch,create,patch,update secrets: the mesh's authority, made at the first start, shared by the replicas and renewed
      get,list,watch,create,patch configmaps: publishing the mesh's trust
rules:
  - apiGroups: [coordination.k8s.io]
    resources: [leases]
    resourceNames: [outrigger-control-plane]
    verbs: [get, create, patch, update]
  - apiGroups: [""]
    resources: [secrets]
    resourceNames: [outrigger-authority]
    verbs: [get, watch, create, patch, update]
  - apiGroups: [""]
    resources: [configmaps]
    resourceNames: [outrigger-trust]
    verbs: [get, list, watch, create, patch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: outrigger-control-plane
  namespace: appmesh-system
  labels:
    app.kubernetes.io/name: outrigger-control-plane
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: control-plane
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: outrigger-control-plane
subjects:
  - kind: ServiceAccount
    name: outrigger-control-plane
    namespace: appmesh-system
---
apiVersion: v1
kind: Service
metadata:
  name: outrigger
  namespace: appmesh-system
  labels:
    app.kubernetes.io/name: outrigger-control-plane
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: control-plane
spec:
  selector:
    app.kubernetes.io/name: outrigger-control-plane
  ports:
    - name: xds
      port: 18000
      targetPort: xds
      protocol: TCP
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: outrigger-control-plane
  namespace: appmesh-system
  labels:
    app.kubernetes.io/name: outrigger-control-plane
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: control-plane
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: outrigger-control-plane
  policyTypes: [Ingress]
  ingress:
    - ports:
        - port: xds
          protocol: TCP
      from:
        - namespaceSelector: {}
    - ports:
        - port: 9090
          protocol: TCP
      from:
        - namespaceSelector: {}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: outrigger-control-plane
  namespace: appmesh-system
  labels:
    app.kubernetes.io/name: outrigger-control-plane
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: control-plane
spec:
  replicas: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: outrigger-control-plane
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  template:
    metadata:
      labels:
        app.kubernetes.io/name: outrigger-control-plane
        app.kubernetes.io/part-of: outrigger
        app.kubernetes.io/managed-by: outrigger
        outrigger.dev/component: control-plane
      annotations:
        outrigger.dev/configuration: |
YAML
  print_settings '          '
  print_verbatim <<'YAML'
        prometheus.io/scrape: "true"
        prometheus.io/port: "9090"
    spec:
      serviceAccountName: outrigger-control-plane
      automountServiceAccountToken: true
      enableServiceLinks: false
      terminationGracePeriodSeconds: 30
      nodeSelector:
        kubernetes.io/os: linux
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: control-plane
YAML
  printf '          image: %s\n' "$quoted_image"
  print_verbatim <<'YAML'
          args: [control-plane, --config, /etc/outrigger/config.yaml]
          ports:
            - name: xds
              containerPort: 18000
              protocol: TCP
            - name: health
              containerPort: 9090
              protocol: TCP
          livenessProbe:
            httpGet:
              path: /healthz
              port: health
            periodSeconds: 10
            failureThreshold: 3
          readinessProbe:
            httpGet:
              path: /readyz
              port: health
            periodSeconds: 2
            timeoutSeconds: 2
          resources:
            requests:
              cpu: 50m
              memory: 128Mi
            limits:
              memory: 1Gi
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            - name: configuration
              mountPath: /etc/outrigger
              readOnly: true
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: configuration
          configMap:
            name: outrigger
        - name: tmp
          emptyDir:
            sizeLimit: 64Mi
YAML
}

injector_namespace() {
  print_verbatim <<'YAML'
---
apiVersion: v1
kind: Namespace
metadata:
  name: appmesh-inject
  labels:
    app.kubernetes.io/name: aws-app-mesh-inject
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: injector
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/audit: restricted
    pod-security.kubernetes.io/warn: restricted
YAML
}

injector_manifest() {
  print_verbatim <<'YAML'
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: aws-app-mesh-inject
  namespace: appmesh-inject
  labels:
    app.kubernetes.io/name: aws-app-mesh-inject
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: injector
automountServiceAccountToken: false
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: aws-app-mesh-inject
  namespace: appmesh-inject
  labels:
    app.kubernetes.io/name: aws-app-mesh-inject
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: injector
data:
  config.yaml: |
YAML
  print_settings '    '
  print_verbatim <<'YAML'
    webhook:
      certificate: cluster
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: aws-app-mesh-inject-cr
  labels:
    app.kubernetes.io/name: aws-app-mesh-inject
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: injector
  annotations:
    outrigger.dev/purposes: |
      get,list,watch namespaces: labels that switch injection, and what else a namespace demands of its pods
      get,list,watch replicasets: the Deployment or Rollout behind a pod, which names its virtual node
      get,list,watch jobs: the CronJob behind a pod, which names its virtual node
      list,watch limitranges: minimums and maximums that the sidecar's resources must keep to
      list,watch resourcequotas: whether the namespace demands limits of every container
      list,watch meshes,virtualnodes,virtualgateways: mesh, virtual node and virtual gateway of a pod
      get,list,watch configmaps: the mesh's trust, which pods carry; here, so that nothing of the injector lies in another namespace
      get,watch,patch mutatingwebhookconfigurations: its own certificate authority in its own registration, which it can never create; RBAC cannot confine patch to that field
rules:
  - apiGroups: [""]
    resources: [namespaces]
    verbs: [get, list, watch]
  - apiGroups: [apps]
    resources: [replicasets]
    verbs: [get, list, watch]
  - apiGroups: [batch]
    resources: [jobs]
    verbs: [get, list, watch]
  - apiGroups: [""]
    resources: [limitranges]
    verbs: [list, watch]
  - apiGroups: [""]
    resources: [resourcequotas]
    verbs: [list, watch]
  - apiGroups: [appmesh.k8s.aws]
    resources: [meshes, virtualnodes, virtualgateways]
    verbs: [list, watch]
  - apiGroups: [""]
    resources: [configmaps]
    resourceNames: [outrigger-trust]
    verbs: [get, list, watch]
  - apiGroups: [admissionregistration.k8s.io]
    resources: [mutatingwebhookconfigurations]
    resourceNames: [aws-app-mesh-inject]
    verbs: [get, watch, patch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: aws-app-mesh-inject-binding
  labels:
    app.kubernetes.io/name: aws-app-mesh-inject
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: injector
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: aws-app-mesh-inject-cr
subjects:
  - kind: ServiceAccount
    name: aws-app-mesh-inject
    namespace: appmesh-inject
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: aws-app-mesh-inject
  namespace: appmesh-inject
  labels:
    app.kubernetes.io/name: aws-app-mesh-inject
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: injector
  annotations:
    outrigger.dev/purposes: |
      get,watch,create,patch,update secrets: its certificate authority, made at the first start, shared by the replicas and renewed
rules:
  - apiGroups: [""]
    resources: [secrets]
    resourceNames: [aws-app-mesh-inject-authority]
    verbs: [get, watch, create, patch, update]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: aws-app-mesh-inject
  namespace: appmesh-inject
  labels:
    app.kubernetes.io/name: aws-app-mesh-inject
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: injector
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: aws-app-mesh-inject
subjects:
  - kind: ServiceAccount
    name: aws-app-mesh-inject
    namespace: appmesh-inject
---
apiVersion: v1
kind: Service
metadata:
  name: aws-app-mesh-inject
  namespace: appmesh-inject
  labels:
    app.kubernetes.io/name: aws-app-mesh-inject
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: injector
spec:
  selector:
    app.kubernetes.io/name: aws-app-mesh-inject
  ports:
    - name: https
      port: 443
      targetPort: webhook
      protocol: TCP
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: aws-app-mesh-inject
  namespace: appmesh-inject
  labels:
    app.kubernetes.io/name: aws-app-mesh-inject
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: injector
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: aws-app-mesh-inject
  policyTypes: [Ingress]
  ingress:
    - ports:
        - port: webhook
          protocol: TCP
    - ports:
        - port: 9090
          protocol: TCP
      from:
        - namespaceSelector: {}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: aws-app-mesh-inject
  namespace: appmesh-inject
  labels:
    app.kubernetes.io/name: aws-app-mesh-inject
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: injector
spec:
  replicas: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: aws-app-mesh-inject
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  template:
    metadata:
      labels:
        app.kubernetes.io/name: aws-app-mesh-inject
        app.kubernetes.io/part-of: outrigger
        app.kubernetes.io/managed-by: outrigger
        outrigger.dev/component: injector
      annotations:
        outrigger.dev/configuration: |
YAML
  print_settings '          '
  print_verbatim <<'YAML'
          webhook:
            certificate: cluster
        prometheus.io/scrape: "true"
        prometheus.io/port: "9090"
    spec:
      serviceAccountName: aws-app-mesh-inject
      automountServiceAccountToken: true
      enableServiceLinks: false
      terminationGracePeriodSeconds: 30
      nodeSelector:
        kubernetes.io/os: linux
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: webhook
YAML
  printf '          image: %s\n' "$quoted_image"
  print_verbatim <<'YAML'
          args: [webhook, --config, /etc/outrigger/config.yaml]
          ports:
            - name: webhook
              containerPort: 8443
              protocol: TCP
            - name: health
              containerPort: 9090
              protocol: TCP
          livenessProbe:
            httpGet:
              path: /healthz
              port: health
            periodSeconds: 10
            failureThreshold: 3
          readinessProbe:
            httpGet:
              path: /readyz
              port: health
            periodSeconds: 2
            timeoutSeconds: 2
          resources:
            requests:
              cpu: 50m
              memory: 128Mi
            limits:
              memory: 512Mi
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            - name: configuration
              mountPath: /etc/outrigger
              readOnly: true
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: configuration
          configMap:
            name: aws-app-mesh-inject
        - name: tmp
          emptyDir:
            sizeLimit: 64Mi
YAML
}

registration_manifest() {
  print_verbatim <<'YAML'
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata:
  name: aws-app-mesh-inject
  labels:
    app.kubernetes.io/name: aws-app-mesh-inject
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: injector
webhooks:
  - name: pods.inject.outrigger.dev
    admissionReviewVersions: [v1, v1beta1]
    clientConfig:
      service:
        namespace: appmesh-inject
        name: aws-app-mesh-inject
        port: 443
        path: /mutate-v1-pod
    rules:
      - apiGroups: [""]
        apiVersions: [v1]
        operations: [CREATE]
        resources: [pods]
        scope: Namespaced
    namespaceSelector:
      matchExpressions:
        - key: appmesh.k8s.aws/sidecarInjectorWebhook
          operator: In
          values: [enabled]
        - key: kubernetes.io/metadata.name
          operator: NotIn
          values: [kube-system, appmesh-inject, appmesh-system]
    matchConditions:
      - name: host-network
        expression: "!(has(object.spec) && has(object.spec.hostNetwork) && object.spec.hostNetwork == true)"
      - name: mirror-pod
        expression: "!(has(object.metadata) && has(object.metadata.annotations) && 'kubernetes.io/config.mirror' in object.metadata.annotations)"
      - name: opted-out
        expression: "!(has(object.metadata) && has(object.metadata.annotations) && 'appmesh.k8s.aws/sidecarInjectorWebhook' in object.metadata.annotations && object.metadata.annotations['appmesh.k8s.aws/sidecarInjectorWebhook'].lowerAscii().matches(r'^\\s*disabled\\s*$'))"
      - name: windows
        expression: "!(has(object.spec) && ((has(object.spec.os) && has(object.spec.os.name) && object.spec.os.name == 'windows') || (has(object.spec.nodeSelector) && 'kubernetes.io/os' in object.spec.nodeSelector && object.spec.nodeSelector['kubernetes.io/os'] == 'windows') || (has(object.spec.nodeSelector) && 'beta.kubernetes.io/os' in object.spec.nodeSelector && object.spec.nodeSelector['beta.kubernetes.io/os'] == 'windows') || (has(object.spec.affinity) && has(object.spec.affinity.nodeAffinity) && has(object.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution) && has(object.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms) && size(object.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms) > 0 && object.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.all(t, has(t.matchExpressions) && t.matchExpressions.exists(e, e.key in ['kubernetes.io/os', 'beta.kubernetes.io/os'] && has(e.values) && ((e.operator == 'In' && size(e.values) > 0 && e.values.all(v, v == 'windows')) || (e.operator == 'NotIn' && 'linux' in e.values)))))))"
    matchPolicy: Equivalent
    sideEffects: None
    reinvocationPolicy: IfNeeded
    failurePolicy: Ignore
    timeoutSeconds: 5
  - name: optin.pods.inject.outrigger.dev
    admissionReviewVersions: [v1, v1beta1]
    clientConfig:
      service:
        namespace: appmesh-inject
        name: aws-app-mesh-inject
        port: 443
        path: /mutate-v1-pod
    rules:
      - apiGroups: [""]
        apiVersions: [v1]
        operations: [CREATE]
        resources: [pods]
        scope: Namespaced
    namespaceSelector:
      matchExpressions:
        - key: appmesh.k8s.aws/sidecarInjectorWebhook
          operator: In
          values: [disabled]
        - key: kubernetes.io/metadata.name
          operator: NotIn
          values: [kube-system, appmesh-inject, appmesh-system]
    matchConditions:
      - name: host-network
        expression: "!(has(object.spec) && has(object.spec.hostNetwork) && object.spec.hostNetwork == true)"
      - name: mirror-pod
        expression: "!(has(object.metadata) && has(object.metadata.annotations) && 'kubernetes.io/config.mirror' in object.metadata.annotations)"
      - name: opted-out
        expression: "!(has(object.metadata) && has(object.metadata.annotations) && 'appmesh.k8s.aws/sidecarInjectorWebhook' in object.metadata.annotations && object.metadata.annotations['appmesh.k8s.aws/sidecarInjectorWebhook'].lowerAscii().matches(r'^\\s*disabled\\s*$'))"
      - name: windows
        expression: "!(has(object.spec) && ((has(object.spec.os) && has(object.spec.os.name) && object.spec.os.name == 'windows') || (has(object.spec.nodeSelector) && 'kubernetes.io/os' in object.spec.nodeSelector && object.spec.nodeSelector['kubernetes.io/os'] == 'windows') || (has(object.spec.nodeSelector) && 'beta.kubernetes.io/os' in object.spec.nodeSelector && object.spec.nodeSelector['beta.kubernetes.io/os'] == 'windows') || (has(object.spec.affinity) && has(object.spec.affinity.nodeAffinity) && has(object.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution) && has(object.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms) && size(object.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms) > 0 && object.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.all(t, has(t.matchExpressions) && t.matchExpressions.exists(e, e.key in ['kubernetes.io/os', 'beta.kubernetes.io/os'] && has(e.values) && ((e.operator == 'In' && size(e.values) > 0 && e.values.all(v, v == 'windows')) || (e.operator == 'NotIn' && 'linux' in e.values)))))))"
    matchPolicy: Equivalent
    sideEffects: None
    reinvocationPolicy: IfNeeded
    failurePolicy: Ignore
    timeoutSeconds: 5
YAML
}

test_namespace_manifest() {
  print_verbatim <<'YAML'
---
apiVersion: v1
kind: Namespace
metadata:
  generateName: outrigger-test-
  labels:
    outrigger.dev/test-admission: ""
    appmesh.k8s.aws/sidecarInjectorWebhook: enabled
    pod-security.kubernetes.io/enforce: privileged
    pod-security.kubernetes.io/warn: privileged
    pod-security.kubernetes.io/audit: privileged
YAML
}

test_pod_manifest() {
  print_verbatim <<'YAML'
---
apiVersion: v1
kind: Pod
metadata:
  name: test-admission
  annotations:
    appmesh.k8s.aws/sidecarInjectorWebhook: enabled
    appmesh.k8s.aws/virtualNode: test-admission
spec:
  serviceAccountName: default
  automountServiceAccountToken: false
  containers:
    - name: app
      image: never-pulled
      ports:
        - containerPort: 8080
YAML
}

# Everything that is to be applied, for looking at what is there already.
all_manifests() {
  if wants control-plane; then control_plane_manifest; fi
  if wants injector; then
    injector_manifest
    registration_manifest
  fi
}

check_cluster() {
  command -v kubectl > /dev/null || stop 3 "kubectl is not on PATH"
  local version
  version=$(kubectl get --raw /version) || stop 3 "the cluster cannot be reached: see kubectl cluster-info"
  if [[ $version =~ \"major\":\ *\"1\" && $version =~ \"minor\":\ *\"([0-9]+) ]] && ((BASH_REMATCH[1] < 30)); then
    stop 1 "the API server is Kubernetes 1.${BASH_REMATCH[1]}: expected 1.30 or newer"
  fi
}

# Objects of the same names that were not made by an installation.
check_foreign_objects() {
  local columns='KIND:.kind,NAMESPACE:.metadata.namespace,NAME:.metadata.name'
  columns+=',MANAGER:.metadata.labels.app\.kubernetes\.io/managed-by,COMPONENT:.metadata.labels.outrigger\.dev/component'
  local found kind namespace name manager component foreign=0
  found=$(all_manifests | kubectl get --ignore-not-found --no-headers -o "custom-columns=$columns" -f -) ||
    stop 3 "the cluster's objects cannot be read"
  while read -r kind namespace name manager component; do
    if [[ -z $kind || ($manager == outrigger && $component != '<none>') ]]; then continue; fi
    foreign=1
    if [[ $manager == Helm ]]; then
      say "$kind $name (namespace $namespace) belongs to a Helm release: upgrade or remove that with helm"
    elif [[ $kind == Deployment || $kind == *Binding || $kind == MutatingWebhookConfiguration ]]; then
      say "$kind $name (namespace $namespace) is there already and was not made by this: delete it"
    else
      say "$kind $name (namespace $namespace) is there already and was not made by this: delete it, or label it" \
        "app.kubernetes.io/managed-by=outrigger outrigger.dev/component=${components/all/injector or control-plane}"
    fi
  done <<< "$found"
  ((foreign == 0)) || stop 1 "nothing was changed"
}

check_other_injectors() {
  local template='{range .items[*]}{.metadata.name}{" "}{range .webhooks[*]}{.namespaceSelector}{end}{"\n"}{end}'
  local found name selectors
  found=$(kubectl get mutatingwebhookconfigurations -o "jsonpath=$template") ||
    stop 3 "the cluster's webhook registrations cannot be read"
  while read -r name selectors; do
    if [[ $name != aws-app-mesh-inject && $selectors == *appmesh.k8s.aws/sidecarInjectorWebhook* ]]; then
      say "nothing was changed: another injector is registered for labelled namespaces: $name"
      stop 1 "delete it: kubectl delete mutatingwebhookconfiguration $name; or: outrigger install --take-over"
    fi
  done <<< "$found"
}

apply() { kubectl apply --server-side --force-conflicts --field-manager=outrigger "$@" -f -; }

# Has the API server try everything before the first object is stored; what needs a namespace that is still to be made, or a
# role that is, cannot be tried.
check_applying() {
  local line refused=0
  while read -r line; do
    if [[ -z $line || $line == Warning:* || $line == *'(NotFound)'* || $line == *'does not support dry run'* ]]; then continue; fi
    refused=1
    say "$line"
  done <<< "$(all_manifests | apply --dry-run=server 2>&1 > /dev/null)"
  ((refused == 0)) || stop 1 "nothing was changed"
}

# A namespace that was there before is used as it is.
apply_namespace() {
  local name=$1 manifest=$2 manager
  manager=$(kubectl get namespace "$name" --ignore-not-found -o 'custom-columns=M:.metadata.labels.app\.kubernetes\.io/managed-by' --no-headers)
  if [[ -z $manager || $manager == outrigger* ]]; then
    "$manifest" | apply
  else
    say "namespace $name was there before: it stays as it is"
  fi
}

await_rollout() {
  kubectl rollout status "deployment/$1" -n "$2" --timeout="${timeout}s" >&2 ||
    stop 1 "$1 is not ready: kubectl describe pods -n $2"
}

has_trust() {
  [[ $(kubectl get configmap outrigger-trust -n appmesh-system --ignore-not-found -o 'jsonpath={.data.trust\.pem}' 2> /dev/null) == *'BEGIN CERTIFICATE'* ]]
}

install_control_plane() {
  say "control plane: applying"
  apply_namespace appmesh-system control_plane_namespace
  control_plane_manifest | apply
  await_rollout outrigger-control-plane appmesh-system
  until has_trust; do
    ((SECONDS < timeout)) || stop 1 "the control plane has not published its trust in time: see its log"
    pause
  done
}

install_injector() {
  say "injector: applying"
  apply_namespace appmesh-inject injector_namespace
  injector_manifest | apply
  if has_trust; then await_rollout aws-app-mesh-inject appmesh-inject; fi
  registration_manifest | apply
  if has_trust; then
    await_test_admission
  else
    say "not tested: the injector waits for the mesh's trust, which a control plane publishes"
  fi
}

remove_test_namespace() {
  if [[ -n ${test_namespace:-} ]]; then kubectl delete --wait=false "$test_namespace" > /dev/null; fi
  test_namespace=''
}

try_test_pod() {
  test_pod_manifest | kubectl create --dry-run=server -n "${test_namespace#namespace/}" -f - \
    -o 'jsonpath={.metadata.annotations.outrigger\.dev/injected}'
}

# Has the API server pretend to create a pod in a labelled namespace until it comes back with a sidecar.
await_test_admission() {
  say "waiting for a test admission"
  trap remove_test_namespace EXIT
  test_namespace=$(test_namespace_manifest | kubectl create -f - -o name)
  local problem
  # nothing but the record counts: a cluster may print warnings beside it
  until [[ $(try_test_pod 2> /dev/null) == '{'* ]]; do
    if ((SECONDS >= timeout)); then
      problem=$(try_test_pod 2>&1 > /dev/null) || true
      stop 1 "a test pod was not injected in time: ${problem:-it came back without a sidecar}"
    fi
    pause
  done
  remove_test_namespace
  trap - EXIT
}

main() {
  read_options "$@"
  read_mesh_name
  read_image
  check_cluster
  check_foreign_objects
  if wants injector; then check_other_injectors; fi
  check_applying
  SECONDS=0
  if wants control-plane; then install_control_plane; fi
  if wants injector; then install_injector; fi
  print_verbatim <<'TEXT'

Outrigger is installed. Next:

  kubectl label namespace NAMESPACE appmesh.k8s.aws/sidecarInjectorWebhook=enabled
  kubectl rollout restart deployment -n NAMESPACE      its pods come back with an Envoy each
TEXT
}

# Last, so that a download that was cut off does nothing; its input is the script itself in `cat install.sh | bash`.
main "$@" < /dev/null
