#!/usr/bin/env bash
# Installs Outrigger 0.2.0 into the cluster that kubectl talks to; needs nothing but bash and kubectl.
# Written by scripts/write-installation.ts out of src/install: change it there.
#
#   MESH_NAME=mynewmesh bash install.sh                       injector and control plane
#   MESH_NAME=mynewmesh bash install.sh --injector-only       one of the two
#   bash install.sh --control-plane-only
#   bash install.sh --crds-only                             the App Mesh kinds, which the others install as well
#   cat install.sh | MESH_NAME=mynewmesh bash -s -- --injector-only
#
# MESH_NAME             mesh of pods that neither name one nor match a VirtualNode; needed for the injector
# OUTRIGGER_IMAGE       another image of Outrigger, with tag or digest; it also redirects the traffic of injected pods
# OUTRIGGER_COMPONENTS  the same as the options: all (default), injector, control-plane, crds
# OUTRIGGER_CONTROL_PLANE_MESH  serve or observe; by default as it is set, and a new installation serves
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
      --crds-only) components=crds ;;
      *) stop 2 "unknown argument $1: expected --injector-only, --control-plane-only or --crds-only" ;;
    esac
    shift
  done
  case $components in
    all | injector | control-plane | crds) ;;
    *) stop 2 "OUTRIGGER_COMPONENTS is $components: expected all, injector, control-plane or crds" ;;
  esac
  mesh_mode=${OUTRIGGER_CONTROL_PLANE_MESH:-}
  if [[ -n $mesh_mode && $mesh_mode != serve && $mesh_mode != observe ]]; then
    stop 2 "OUTRIGGER_CONTROL_PLANE_MESH is $mesh_mode: expected serve or observe"
  fi
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
    stop 2 "OUTRIGGER_IMAGE cannot be used: expected an image with tag or digest, as in registry.example/outrigger:0.2.0"
  fi
  quoted_image="\"${own_image:-docker.io/outrigger/outrigger:0.2.0}\""
}

print_capture_settings() {
  if [[ -n $own_image ]]; then
    printf '%scapture:\n%s  image: %s\n%s  program: outrigger\n' "$1" "$1" "$quoted_image" "$1"
  fi
}

# The settings that this script decides, each line after the indent $1.
print_settings() {
  print_capture_settings "$1"
  printf '%smeshName: %s\n' "$1" "$quoted_mesh_name"
}

# The same for the control plane, which also knows whether it serves the mesh.
print_control_plane_settings() {
  print_capture_settings "$1"
  if [[ -n $mesh_mode ]]; then printf '%scontrolPlane:\n%s  mesh: %s\n' "$1" "$1" "$mesh_mode"; fi
  printf '%smeshName: %s\n' "$1" "$quoted_mesh_name"
}

crds_manifest() {
  print_verbatim <<'YAML'
---
{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"meshes.appmesh.k8s.aws","labels":{"app.kubernetes.io/part-of":"outrigger"},"annotations":{"outrigger.dev/schema":"3bf16996f0f4a098"}},"spec":{"group":"appmesh.k8s.aws","names":{"kind":"Mesh","listKind":"MeshList","plural":"meshes","singular":"mesh"},"scope":"Cluster","versions":[{"name":"v1beta2","served":true,"storage":true,"subresources":{"status":{}},"additionalPrinterColumns":[{"name":"ARN","type":"string","description":"ARN of the Mesh","jsonPath":".status.meshARN"},{"name":"AGE","type":"date","jsonPath":".metadata.creationTimestamp"},{"name":"ACTIVE","type":"string","description":"Whether it is in effect","jsonPath":".status.conditions[?(@.type==\"MeshActive\")].status"},{"name":"REASON","type":"string","description":"Why, or why not","jsonPath":".status.conditions[?(@.type==\"MeshActive\")].reason"}],"schema":{"openAPIV3Schema":{"description":"A Mesh of App Mesh; see docs/resources.md.","type":"object","properties":{"apiVersion":{"type":"string"},"kind":{"type":"string"},"metadata":{"type":"object"},"spec":{"description":"What is wanted.","type":"object","properties":{"awsName":{"description":"Name in App Mesh; absent or empty: `<name>`. It cannot be changed.","type":"string"},"egressFilter":{"description":"Traffic to what is no backend; absent: `DROP_ALL`.","type":"object","required":["type"],"properties":{"type":{"description":"Whether traffic may leave the mesh.","type":"string","enum":["ALLOW_ALL","DROP_ALL"]}},"x-kubernetes-preserve-unknown-fields":true},"meshOwner":{"description":"AWS account that owns a shared mesh.","type":"string"},"meshServiceDiscovery":{"description":"What counts for nodes that say nothing of their own.","type":"object","properties":{"ipPreference":{"description":"IP family of endpoints.","type":"string","enum":["IPv6_ONLY","IPv4_ONLY","IPv6_PREFERRED","IPv4_PREFERRED"]}},"x-kubernetes-preserve-unknown-fields":true},"namespaceSelector":{"description":"Namespaces whose objects and pods belong to the mesh; absent: none, empty: all.","type":"object","properties":{"matchExpressions":{"description":"Conditions that must all hold.","type":"array","items":{"type":"object","required":["key","operator"],"properties":{"key":{"description":"Key of a label.","type":"string"},"operator":{"description":"`In`, `NotIn`, `Exists` or `DoesNotExist`.","type":"string"},"values":{"description":"For `In` and `NotIn`.","type":"array","items":{"type":"string"},"x-kubernetes-list-type":"atomic"}},"x-kubernetes-preserve-unknown-fields":true},"x-kubernetes-list-type":"atomic"},"matchLabels":{"description":"Labels that must all be there.","type":"object","additionalProperties":{"type":"string"}}},"x-kubernetes-map-type":"atomic","x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"awsName cannot be changed: delete the object and create it again under its new name","rule":"!has(self.awsName) || !has(oldSelf.awsName) || oldSelf.awsName == '' || self.awsName == '' || self.awsName == oldSelf.awsName"}]},"status":{"description":"What became of it; written by Outrigger.","type":"object","properties":{"conditions":{"description":"Whether the object is accepted and in effect, and why not.","type":"array","items":{"type":"object","required":["status","type"],"properties":{"lastTransitionTime":{"description":"When the status changed last.","type":"string","format":"date-time"},"message":{"description":"What is the matter, for a person.","type":"string"},"reason":{"description":"The same in one word, for a program.","type":"string"},"status":{"description":"`True`, `False` or `Unknown`.","type":"string"},"type":{"description":"What is said, such as `VirtualNodeActive`.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"meshARN":{"description":"ARN of the object; made up, but stable.","type":"string"},"observedGeneration":{"description":"Generation of the object that this was said of.","type":"integer","format":"int64"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}}}]}}
---
{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"virtualnodes.appmesh.k8s.aws","labels":{"app.kubernetes.io/part-of":"outrigger"},"annotations":{"outrigger.dev/schema":"0bef28d96bbf6e74"}},"spec":{"group":"appmesh.k8s.aws","names":{"kind":"VirtualNode","listKind":"VirtualNodeList","plural":"virtualnodes","singular":"virtualnode","categories":["all"]},"scope":"Namespaced","versions":[{"name":"v1beta2","served":true,"storage":true,"subresources":{"status":{}},"additionalPrinterColumns":[{"name":"ARN","type":"string","description":"ARN of the VirtualNode","jsonPath":".status.virtualNodeARN"},{"name":"AGE","type":"date","jsonPath":".metadata.creationTimestamp"},{"name":"ACTIVE","type":"string","description":"Whether it is in effect","jsonPath":".status.conditions[?(@.type==\"VirtualNodeActive\")].status"},{"name":"REASON","type":"string","description":"Why, or why not","jsonPath":".status.conditions[?(@.type==\"VirtualNodeActive\")].reason"}],"schema":{"openAPIV3Schema":{"description":"A VirtualNode of App Mesh; see docs/resources.md.","type":"object","properties":{"apiVersion":{"type":"string"},"kind":{"type":"string"},"metadata":{"type":"object"},"spec":{"description":"What is wanted.","type":"object","properties":{"awsName":{"description":"Name in App Mesh; absent or empty: `<name>_<namespace>`. It cannot be changed.","type":"string"},"backendDefaults":{"description":"What counts for every backend that says nothing of its own.","type":"object","properties":{"clientPolicy":{"description":"How connections to the backend are made.","type":"object","properties":{"tls":{"description":"TLS of the client.","type":"object","required":["validation"],"properties":{"certificate":{"description":"The client's own certificate.","type":"object","properties":{"file":{"description":"A certificate in files.","type":"object","required":["certificateChain","privateKey"],"properties":{"certificateChain":{"description":"Path of the certificate chain in the container of Envoy.","type":"string","minLength":1,"maxLength":255},"privateKey":{"description":"Path of its private key there.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true},"sds":{"description":"A certificate from the pod's own SDS server.","type":"object","required":["secretName"],"properties":{"secretName":{"description":"Name of the secret.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"enforce":{"description":"Whether TLS is a must; absent: it is.","type":"boolean"},"ports":{"description":"Ports of the target that this is for; absent or empty: all.","type":"array","items":{"type":"integer","format":"int64","minimum":1,"maximum":65535}},"validation":{"description":"How the server's certificate is checked.","type":"object","required":["trust"],"properties":{"subjectAlternativeNames":{"description":"Names that the other side's certificate must carry.","type":"object","required":["match"],"properties":{"match":{"type":"object","required":["exact"],"properties":{"exact":{"description":"Names of which one must be there.","type":"array","items":{"type":"string"}}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"trust":{"description":"Who signs the servers' certificates; one of the three.","type":"object","properties":{"acm":{"description":"Trusted authorities of AWS Certificate Manager.","type":"object","required":["certificateAuthorityARNs"],"properties":{"certificateAuthorityARNs":{"description":"ARNs of the authorities.","type":"array","items":{"type":"string"},"maxItems":3,"minItems":1}},"x-kubernetes-preserve-unknown-fields":true},"file":{"description":"Trusted certificates in a file.","type":"object","required":["certificateChain"],"properties":{"certificateChain":{"description":"Path of the trusted certificates in the container of Envoy.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true},"sds":{"description":"Trusted certificates from the pod's own SDS server.","type":"object","required":["secretName"],"properties":{"secretName":{"description":"Name of the secret.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"backendGroups":{"description":"Groups of services that the node calls; `*` as name: every service of the namespace.","type":"array","items":{"description":"The BackendGroup by its name in Kubernetes.","type":"object","required":["name"],"properties":{"name":{"description":"Name of the BackendGroup object.","type":"string"},"namespace":{"description":"Its namespace; absent: that of the object that refers to it.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"backends":{"description":"Services that the node calls.","type":"array","items":{"type":"object","required":["virtualService"],"properties":{"virtualService":{"description":"A service, by reference or by ARN.","type":"object","properties":{"clientPolicy":{"description":"How connections to the backend are made.","type":"object","properties":{"tls":{"description":"TLS of the client.","type":"object","required":["validation"],"properties":{"certificate":{"description":"The client's own certificate.","type":"object","properties":{"file":{"description":"A certificate in files.","type":"object","required":["certificateChain","privateKey"],"properties":{"certificateChain":{"description":"Path of the certificate chain in the container of Envoy.","type":"string","minLength":1,"maxLength":255},"privateKey":{"description":"Path of its private key there.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true},"sds":{"description":"A certificate from the pod's own SDS server.","type":"object","required":["secretName"],"properties":{"secretName":{"description":"Name of the secret.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"enforce":{"description":"Whether TLS is a must; absent: it is.","type":"boolean"},"ports":{"description":"Ports of the target that this is for; absent or empty: all.","type":"array","items":{"type":"integer","format":"int64","minimum":1,"maximum":65535}},"validation":{"description":"How the server's certificate is checked.","type":"object","required":["trust"],"properties":{"subjectAlternativeNames":{"description":"Names that the other side's certificate must carry.","type":"object","required":["match"],"properties":{"match":{"type":"object","required":["exact"],"properties":{"exact":{"description":"Names of which one must be there.","type":"array","items":{"type":"string"}}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"trust":{"description":"Who signs the servers' certificates; one of the three.","type":"object","properties":{"acm":{"description":"Trusted authorities of AWS Certificate Manager.","type":"object","required":["certificateAuthorityARNs"],"properties":{"certificateAuthorityARNs":{"description":"ARNs of the authorities.","type":"array","items":{"type":"string"},"maxItems":3,"minItems":1}},"x-kubernetes-preserve-unknown-fields":true},"file":{"description":"Trusted certificates in a file.","type":"object","required":["certificateChain"],"properties":{"certificateChain":{"description":"Path of the trusted certificates in the container of Envoy.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true},"sds":{"description":"Trusted certificates from the pod's own SDS server.","type":"object","required":["secretName"],"properties":{"secretName":{"description":"Name of the secret.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"virtualServiceARN":{"description":"The service by its ARN.","type":"string"},"virtualServiceRef":{"description":"The VirtualService by its name in Kubernetes.","type":"object","required":["name"],"properties":{"name":{"description":"Name of the VirtualService object.","type":"string"},"namespace":{"description":"Its namespace; absent: that of the object that refers to it.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"listeners":{"description":"Ports where the node's app listens.","type":"array","items":{"type":"object","required":["portMapping"],"properties":{"connectionPool":{"description":"How much the app takes at a time; of the four the one that is the listener's protocol.","type":"object","properties":{"grpc":{"description":"Pool of a gRPC listener.","type":"object","required":["maxRequests"],"properties":{"maxRequests":{"description":"Requests at a time.","type":"integer","format":"int64","minimum":1}},"x-kubernetes-preserve-unknown-fields":true},"http":{"description":"Pool of an HTTP listener.","type":"object","required":["maxConnections"],"properties":{"maxConnections":{"description":"Connections at a time.","type":"integer","format":"int64","minimum":1},"maxPendingRequests":{"description":"Requests that may wait for a connection.","type":"integer","format":"int64","minimum":1}},"x-kubernetes-preserve-unknown-fields":true},"http2":{"description":"Pool of an HTTP/2 listener.","type":"object","required":["maxRequests"],"properties":{"maxRequests":{"description":"Requests at a time.","type":"integer","format":"int64","minimum":1}},"x-kubernetes-preserve-unknown-fields":true},"tcp":{"description":"Pool of a TCP listener.","type":"object","required":["maxConnections"],"properties":{"maxConnections":{"description":"Connections at a time.","type":"integer","format":"int64","minimum":1}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"at most one of grpc, http, http2, tcp may be given","rule":"(has(self.grpc) ? 1 : 0) + (has(self.http) ? 1 : 0) + (has(self.http2) ? 1 : 0) + (has(self.tcp) ? 1 : 0) <= 1"}]},"healthCheck":{"description":"How clients find out whether an endpoint is healthy.","type":"object","required":["intervalMillis","timeoutMillis","unhealthyThreshold","healthyThreshold","protocol"],"properties":{"healthyThreshold":{"description":"Successes in a row after which an endpoint is healthy.","type":"integer","format":"int64","minimum":2,"maximum":10},"intervalMillis":{"description":"Milliseconds between two checks.","type":"integer","format":"int64","minimum":5000,"maximum":300000},"path":{"description":"Path that HTTP checks ask for; other protocols ignore it.","type":"string"},"port":{"description":"Port that is checked; absent: the listener's.","type":"integer","format":"int64","minimum":1,"maximum":65535},"protocol":{"description":"What the check speaks.","type":"string","enum":["grpc","http","http2","tcp"]},"timeoutMillis":{"description":"Milliseconds that an answer may take.","type":"integer","format":"int64","minimum":2000,"maximum":60000},"unhealthyThreshold":{"description":"Failures in a row after which an endpoint is unhealthy.","type":"integer","format":"int64","minimum":2,"maximum":10}},"x-kubernetes-preserve-unknown-fields":true},"outlierDetection":{"description":"When clients leave an endpoint alone for a while.","type":"object","required":["baseEjectionDuration","interval","maxEjectionPercent","maxServerErrors"],"properties":{"baseEjectionDuration":{"description":"How long an endpoint stays ejected the first time.","type":"object","required":["unit","value"],"properties":{"unit":{"description":"Unit of the value.","type":"string","enum":["s","ms"]},"value":{"description":"How many; 0 turns a time-out off.","type":"integer","format":"int64","minimum":0}},"x-kubernetes-preserve-unknown-fields":true},"interval":{"description":"Time between two looks at the endpoints.","type":"object","required":["unit","value"],"properties":{"unit":{"description":"Unit of the value.","type":"string","enum":["s","ms"]},"value":{"description":"How many; 0 turns a time-out off.","type":"integer","format":"int64","minimum":0}},"x-kubernetes-preserve-unknown-fields":true},"maxEjectionPercent":{"description":"Share of the endpoints that may be ejected at a time.","type":"integer","format":"int64","minimum":0,"maximum":100},"maxServerErrors":{"description":"Errors 5xx in a row that eject an endpoint.","type":"integer","format":"int64","minimum":1}},"x-kubernetes-preserve-unknown-fields":true},"portMapping":{"description":"Where the listener listens.","type":"object","required":["port","protocol"],"properties":{"port":{"description":"Port of the listener.","type":"integer","format":"int64","minimum":1,"maximum":65535},"protocol":{"description":"Its protocol.","type":"string","enum":["grpc","http","http2","tcp"]}},"x-kubernetes-preserve-unknown-fields":true},"timeout":{"description":"Time-outs at the app; of the four the one that is the listener's protocol. A longer one of a route has no effect.","type":"object","properties":{"grpc":{"description":"For a gRPC listener.","type":"object","properties":{"idle":{"description":"Without any traffic.","type":"object","required":["unit","value"],"properties":{"unit":{"description":"Unit of the value.","type":"string","enum":["s","ms"]},"value":{"description":"How many; 0 turns a time-out off.","type":"integer","format":"int64","minimum":0}},"x-kubernetes-preserve-unknown-fields":true},"perRequest":{"description":"For a whole request.","type":"object","required":["unit","value"],"properties":{"unit":{"description":"Unit of the value.","type":"string","enum":["s","ms"]},"value":{"description":"How many; 0 turns a time-out off.","type":"integer","format":"int64","minimum":0}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"http":{"description":"For an HTTP listener.","type":"object","properties":{"idle":{"description":"Without any traffic.","type":"object","required":["unit","value"],"properties":{"unit":{"description":"Unit of the value.","type":"string","enum":["s","ms"]},"value":{"description":"How many; 0 turns a time-out off.","type":"integer","format":"int64","minimum":0}},"x-kubernetes-preserve-unknown-fields":true},"perRequest":{"description":"For a whole request.","type":"object","required":["unit","value"],"properties":{"unit":{"description":"Unit of the value.","type":"string","enum":["s","ms"]},"value":{"description":"How many; 0 turns a time-out off.","type":"integer","format":"int64","minimum":0}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"http2":{"description":"For an HTTP/2 listener.","type":"object","properties":{"idle":{"description":"Without any traffic.","type":"object","required":["unit","value"],"properties":{"unit":{"description":"Unit of the value.","type":"string","enum":["s","ms"]},"value":{"description":"How many; 0 turns a time-out off.","type":"integer","format":"int64","minimum":0}},"x-kubernetes-preserve-unknown-fields":true},"perRequest":{"description":"For a whole request.","type":"object","required":["unit","value"],"properties":{"unit":{"description":"Unit of the value.","type":"string","enum":["s","ms"]},"value":{"description":"How many; 0 turns a time-out off.","type":"integer","format":"int64","minimum":0}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"tcp":{"description":"For a TCP listener.","type":"object","properties":{"idle":{"description":"Without any traffic.","type":"object","required":["unit","value"],"properties":{"unit":{"description":"Unit of the value.","type":"string","enum":["s","ms"]},"value":{"description":"How many; 0 turns a time-out off.","type":"integer","format":"int64","minimum":0}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"tls":{"description":"TLS of the listener.","type":"object","required":["certificate","mode"],"properties":{"certificate":{"description":"The listener's certificate; one of the three.","type":"object","properties":{"acm":{"description":"A certificate of AWS Certificate Manager.","type":"object","required":["certificateARN"],"properties":{"certificateARN":{"description":"ARN of the certificate.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"file":{"description":"A certificate in files.","type":"object","required":["certificateChain","privateKey"],"properties":{"certificateChain":{"description":"Path of the certificate chain in the container of Envoy.","type":"string","minLength":1,"maxLength":255},"privateKey":{"description":"Path of its private key there.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true},"sds":{"description":"A certificate from the pod's own SDS server.","type":"object","required":["secretName"],"properties":{"secretName":{"description":"Name of the secret.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"mode":{"description":"Whether the listener speaks TLS: never, both ways, or always.","type":"string","enum":["DISABLED","PERMISSIVE","STRICT"]},"validation":{"description":"Clients must show a certificate (mutual TLS).","type":"object","required":["trust"],"properties":{"subjectAlternativeNames":{"description":"Names that the other side's certificate must carry.","type":"object","required":["match"],"properties":{"match":{"type":"object","required":["exact"],"properties":{"exact":{"description":"Names of which one must be there.","type":"array","items":{"type":"string"}}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"trust":{"description":"Who signs the clients' certificates.","type":"object","properties":{"file":{"description":"Trusted certificates in a file.","type":"object","required":["certificateChain"],"properties":{"certificateChain":{"description":"Path of the trusted certificates in the container of Envoy.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true},"sds":{"description":"Trusted certificates from the pod's own SDS server.","type":"object","required":["secretName"],"properties":{"secretName":{"description":"Name of the secret.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"logging":{"description":"What Envoy logs.","type":"object","properties":{"accessLog":{"description":"The log of requests and connections.","type":"object","properties":{"file":{"description":"A file.","type":"object","required":["path"],"properties":{"format":{"description":"Absent: Envoy's own format.","type":"object","properties":{"json":{"description":"One JSON object a line.","type":"array","items":{"type":"object","required":["key","value"],"properties":{"key":{"description":"Key in the log.","type":"string","minLength":1},"value":{"description":"Its value, with Envoy's command operators.","type":"string","minLength":1}},"x-kubernetes-preserve-unknown-fields":true}},"text":{"description":"A line, with Envoy's command operators.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"path":{"description":"`/dev/stdout` or `/dev/stderr`: nothing else can be written in the container of Envoy.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"meshRef":{"description":"The mesh that the object belongs to. Written by Outrigger; leave it out.","type":"object","required":["name","uid"],"properties":{"name":{"description":"Name of the Mesh object.","type":"string"},"uid":{"description":"Its UID.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"podSelector":{"description":"Pods of the namespace that are this node; absent: none, empty: all.","type":"object","properties":{"matchExpressions":{"description":"Conditions that must all hold.","type":"array","items":{"type":"object","required":["key","operator"],"properties":{"key":{"description":"Key of a label.","type":"string"},"operator":{"description":"`In`, `NotIn`, `Exists` or `DoesNotExist`.","type":"string"},"values":{"description":"For `In` and `NotIn`.","type":"array","items":{"type":"string"},"x-kubernetes-list-type":"atomic"}},"x-kubernetes-preserve-unknown-fields":true},"x-kubernetes-list-type":"atomic"},"matchLabels":{"description":"Labels that must all be there.","type":"object","additionalProperties":{"type":"string"}}},"x-kubernetes-map-type":"atomic","x-kubernetes-preserve-unknown-fields":true},"serviceDiscovery":{"description":"Where clients find the node; one of the two.","type":"object","properties":{"awsCloudMap":{"description":"Pods that registered under a name of AWS Cloud Map. It cannot be changed.","type":"object","required":["namespaceName","serviceName"],"properties":{"attributes":{"description":"What instances must have, all of it.","type":"array","items":{"type":"object","required":["key","value"],"properties":{"key":{"description":"Key of the attribute.","type":"string","minLength":1,"maxLength":255},"value":{"description":"Its value.","type":"string","minLength":1,"maxLength":1024}},"x-kubernetes-preserve-unknown-fields":true}},"ipPreference":{"description":"IP family of endpoints.","type":"string","enum":["IPv6_ONLY","IPv4_ONLY","IPv6_PREFERRED","IPv4_PREFERRED"]},"namespaceName":{"description":"Name of the Cloud Map namespace.","type":"string","minLength":1,"maxLength":1024},"serviceName":{"description":"Name of the service in it.","type":"string","minLength":1,"maxLength":1024}},"x-kubernetes-preserve-unknown-fields":true},"dns":{"description":"A name in DNS.","type":"object","required":["hostname"],"properties":{"hostname":{"description":"Name that is looked up.","type":"string"},"ipPreference":{"description":"IP family of endpoints.","type":"string","enum":["IPv6_ONLY","IPv4_ONLY","IPv6_PREFERRED","IPv4_PREFERRED"]},"responseType":{"description":"Whether the addresses are all endpoints, or doors to the same ones; absent: `LOADBALANCER`.","type":"string","enum":["ENDPOINTS","LOADBALANCER"]}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"awsName cannot be changed: delete the object and create it again under its new name","rule":"!has(self.awsName) || !has(oldSelf.awsName) || oldSelf.awsName == '' || self.awsName == '' || self.awsName == oldSelf.awsName"},{"message":"a node with listeners needs serviceDiscovery, or nobody finds it","rule":"!has(self.listeners) || self.listeners.size() == 0 || has(self.serviceDiscovery)"},{"message":"serviceDiscovery.awsCloudMap cannot be changed: delete the node and create it again","rule":"!has(oldSelf.serviceDiscovery) || !has(oldSelf.serviceDiscovery.awsCloudMap) || (has(self.serviceDiscovery) && has(self.serviceDiscovery.awsCloudMap) && self.serviceDiscovery.awsCloudMap == oldSelf.serviceDiscovery.awsCloudMap)"}]},"status":{"description":"What became of it; written by Outrigger.","type":"object","properties":{"conditions":{"description":"Whether the object is accepted and in effect, and why not.","type":"array","items":{"type":"object","required":["status","type"],"properties":{"lastTransitionTime":{"description":"When the status changed last.","type":"string","format":"date-time"},"message":{"description":"What is the matter, for a person.","type":"string"},"reason":{"description":"The same in one word, for a program.","type":"string"},"status":{"description":"`True`, `False` or `Unknown`.","type":"string"},"type":{"description":"What is said, such as `VirtualNodeActive`.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"observedGeneration":{"description":"Generation of the object that this was said of.","type":"integer","format":"int64"},"virtualNodeARN":{"description":"ARN of the object; made up, but stable.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}}}]}}
---
{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"virtualrouters.appmesh.k8s.aws","labels":{"app.kubernetes.io/part-of":"outrigger"},"annotations":{"outrigger.dev/schema":"63a989538cc1c500"}},"spec":{"group":"appmesh.k8s.aws","names":{"kind":"VirtualRouter","listKind":"VirtualRouterList","plural":"virtualrouters","singular":"virtualrouter","categories":["all"]},"scope":"Namespaced","versions":[{"name":"v1beta2","served":true,"storage":true,"subresources":{"status":{}},"additionalPrinterColumns":[{"name":"ARN","type":"string","description":"ARN of the VirtualRouter","jsonPath":".status.virtualRouterARN"},{"name":"AGE","type":"date","jsonPath":".metadata.creationTimestamp"},{"name":"ACTIVE","type":"string","description":"Whether it is in effect","jsonPath":".status.conditions[?(@.type==\"VirtualRouterActive\")].status"},{"name":"REASON","type":"string","description":"Why, or why not","jsonPath":".status.conditions[?(@.type==\"VirtualRouterActive\")].reason"}],"schema":{"openAPIV3Schema":{"description":"A VirtualRouter of App Mesh; see docs/resources.md.","type":"object","properties":{"apiVersion":{"type":"string"},"kind":{"type":"string"},"metadata":{"type":"object"},"spec":{"description":"What is wanted.","type":"object","properties":{"awsName":{"description":"Name in App Mesh; absent or empty: `<name>_<namespace>`. It cannot be changed.","type":"string"},"listeners":{"description":"Ports that clients call.","type":"array","items":{"type":"object","required":["portMapping"],"properties":{"portMapping":{"description":"Where the listener listens.","type":"object","required":["port","protocol"],"properties":{"port":{"description":"Port of the listener.","type":"integer","format":"int64","minimum":1,"maximum":65535},"protocol":{"description":"Its protocol.","type":"string","enum":["grpc","http","http2","tcp"]}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"minItems":1},"meshRef":{"description":"The mesh that the object belongs to. Written by Outrigger; leave it out.","type":"object","required":["name","uid"],"properties":{"name":{"description":"Name of the Mesh object.","type":"string"},"uid":{"description":"Its UID.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"routes":{"description":"Each of one protocol; the first that matches counts.","type":"array","items":{"type":"object","required":["name"],"properties":{"grpcRoute":{"description":"A route of gRPC calls.","type":"object","required":["action","match"],"properties":{"action":{"description":"Where the requests go.","type":"object","required":["weightedTargets"],"properties":{"weightedTargets":{"description":"Nodes, each by reference or by ARN.","type":"array","items":{"type":"object","required":["weight"],"properties":{"port":{"description":"Port of the node, where it has several listeners.","type":"integer","format":"int64","minimum":0},"virtualNodeARN":{"description":"The node by its ARN.","type":"string"},"virtualNodeRef":{"description":"The VirtualNode by its name in Kubernetes.","type":"object","required":["name"],"properties":{"name":{"description":"Name of the VirtualNode object.","type":"string"},"namespace":{"description":"Its namespace; absent: that of the object that refers to it.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"weight":{"description":"Its share of the sum of all weights.","type":"integer","format":"int64","minimum":0,"maximum":100}},"x-kubernetes-preserve-unknown-fields":true},"maxItems":10,"minItems":1}},"x-kubernetes-preserve-unknown-fields":true},"match":{"description":"Which calls; all that is given must match.","type":"object","properties":{"metadata":{"description":"Metadata that must all match.","type":"array","items":{"type":"object","required":["name"],"properties":{"invert":{"description":"Match when the rest does not.","type":"boolean"},"match":{"description":"One of the five; absent: being there is enough.","type":"object","properties":{"exact":{"description":"The whole value.","type":"string","minLength":1,"maxLength":255},"prefix":{"description":"Its beginning.","type":"string","minLength":1,"maxLength":255},"range":{"description":"A number within a range.","type":"object","required":["end","start"],"properties":{"end":{"description":"Last number, not included.","type":"integer","format":"int64"},"start":{"description":"First number.","type":"integer","format":"int64"}},"x-kubernetes-preserve-unknown-fields":true},"regex":{"description":"A regular expression (RE2) for the whole value.","type":"string","minLength":1,"maxLength":255},"suffix":{"description":"Its end.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true},"name":{"description":"Name of the metadata.","type":"string","minLength":1,"maxLength":50}},"x-kubernetes-preserve-unknown-fields":true},"maxItems":10,"minItems":1},"methodName":{"description":"Method of the service.","type":"string","minLength":1,"maxLength":50},"port":{"description":"Port of the router, where it has several listeners.","type":"integer","format":"int64","minimum":0},"serviceName":{"description":"Full name of the service.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"retryPolicy":{"description":"Absent: two tries more, for what never reached the app.","type":"object","required":["maxRetries","perRetryTimeout"],"properties":{"grpcRetryEvents":{"description":"Status codes that are tried again.","type":"array","items":{"type":"string","enum":["cancelled","deadline-exceeded","internal","resource-exhausted","unavailable"]},"maxItems":5,"minItems":1},"httpRetryEvents":{"description":"Answers that are tried again.","type":"array","items":{"type":"string","enum":["server-error","gateway-error","client-error","stream-error"]},"maxItems":25,"minItems":1},"maxRetries":{"description":"How often; 0 turns retries off.","type":"integer","format":"int64","minimum":0},"perRetryTimeout":{"description":"For one try.","type":"object","required":["unit","value"],"properties":{"unit":{"description":"Unit of the value.","type":"string","enum":["s","ms"]},"value":{"description":"How many; 0 turns a time-out off.","type":"integer","format":"int64","minimum":0}},"x-kubernetes-preserve-unknown-fields":true},"tcpRetryEvents":{"description":"Broken connections that are tried again.","type":"array","items":{"type":"string","enum":["connection-error"]},"maxItems":1,"minItems":1}},"x-kubernetes-preserve-unknown-fields":true},"timeout":{"description":"Time-outs of the route; 15 s a request and 300 s idle by default.","type":"object","properties":{"idle":{"description":"Without any traffic.","type":"object","required":["unit","value"],"properties":{"unit":{"description":"Unit of the value.","type":"string","enum":["s","ms"]},"value":{"description":"How many; 0 turns a time-out off.","type":"integer","format":"int64","minimum":0}},"x-kubernetes-preserve-unknown-fields":true},"perRequest":{"description":"For a whole request.","type":"object","required":["unit","value"],"properties":{"unit":{"description":"Unit of the value.","type":"string","enum":["s","ms"]},"value":{"description":"How many; 0 turns a time-out off.","type":"integer","format":"int64","minimum":0}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"http2Route":{"description":"A route of HTTP/2 requests.","type":"object","required":["action","match"],"properties":{"action":{"description":"Where the requests go.","type":"object","required":["weightedTargets"],"properties":{"weightedTargets":{"description":"Nodes, each by reference or by ARN.","type":"array","items":{"type":"object","required":["weight"],"properties":{"port":{"description":"Port of the node, where it has several listeners.","type":"integer","format":"int64","minimum":0},"virtualNodeARN":{"description":"The node by its ARN.","type":"string"},"virtualNodeRef":{"description":"The VirtualNode by its name in Kubernetes.","type":"object","required":["name"],"properties":{"name":{"description":"Name of the VirtualNode object.","type":"string"},"namespace":{"description":"Its namespace; absent: that of the object that refers to it.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"weight":{"description":"Its share of the sum of all weights.","type":"integer","format":"int64","minimum":0,"maximum":100}},"x-kubernetes-preserve-unknown-fields":true},"maxItems":10,"minItems":1}},"x-kubernetes-preserve-unknown-fields":true},"match":{"description":"Which requests; all that is given must match.","type":"object","properties":{"headers":{"description":"Headers that must all match.","type":"array","items":{"type":"object","required":["name"],"properties":{"invert":{"description":"Match when the rest does not.","type":"boolean"},"match":{"description":"One of the five; absent: being there is enough.","type":"object","properties":{"exact":{"description":"The whole value.","type":"string","minLength":1,"maxLength":255},"prefix":{"description":"Its beginning.","type":"string","minLength":1,"maxLength":255},"range":{"description":"A number within a range.","type":"object","required":["end","start"],"properties":{"end":{"description":"Last number, not included.","type":"integer","format":"int64"},"start":{"description":"First number.","type":"integer","format":"int64"}},"x-kubernetes-preserve-unknown-fields":true},"regex":{"description":"A regular expression (RE2) for the whole value.","type":"string","minLength":1,"maxLength":255},"suffix":{"description":"Its end.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true},"name":{"description":"Name of the header.","type":"string","minLength":1,"maxLength":50}},"x-kubernetes-preserve-unknown-fields":true},"maxItems":10,"minItems":1},"method":{"description":"The method.","type":"string","enum":["CONNECT","DELETE","GET","HEAD","OPTIONS","PATCH","POST","PUT","TRACE"]},"path":{"description":"The path; one of the two.","type":"object","properties":{"exact":{"description":"The whole path.","type":"string","minLength":1,"maxLength":255},"regex":{"description":"A regular expression (RE2) for the whole path.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true},"port":{"description":"Port of the router, where it has several listeners.","type":"integer","format":"int64","minimum":0},"prefix":{"description":"Beginning of the path.","type":"string"},"queryParameters":{"description":"Query parameters that must all match.","type":"array","items":{"type":"object","required":["name"],"properties":{"match":{"description":"Absent: being there is enough.","type":"object","properties":{"exact":{"description":"The whole value.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"name":{"description":"Name of the parameter.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"maxItems":10,"minItems":1},"scheme":{"description":"The scheme.","type":"string","enum":["http","https"]}},"x-kubernetes-preserve-unknown-fields":true},"retryPolicy":{"description":"Absent: two tries more, for what never reached the app.","type":"object","required":["maxRetries","perRetryTimeout"],"properties":{"httpRetryEvents":{"description":"Answers that are tried again.","type":"array","items":{"type":"string","enum":["server-error","gateway-error","client-error","stream-error"]},"maxItems":25,"minItems":1},"maxRetries":{"description":"How often; 0 turns retries off.","type":"integer","format":"int64","minimum":0},"perRetryTimeout":{"description":"For one try.","type":"object","required":["unit","value"],"properties":{"unit":{"description":"Unit of the value.","type":"string","enum":["s","ms"]},"value":{"description":"How many; 0 turns a time-out off.","type":"integer","format":"int64","minimum":0}},"x-kubernetes-preserve-unknown-fields":true},"tcpRetryEvents":{"description":"Broken connections that are tried again.","type":"array","items":{"type":"string","enum":["connection-error"]},"maxItems":1,"minItems":1}},"x-kubernetes-preserve-unknown-fields":true},"timeout":{"description":"Time-outs of the route; 15 s a request and 300 s idle by default.","type":"object","properties":{"idle":{"description":"Without any traffic.","type":"object","required":["unit","value"],"properties":{"unit":{"description":"Unit of the value.","type":"string","enum":["s","ms"]},"value":{"description":"How many; 0 turns a time-out off.","type":"integer","format":"int64","minimum":0}},"x-kubernetes-preserve-unknown-fields":true},"perRequest":{"description":"For a whole request.","type":"object","required":["unit","value"],"properties":{"unit":{"description":"Unit of the value.","type":"string","enum":["s","ms"]},"value":{"description":"How many; 0 turns a time-out off.","type":"integer","format":"int64","minimum":0}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"httpRoute":{"description":"A route of HTTP requests.","type":"object","required":["action","match"],"properties":{"action":{"description":"Where the requests go.","type":"object","required":["weightedTargets"],"properties":{"weightedTargets":{"description":"Nodes, each by reference or by ARN.","type":"array","items":{"type":"object","required":["weight"],"properties":{"port":{"description":"Port of the node, where it has several listeners.","type":"integer","format":"int64","minimum":0},"virtualNodeARN":{"description":"The node by its ARN.","type":"string"},"virtualNodeRef":{"description":"The VirtualNode by its name in Kubernetes.","type":"object","required":["name"],"properties":{"name":{"description":"Name of the VirtualNode object.","type":"string"},"namespace":{"description":"Its namespace; absent: that of the object that refers to it.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"weight":{"description":"Its share of the sum of all weights.","type":"integer","format":"int64","minimum":0,"maximum":100}},"x-kubernetes-preserve-unknown-fields":true},"maxItems":10,"minItems":1}},"x-kubernetes-preserve-unknown-fields":true},"match":{"description":"Which requests; all that is given must match.","type":"object","properties":{"headers":{"description":"Headers that must all match.","type":"array","items":{"type":"object","required":["name"],"properties":{"invert":{"description":"Match when the rest does not.","type":"boolean"},"match":{"description":"One of the five; absent: being there is enough.","type":"object","properties":{"exact":{"description":"The whole value.","type":"string","minLength":1,"maxLength":255},"prefix":{"description":"Its beginning.","type":"string","minLength":1,"maxLength":255},"range":{"description":"A number within a range.","type":"object","required":["end","start"],"properties":{"end":{"description":"Last number, not included.","type":"integer","format":"int64"},"start":{"description":"First number.","type":"integer","format":"int64"}},"x-kubernetes-preserve-unknown-fields":true},"regex":{"description":"A regular expression (RE2) for the whole value.","type":"string","minLength":1,"maxLength":255},"suffix":{"description":"Its end.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true},"name":{"description":"Name of the header.","type":"string","minLength":1,"maxLength":50}},"x-kubernetes-preserve-unknown-fields":true},"maxItems":10,"minItems":1},"method":{"description":"The method.","type":"string","enum":["CONNECT","DELETE","GET","HEAD","OPTIONS","PATCH","POST","PUT","TRACE"]},"path":{"description":"The path; one of the two.","type":"object","properties":{"exact":{"description":"The whole path.","type":"string","minLength":1,"maxLength":255},"regex":{"description":"A regular expression (RE2) for the whole path.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true},"port":{"description":"Port of the router, where it has several listeners.","type":"integer","format":"int64","minimum":0},"prefix":{"description":"Beginning of the path.","type":"string"},"queryParameters":{"description":"Query parameters that must all match.","type":"array","items":{"type":"object","required":["name"],"properties":{"match":{"description":"Absent: being there is enough.","type":"object","properties":{"exact":{"description":"The whole value.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"name":{"description":"Name of the parameter.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"maxItems":10,"minItems":1},"scheme":{"description":"The scheme.","type":"string","enum":["http","https"]}},"x-kubernetes-preserve-unknown-fields":true},"retryPolicy":{"description":"Absent: two tries more, for what never reached the app.","type":"object","required":["maxRetries","perRetryTimeout"],"properties":{"httpRetryEvents":{"description":"Answers that are tried again.","type":"array","items":{"type":"string","enum":["server-error","gateway-error","client-error","stream-error"]},"maxItems":25,"minItems":1},"maxRetries":{"description":"How often; 0 turns retries off.","type":"integer","format":"int64","minimum":0},"perRetryTimeout":{"description":"For one try.","type":"object","required":["unit","value"],"properties":{"unit":{"description":"Unit of the value.","type":"string","enum":["s","ms"]},"value":{"description":"How many; 0 turns a time-out off.","type":"integer","format":"int64","minimum":0}},"x-kubernetes-preserve-unknown-fields":true},"tcpRetryEvents":{"description":"Broken connections that are tried again.","type":"array","items":{"type":"string","enum":["connection-error"]},"maxItems":1,"minItems":1}},"x-kubernetes-preserve-unknown-fields":true},"timeout":{"description":"Time-outs of the route; 15 s a request and 300 s idle by default.","type":"object","properties":{"idle":{"description":"Without any traffic.","type":"object","required":["unit","value"],"properties":{"unit":{"description":"Unit of the value.","type":"string","enum":["s","ms"]},"value":{"description":"How many; 0 turns a time-out off.","type":"integer","format":"int64","minimum":0}},"x-kubernetes-preserve-unknown-fields":true},"perRequest":{"description":"For a whole request.","type":"object","required":["unit","value"],"properties":{"unit":{"description":"Unit of the value.","type":"string","enum":["s","ms"]},"value":{"description":"How many; 0 turns a time-out off.","type":"integer","format":"int64","minimum":0}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"name":{"description":"Name of the route; unique in its router.","type":"string"},"priority":{"description":"0 comes first; routes without one come last.","type":"integer","format":"int64","minimum":0,"maximum":1000},"tcpRoute":{"description":"A route of connections.","type":"object","required":["action"],"properties":{"action":{"description":"Where the requests go.","type":"object","required":["weightedTargets"],"properties":{"weightedTargets":{"description":"Nodes, each by reference or by ARN.","type":"array","items":{"type":"object","required":["weight"],"properties":{"port":{"description":"Port of the node, where it has several listeners.","type":"integer","format":"int64","minimum":0},"virtualNodeARN":{"description":"The node by its ARN.","type":"string"},"virtualNodeRef":{"description":"The VirtualNode by its name in Kubernetes.","type":"object","required":["name"],"properties":{"name":{"description":"Name of the VirtualNode object.","type":"string"},"namespace":{"description":"Its namespace; absent: that of the object that refers to it.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"weight":{"description":"Its share of the sum of all weights.","type":"integer","format":"int64","minimum":0,"maximum":100}},"x-kubernetes-preserve-unknown-fields":true},"maxItems":10,"minItems":1}},"x-kubernetes-preserve-unknown-fields":true},"match":{"description":"Which connections.","type":"object","properties":{"port":{"description":"Port of the router, where it has several listeners.","type":"integer","format":"int64","minimum":0}},"x-kubernetes-preserve-unknown-fields":true},"timeout":{"description":"Time-out of the route; 300 s idle by default.","type":"object","properties":{"idle":{"description":"Without any traffic.","type":"object","required":["unit","value"],"properties":{"unit":{"description":"Unit of the value.","type":"string","enum":["s","ms"]},"value":{"description":"How many; 0 turns a time-out off.","type":"integer","format":"int64","minimum":0}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"exactly one of httpRoute.match.prefix and httpRoute.match.path must be given","rule":"!has(self.httpRoute) || has(self.httpRoute.match.prefix) != has(self.httpRoute.match.path)"},{"message":"exactly one of httpRoute.match.path.exact and httpRoute.match.path.regex must be given","rule":"!has(self.httpRoute) || !has(self.httpRoute.match.path) || has(self.httpRoute.match.path.exact) != has(self.httpRoute.match.path.regex)"},{"message":"exactly one of http2Route.match.prefix and http2Route.match.path must be given","rule":"has(self.httpRoute) || !has(self.http2Route) || has(self.http2Route.match.prefix) != has(self.http2Route.match.path)"},{"message":"exactly one of http2Route.match.path.exact and http2Route.match.path.regex must be given","rule":"has(self.httpRoute) || !has(self.http2Route) || !has(self.http2Route.match.path) || has(self.http2Route.match.path.exact) != has(self.http2Route.match.path.regex)"}]}}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"awsName cannot be changed: delete the object and create it again under its new name","rule":"!has(self.awsName) || !has(oldSelf.awsName) || oldSelf.awsName == '' || self.awsName == '' || self.awsName == oldSelf.awsName"}]},"status":{"description":"What became of it; written by Outrigger.","type":"object","properties":{"conditions":{"description":"Whether the object is accepted and in effect, and why not.","type":"array","items":{"type":"object","required":["status","type"],"properties":{"lastTransitionTime":{"description":"When the status changed last.","type":"string","format":"date-time"},"message":{"description":"What is the matter, for a person.","type":"string"},"reason":{"description":"The same in one word, for a program.","type":"string"},"status":{"description":"`True`, `False` or `Unknown`.","type":"string"},"type":{"description":"What is said, such as `VirtualNodeActive`.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"observedGeneration":{"description":"Generation of the object that this was said of.","type":"integer","format":"int64"},"routeARNs":{"description":"ARNs of the routes by their names.","type":"object","additionalProperties":{"type":"string"}},"virtualRouterARN":{"description":"ARN of the object; made up, but stable.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}}}]}}
---
{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"virtualservices.appmesh.k8s.aws","labels":{"app.kubernetes.io/part-of":"outrigger"},"annotations":{"outrigger.dev/schema":"6b1bc8d73e577cf2"}},"spec":{"group":"appmesh.k8s.aws","names":{"kind":"VirtualService","listKind":"VirtualServiceList","plural":"virtualservices","singular":"virtualservice","categories":["all"]},"scope":"Namespaced","versions":[{"name":"v1beta2","served":true,"storage":true,"subresources":{"status":{}},"additionalPrinterColumns":[{"name":"ARN","type":"string","description":"ARN of the VirtualService","jsonPath":".status.virtualServiceARN"},{"name":"AGE","type":"date","jsonPath":".metadata.creationTimestamp"},{"name":"ACTIVE","type":"string","description":"Whether it is in effect","jsonPath":".status.conditions[?(@.type==\"VirtualServiceActive\")].status"},{"name":"REASON","type":"string","description":"Why, or why not","jsonPath":".status.conditions[?(@.type==\"VirtualServiceActive\")].reason"}],"schema":{"openAPIV3Schema":{"description":"A VirtualService of App Mesh; see docs/resources.md.","type":"object","properties":{"apiVersion":{"type":"string"},"kind":{"type":"string"},"metadata":{"type":"object"},"spec":{"description":"What is wanted.","type":"object","properties":{"awsName":{"description":"Name in App Mesh; absent or empty: `<name>.<namespace>`. It cannot be changed.","type":"string"},"meshRef":{"description":"The mesh that the object belongs to. Written by Outrigger; leave it out.","type":"object","required":["name","uid"],"properties":{"name":{"description":"Name of the Mesh object.","type":"string"},"uid":{"description":"Its UID.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"provider":{"description":"Who answers; one of the two, or nobody yet.","type":"object","properties":{"virtualNode":{"description":"A node, by reference or by ARN.","type":"object","properties":{"virtualNodeARN":{"description":"The node by its ARN.","type":"string"},"virtualNodeRef":{"description":"The VirtualNode by its name in Kubernetes.","type":"object","required":["name"],"properties":{"name":{"description":"Name of the VirtualNode object.","type":"string"},"namespace":{"description":"Its namespace; absent: that of the object that refers to it.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"virtualRouter":{"description":"A router, by reference or by ARN.","type":"object","properties":{"virtualRouterARN":{"description":"The router by its ARN.","type":"string"},"virtualRouterRef":{"description":"The VirtualRouter by its name in Kubernetes.","type":"object","required":["name"],"properties":{"name":{"description":"Name of the VirtualRouter object.","type":"string"},"namespace":{"description":"Its namespace; absent: that of the object that refers to it.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"awsName cannot be changed: delete the object and create it again under its new name","rule":"!has(self.awsName) || !has(oldSelf.awsName) || oldSelf.awsName == '' || self.awsName == '' || self.awsName == oldSelf.awsName"}]},"status":{"description":"What became of it; written by Outrigger.","type":"object","properties":{"conditions":{"description":"Whether the object is accepted and in effect, and why not.","type":"array","items":{"type":"object","required":["status","type"],"properties":{"lastTransitionTime":{"description":"When the status changed last.","type":"string","format":"date-time"},"message":{"description":"What is the matter, for a person.","type":"string"},"reason":{"description":"The same in one word, for a program.","type":"string"},"status":{"description":"`True`, `False` or `Unknown`.","type":"string"},"type":{"description":"What is said, such as `VirtualNodeActive`.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"observedGeneration":{"description":"Generation of the object that this was said of.","type":"integer","format":"int64"},"virtualServiceARN":{"description":"ARN of the object; made up, but stable.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}}}]}}
---
{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"virtualgateways.appmesh.k8s.aws","labels":{"app.kubernetes.io/part-of":"outrigger"},"annotations":{"outrigger.dev/schema":"0783130172c689b4"}},"spec":{"group":"appmesh.k8s.aws","names":{"kind":"VirtualGateway","listKind":"VirtualGatewayList","plural":"virtualgateways","singular":"virtualgateway","categories":["all"]},"scope":"Namespaced","versions":[{"name":"v1beta2","served":true,"storage":true,"subresources":{"status":{}},"additionalPrinterColumns":[{"name":"ARN","type":"string","description":"ARN of the VirtualGateway","jsonPath":".status.virtualGatewayARN"},{"name":"AGE","type":"date","jsonPath":".metadata.creationTimestamp"},{"name":"ACTIVE","type":"string","description":"Whether it is in effect","jsonPath":".status.conditions[?(@.type==\"VirtualGatewayActive\")].status"},{"name":"REASON","type":"string","description":"Why, or why not","jsonPath":".status.conditions[?(@.type==\"VirtualGatewayActive\")].reason"}],"schema":{"openAPIV3Schema":{"description":"A VirtualGateway of App Mesh; see docs/resources.md.","type":"object","properties":{"apiVersion":{"type":"string"},"kind":{"type":"string"},"metadata":{"type":"object"},"spec":{"description":"What is wanted.","type":"object","properties":{"awsName":{"description":"Name in App Mesh; absent or empty: `<name>_<namespace>`. It cannot be changed.","type":"string"},"backendDefaults":{"description":"What counts for every backend that says nothing of its own.","type":"object","properties":{"clientPolicy":{"description":"How connections to the backend are made.","type":"object","properties":{"tls":{"description":"TLS of the client.","type":"object","required":["validation"],"properties":{"certificate":{"description":"The client's own certificate.","type":"object","properties":{"file":{"description":"A certificate in files.","type":"object","required":["certificateChain","privateKey"],"properties":{"certificateChain":{"description":"Path of the certificate chain in the container of Envoy.","type":"string","minLength":1,"maxLength":255},"privateKey":{"description":"Path of its private key there.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true},"sds":{"description":"A certificate from the pod's own SDS server.","type":"object","required":["secretName"],"properties":{"secretName":{"description":"Name of the secret.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"enforce":{"description":"Whether TLS is a must; absent: it is.","type":"boolean"},"ports":{"description":"Ports of the target that this is for; absent or empty: all.","type":"array","items":{"type":"integer","format":"int64","minimum":1,"maximum":65535}},"validation":{"description":"How the server's certificate is checked.","type":"object","required":["trust"],"properties":{"subjectAlternativeNames":{"description":"Names that the other side's certificate must carry.","type":"object","required":["match"],"properties":{"match":{"type":"object","required":["exact"],"properties":{"exact":{"description":"Names of which one must be there.","type":"array","items":{"type":"string"}}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"trust":{"description":"Who signs the servers' certificates; one of the three.","type":"object","properties":{"acm":{"description":"Trusted authorities of AWS Certificate Manager.","type":"object","required":["certificateAuthorityARNs"],"properties":{"certificateAuthorityARNs":{"description":"ARNs of the authorities.","type":"array","items":{"type":"string"},"maxItems":3,"minItems":1}},"x-kubernetes-preserve-unknown-fields":true},"file":{"description":"Trusted certificates in a file.","type":"object","required":["certificateChain"],"properties":{"certificateChain":{"description":"Path of the trusted certificates in the container of Envoy.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true},"sds":{"description":"Trusted certificates from the pod's own SDS server.","type":"object","required":["secretName"],"properties":{"secretName":{"description":"Name of the secret.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"gatewayRouteSelector":{"description":"GatewayRoutes that may attach, by their labels; absent or empty: all.","type":"object","properties":{"matchExpressions":{"description":"Conditions that must all hold.","type":"array","items":{"type":"object","required":["key","operator"],"properties":{"key":{"description":"Key of a label.","type":"string"},"operator":{"description":"`In`, `NotIn`, `Exists` or `DoesNotExist`.","type":"string"},"values":{"description":"For `In` and `NotIn`.","type":"array","items":{"type":"string"},"x-kubernetes-list-type":"atomic"}},"x-kubernetes-preserve-unknown-fields":true},"x-kubernetes-list-type":"atomic"},"matchLabels":{"description":"Labels that must all be there.","type":"object","additionalProperties":{"type":"string"}}},"x-kubernetes-map-type":"atomic","x-kubernetes-preserve-unknown-fields":true},"listeners":{"description":"Ports where the gateway listens.","type":"array","items":{"type":"object","required":["portMapping"],"properties":{"connectionPool":{"description":"How much the gateway takes at a time; of the three the one that is the listener's protocol.","type":"object","properties":{"grpc":{"description":"Pool of a gRPC listener.","type":"object","required":["maxRequests"],"properties":{"maxRequests":{"description":"Requests at a time.","type":"integer","format":"int64","minimum":1}},"x-kubernetes-preserve-unknown-fields":true},"http":{"description":"Pool of an HTTP listener.","type":"object","required":["maxConnections"],"properties":{"maxConnections":{"description":"Connections at a time.","type":"integer","format":"int64","minimum":1},"maxPendingRequests":{"description":"Requests that may wait for a connection.","type":"integer","format":"int64","minimum":1}},"x-kubernetes-preserve-unknown-fields":true},"http2":{"description":"Pool of an HTTP/2 listener.","type":"object","required":["maxRequests"],"properties":{"maxRequests":{"description":"Requests at a time.","type":"integer","format":"int64","minimum":1}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"at most one of grpc, http, http2 may be given","rule":"(has(self.grpc) ? 1 : 0) + (has(self.http) ? 1 : 0) + (has(self.http2) ? 1 : 0) <= 1"}]},"healthCheck":{"description":"Kept and without effect, as in App Mesh.","type":"object","required":["intervalMillis","timeoutMillis","unhealthyThreshold","protocol"],"properties":{"healthyThreshold":{"description":"Successes in a row after which an endpoint is healthy.","type":"integer","format":"int64","minimum":2,"maximum":10},"intervalMillis":{"description":"Milliseconds between two checks.","type":"integer","format":"int64","minimum":5000,"maximum":300000},"path":{"description":"Path that HTTP checks ask for; other protocols ignore it.","type":"string"},"port":{"description":"Port that is checked; absent: the listener's.","type":"integer","format":"int64","minimum":1,"maximum":65535},"protocol":{"description":"What the check speaks.","type":"string","enum":["grpc","http","http2"]},"timeoutMillis":{"description":"Milliseconds that an answer may take.","type":"integer","format":"int64","minimum":2000,"maximum":60000},"unhealthyThreshold":{"description":"Failures in a row after which an endpoint is unhealthy.","type":"integer","format":"int64","minimum":2,"maximum":10}},"x-kubernetes-preserve-unknown-fields":true},"portMapping":{"description":"Where the listener listens.","type":"object","required":["port","protocol"],"properties":{"port":{"description":"Port of the listener.","type":"integer","format":"int64","minimum":1,"maximum":65535},"protocol":{"description":"Its protocol.","type":"string","enum":["grpc","http","http2"]}},"x-kubernetes-preserve-unknown-fields":true},"tls":{"description":"TLS of the listener.","type":"object","required":["certificate","mode"],"properties":{"certificate":{"description":"The listener's certificate; one of the three.","type":"object","properties":{"acm":{"description":"A certificate of AWS Certificate Manager.","type":"object","required":["certificateARN"],"properties":{"certificateARN":{"description":"ARN of the certificate.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"file":{"description":"A certificate in files.","type":"object","required":["certificateChain","privateKey"],"properties":{"certificateChain":{"description":"Path of the certificate chain in the container of Envoy.","type":"string","minLength":1,"maxLength":255},"privateKey":{"description":"Path of its private key there.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true},"sds":{"description":"A certificate from the pod's own SDS server.","type":"object","required":["secretName"],"properties":{"secretName":{"description":"Name of the secret.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"mode":{"description":"Whether the listener speaks TLS: never, both ways, or always.","type":"string","enum":["DISABLED","PERMISSIVE","STRICT"]},"validation":{"description":"Clients must show a certificate (mutual TLS).","type":"object","required":["trust"],"properties":{"subjectAlternativeNames":{"description":"Names that the other side's certificate must carry.","type":"object","required":["match"],"properties":{"match":{"type":"object","required":["exact"],"properties":{"exact":{"description":"Names of which one must be there.","type":"array","items":{"type":"string"}}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"trust":{"description":"Who signs the clients' certificates.","type":"object","properties":{"acm":{"description":"Trusted authorities of AWS Certificate Manager.","type":"object","required":["certificateAuthorityARNs"],"properties":{"certificateAuthorityARNs":{"description":"ARNs of the authorities.","type":"array","items":{"type":"string"},"maxItems":3,"minItems":1}},"x-kubernetes-preserve-unknown-fields":true},"file":{"description":"Trusted certificates in a file.","type":"object","required":["certificateChain"],"properties":{"certificateChain":{"description":"Path of the trusted certificates in the container of Envoy.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true},"sds":{"description":"Trusted certificates from the pod's own SDS server.","type":"object","required":["secretName"],"properties":{"secretName":{"description":"Name of the secret.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"logging":{"description":"What Envoy logs.","type":"object","properties":{"accessLog":{"description":"The log of requests and connections.","type":"object","properties":{"file":{"description":"A file.","type":"object","required":["path"],"properties":{"format":{"description":"Absent: Envoy's own format.","type":"object","properties":{"json":{"description":"One JSON object a line.","type":"array","items":{"type":"object","required":["key","value"],"properties":{"key":{"description":"Key in the log.","type":"string","minLength":1},"value":{"description":"Its value, with Envoy's command operators.","type":"string","minLength":1}},"x-kubernetes-preserve-unknown-fields":true}},"text":{"description":"A line, with Envoy's command operators.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"path":{"description":"`/dev/stdout` or `/dev/stderr`: nothing else can be written in the container of Envoy.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"meshRef":{"description":"The mesh that the object belongs to. Written by Outrigger; leave it out.","type":"object","required":["name","uid"],"properties":{"name":{"description":"Name of the Mesh object.","type":"string"},"uid":{"description":"Its UID.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"namespaceSelector":{"description":"Namespaces whose GatewayRoutes may attach; absent: none, empty: all.","type":"object","properties":{"matchExpressions":{"description":"Conditions that must all hold.","type":"array","items":{"type":"object","required":["key","operator"],"properties":{"key":{"description":"Key of a label.","type":"string"},"operator":{"description":"`In`, `NotIn`, `Exists` or `DoesNotExist`.","type":"string"},"values":{"description":"For `In` and `NotIn`.","type":"array","items":{"type":"string"},"x-kubernetes-list-type":"atomic"}},"x-kubernetes-preserve-unknown-fields":true},"x-kubernetes-list-type":"atomic"},"matchLabels":{"description":"Labels that must all be there.","type":"object","additionalProperties":{"type":"string"}}},"x-kubernetes-map-type":"atomic","x-kubernetes-preserve-unknown-fields":true},"podSelector":{"description":"Pods of the namespace that are this gateway; absent: none, empty: all.","type":"object","properties":{"matchExpressions":{"description":"Conditions that must all hold.","type":"array","items":{"type":"object","required":["key","operator"],"properties":{"key":{"description":"Key of a label.","type":"string"},"operator":{"description":"`In`, `NotIn`, `Exists` or `DoesNotExist`.","type":"string"},"values":{"description":"For `In` and `NotIn`.","type":"array","items":{"type":"string"},"x-kubernetes-list-type":"atomic"}},"x-kubernetes-preserve-unknown-fields":true},"x-kubernetes-list-type":"atomic"},"matchLabels":{"description":"Labels that must all be there.","type":"object","additionalProperties":{"type":"string"}}},"x-kubernetes-map-type":"atomic","x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"awsName cannot be changed: delete the object and create it again under its new name","rule":"!has(self.awsName) || !has(oldSelf.awsName) || oldSelf.awsName == '' || self.awsName == '' || self.awsName == oldSelf.awsName"}]},"status":{"description":"What became of it; written by Outrigger.","type":"object","properties":{"conditions":{"description":"Whether the object is accepted and in effect, and why not.","type":"array","items":{"type":"object","required":["status","type"],"properties":{"lastTransitionTime":{"description":"When the status changed last.","type":"string","format":"date-time"},"message":{"description":"What is the matter, for a person.","type":"string"},"reason":{"description":"The same in one word, for a program.","type":"string"},"status":{"description":"`True`, `False` or `Unknown`.","type":"string"},"type":{"description":"What is said, such as `VirtualNodeActive`.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"observedGeneration":{"description":"Generation of the object that this was said of.","type":"integer","format":"int64"},"virtualGatewayARN":{"description":"ARN of the object; made up, but stable.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}}}]}}
---
{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"gatewayroutes.appmesh.k8s.aws","labels":{"app.kubernetes.io/part-of":"outrigger"},"annotations":{"outrigger.dev/schema":"98733772e0b671b3"}},"spec":{"group":"appmesh.k8s.aws","names":{"kind":"GatewayRoute","listKind":"GatewayRouteList","plural":"gatewayroutes","singular":"gatewayroute","categories":["all"]},"scope":"Namespaced","versions":[{"name":"v1beta2","served":true,"storage":true,"subresources":{"status":{}},"additionalPrinterColumns":[{"name":"ARN","type":"string","description":"ARN of the GatewayRoute","jsonPath":".status.gatewayRouteARN"},{"name":"AGE","type":"date","jsonPath":".metadata.creationTimestamp"},{"name":"ACTIVE","type":"string","description":"Whether it is in effect","jsonPath":".status.conditions[?(@.type==\"GatewayRouteActive\")].status"},{"name":"REASON","type":"string","description":"Why, or why not","jsonPath":".status.conditions[?(@.type==\"GatewayRouteActive\")].reason"}],"schema":{"openAPIV3Schema":{"description":"A GatewayRoute of App Mesh; see docs/resources.md.","type":"object","properties":{"apiVersion":{"type":"string"},"kind":{"type":"string"},"metadata":{"type":"object"},"spec":{"description":"What is wanted.","type":"object","properties":{"awsName":{"description":"Name in App Mesh; absent or empty: `<name>_<namespace>`. It cannot be changed.","type":"string"},"grpcRoute":{"description":"A route of gRPC calls.","type":"object","required":["action","match"],"properties":{"action":{"type":"object","required":["target"],"properties":{"rewrite":{"description":"What becomes of the call.","type":"object","properties":{"hostname":{"description":"What becomes of the host name.","type":"object","properties":{"defaultTargetHostname":{"description":"Whether the host becomes the service's name; absent: it does.","type":"string","enum":["ENABLED","DISABLED"]}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"target":{"description":"Where the requests go.","type":"object","required":["virtualService"],"properties":{"port":{"description":"Port of the service, where its provider has several listeners.","type":"integer","format":"int64","minimum":0},"virtualService":{"description":"A service, by reference or by ARN.","type":"object","properties":{"virtualServiceARN":{"description":"The service by its ARN.","type":"string"},"virtualServiceRef":{"description":"The VirtualService by its name in Kubernetes.","type":"object","required":["name"],"properties":{"name":{"description":"Name of the VirtualService object.","type":"string"},"namespace":{"description":"Its namespace; absent: that of the object that refers to it.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"match":{"description":"Which calls; all that is given must match.","type":"object","properties":{"hostname":{"description":"The host name that the client asked for; one of the two.","type":"object","properties":{"exact":{"description":"The whole name.","type":"string","minLength":1,"maxLength":253},"suffix":{"description":"Its end.","type":"string","minLength":1,"maxLength":253}},"x-kubernetes-preserve-unknown-fields":true},"metadata":{"description":"Metadata that must all match.","type":"array","items":{"type":"object","required":["name"],"properties":{"invert":{"description":"Match when the rest does not.","type":"boolean"},"match":{"description":"One of the five; absent: being there is enough.","type":"object","properties":{"exact":{"description":"The whole value.","type":"string","minLength":1,"maxLength":255},"prefix":{"description":"Its beginning.","type":"string","minLength":1,"maxLength":255},"range":{"description":"A number within a range.","type":"object","required":["end","start"],"properties":{"end":{"description":"Last number, not included.","type":"integer","format":"int64"},"start":{"description":"First number.","type":"integer","format":"int64"}},"x-kubernetes-preserve-unknown-fields":true},"regex":{"description":"A regular expression (RE2) for the whole value.","type":"string","minLength":1,"maxLength":255},"suffix":{"description":"Its end.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true},"name":{"description":"Name of the metadata.","type":"string","minLength":1,"maxLength":50}},"x-kubernetes-preserve-unknown-fields":true},"maxItems":10,"minItems":1},"port":{"description":"Port of the gateway, where it has several listeners.","type":"integer","format":"int64","minimum":0},"serviceName":{"description":"Full name of the service.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"serviceName, or exactly one of hostname.exact and hostname.suffix, must be given","rule":"has(self.serviceName) || (has(self.hostname) && has(self.hostname.exact) != has(self.hostname.suffix))"}]}},"x-kubernetes-preserve-unknown-fields":true},"http2Route":{"description":"A route of HTTP/2 requests.","type":"object","required":["action","match"],"properties":{"action":{"type":"object","required":["target"],"properties":{"rewrite":{"description":"What becomes of the request.","type":"object","properties":{"hostname":{"description":"What becomes of the host name.","type":"object","properties":{"defaultTargetHostname":{"description":"Whether the host becomes the service's name; absent: it does.","type":"string","enum":["ENABLED","DISABLED"]}},"x-kubernetes-preserve-unknown-fields":true},"path":{"description":"For matches of a whole path.","type":"object","properties":{"exact":{"description":"What the whole path becomes.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true},"prefix":{"description":"For matches of a prefix.","type":"object","properties":{"defaultPrefix":{"description":"Whether the prefix becomes `/`; absent: it does.","type":"string","enum":["ENABLED","DISABLED"]},"value":{"description":"What the prefix becomes; begins and ends with `/`.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"at most one of defaultPrefix and value may be given","rule":"!(has(self.defaultPrefix) && has(self.value))"},{"message":"value must begin and end with /","rule":"!has(self.value) || (self.value.startsWith('/') && self.value.endsWith('/'))"}]}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"one of prefix, path and hostname must be given","rule":"has(self.prefix) || has(self.path) || has(self.hostname)"},{"message":"at most one of prefix and path may be given","rule":"!(has(self.prefix) && has(self.path))"}]},"target":{"description":"Where the requests go.","type":"object","required":["virtualService"],"properties":{"port":{"description":"Port of the service, where its provider has several listeners.","type":"integer","format":"int64","minimum":0},"virtualService":{"description":"A service, by reference or by ARN.","type":"object","properties":{"virtualServiceARN":{"description":"The service by its ARN.","type":"string"},"virtualServiceRef":{"description":"The VirtualService by its name in Kubernetes.","type":"object","required":["name"],"properties":{"name":{"description":"Name of the VirtualService object.","type":"string"},"namespace":{"description":"Its namespace; absent: that of the object that refers to it.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"match":{"description":"Which requests; all that is given must match.","type":"object","properties":{"headers":{"description":"Headers that must all match.","type":"array","items":{"type":"object","required":["name"],"properties":{"invert":{"description":"Match when the rest does not.","type":"boolean"},"match":{"description":"One of the five; absent: being there is enough.","type":"object","properties":{"exact":{"description":"The whole value.","type":"string","minLength":1,"maxLength":255},"prefix":{"description":"Its beginning.","type":"string","minLength":1,"maxLength":255},"range":{"description":"A number within a range.","type":"object","required":["end","start"],"properties":{"end":{"description":"Last number, not included.","type":"integer","format":"int64"},"start":{"description":"First number.","type":"integer","format":"int64"}},"x-kubernetes-preserve-unknown-fields":true},"regex":{"description":"A regular expression (RE2) for the whole value.","type":"string","minLength":1,"maxLength":255},"suffix":{"description":"Its end.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true},"name":{"description":"Name of the header.","type":"string","minLength":1,"maxLength":50}},"x-kubernetes-preserve-unknown-fields":true},"maxItems":10,"minItems":1},"hostname":{"description":"The host name that the client asked for; one of the two.","type":"object","properties":{"exact":{"description":"The whole name.","type":"string","minLength":1,"maxLength":253},"suffix":{"description":"Its end.","type":"string","minLength":1,"maxLength":253}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"exactly one of exact and suffix must be given","rule":"has(self.exact) != has(self.suffix)"}]},"method":{"description":"The method.","type":"string","enum":["CONNECT","DELETE","GET","HEAD","OPTIONS","PATCH","POST","PUT","TRACE"]},"path":{"description":"The path; one of the two.","type":"object","properties":{"exact":{"description":"The whole path.","type":"string","minLength":1,"maxLength":255},"regex":{"description":"A regular expression (RE2) for the whole path.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"exactly one of exact and regex must be given","rule":"has(self.exact) != has(self.regex)"}]},"port":{"description":"Port of the gateway, where it has several listeners.","type":"integer","format":"int64","minimum":0},"prefix":{"description":"Beginning of the path.","type":"string"},"queryParameters":{"description":"Query parameters that must all match.","type":"array","items":{"type":"object","required":["name"],"properties":{"match":{"description":"Absent: being there is enough.","type":"object","properties":{"exact":{"description":"The whole value.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"name":{"description":"Name of the parameter.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"maxItems":10,"minItems":1}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"one of prefix, path and hostname must be given","rule":"has(self.prefix) || has(self.path) || has(self.hostname)"},{"message":"at most one of prefix and path may be given","rule":"!(has(self.prefix) && has(self.path))"}]}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"match.prefix must begin with / where a prefix is rewritten","rule":"!has(self.action.rewrite) || !has(self.action.rewrite.prefix) || !has(self.match.prefix) || self.match.prefix.startsWith('/')"}]},"httpRoute":{"description":"A route of HTTP requests.","type":"object","required":["action","match"],"properties":{"action":{"type":"object","required":["target"],"properties":{"rewrite":{"description":"What becomes of the request.","type":"object","properties":{"hostname":{"description":"What becomes of the host name.","type":"object","properties":{"defaultTargetHostname":{"description":"Whether the host becomes the service's name; absent: it does.","type":"string","enum":["ENABLED","DISABLED"]}},"x-kubernetes-preserve-unknown-fields":true},"path":{"description":"For matches of a whole path.","type":"object","properties":{"exact":{"description":"What the whole path becomes.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true},"prefix":{"description":"For matches of a prefix.","type":"object","properties":{"defaultPrefix":{"description":"Whether the prefix becomes `/`; absent: it does.","type":"string","enum":["ENABLED","DISABLED"]},"value":{"description":"What the prefix becomes; begins and ends with `/`.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"at most one of defaultPrefix and value may be given","rule":"!(has(self.defaultPrefix) && has(self.value))"},{"message":"value must begin and end with /","rule":"!has(self.value) || (self.value.startsWith('/') && self.value.endsWith('/'))"}]}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"one of prefix, path and hostname must be given","rule":"has(self.prefix) || has(self.path) || has(self.hostname)"},{"message":"at most one of prefix and path may be given","rule":"!(has(self.prefix) && has(self.path))"}]},"target":{"description":"Where the requests go.","type":"object","required":["virtualService"],"properties":{"port":{"description":"Port of the service, where its provider has several listeners.","type":"integer","format":"int64","minimum":0},"virtualService":{"description":"A service, by reference or by ARN.","type":"object","properties":{"virtualServiceARN":{"description":"The service by its ARN.","type":"string"},"virtualServiceRef":{"description":"The VirtualService by its name in Kubernetes.","type":"object","required":["name"],"properties":{"name":{"description":"Name of the VirtualService object.","type":"string"},"namespace":{"description":"Its namespace; absent: that of the object that refers to it.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true},"match":{"description":"Which requests; all that is given must match.","type":"object","properties":{"headers":{"description":"Headers that must all match.","type":"array","items":{"type":"object","required":["name"],"properties":{"invert":{"description":"Match when the rest does not.","type":"boolean"},"match":{"description":"One of the five; absent: being there is enough.","type":"object","properties":{"exact":{"description":"The whole value.","type":"string","minLength":1,"maxLength":255},"prefix":{"description":"Its beginning.","type":"string","minLength":1,"maxLength":255},"range":{"description":"A number within a range.","type":"object","required":["end","start"],"properties":{"end":{"description":"Last number, not included.","type":"integer","format":"int64"},"start":{"description":"First number.","type":"integer","format":"int64"}},"x-kubernetes-preserve-unknown-fields":true},"regex":{"description":"A regular expression (RE2) for the whole value.","type":"string","minLength":1,"maxLength":255},"suffix":{"description":"Its end.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true},"name":{"description":"Name of the header.","type":"string","minLength":1,"maxLength":50}},"x-kubernetes-preserve-unknown-fields":true},"maxItems":10,"minItems":1},"hostname":{"description":"The host name that the client asked for; one of the two.","type":"object","properties":{"exact":{"description":"The whole name.","type":"string","minLength":1,"maxLength":253},"suffix":{"description":"Its end.","type":"string","minLength":1,"maxLength":253}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"exactly one of exact and suffix must be given","rule":"has(self.exact) != has(self.suffix)"}]},"method":{"description":"The method.","type":"string","enum":["CONNECT","DELETE","GET","HEAD","OPTIONS","PATCH","POST","PUT","TRACE"]},"path":{"description":"The path; one of the two.","type":"object","properties":{"exact":{"description":"The whole path.","type":"string","minLength":1,"maxLength":255},"regex":{"description":"A regular expression (RE2) for the whole path.","type":"string","minLength":1,"maxLength":255}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"exactly one of exact and regex must be given","rule":"has(self.exact) != has(self.regex)"}]},"port":{"description":"Port of the gateway, where it has several listeners.","type":"integer","format":"int64","minimum":0},"prefix":{"description":"Beginning of the path.","type":"string"},"queryParameters":{"description":"Query parameters that must all match.","type":"array","items":{"type":"object","required":["name"],"properties":{"match":{"description":"Absent: being there is enough.","type":"object","properties":{"exact":{"description":"The whole value.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"name":{"description":"Name of the parameter.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"maxItems":10,"minItems":1}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"one of prefix, path and hostname must be given","rule":"has(self.prefix) || has(self.path) || has(self.hostname)"},{"message":"at most one of prefix and path may be given","rule":"!(has(self.prefix) && has(self.path))"}]}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"match.prefix must begin with / where a prefix is rewritten","rule":"!has(self.action.rewrite) || !has(self.action.rewrite.prefix) || !has(self.match.prefix) || self.match.prefix.startsWith('/')"}]},"meshRef":{"description":"The mesh that the object belongs to. Written by Outrigger; leave it out.","type":"object","required":["name","uid"],"properties":{"name":{"description":"Name of the Mesh object.","type":"string"},"uid":{"description":"Its UID.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"priority":{"description":"0 comes first; routes without one come last.","type":"integer","format":"int64","minimum":0,"maximum":1000},"virtualGatewayRef":{"description":"The gateway that the route belongs to. Written by Outrigger; leave it out.","type":"object","required":["name","uid"],"properties":{"name":{"description":"Name of the VirtualGateway object.","type":"string"},"namespace":{"description":"Its namespace; absent: that of the route.","type":"string"},"uid":{"description":"Its UID.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-validations":[{"message":"awsName cannot be changed: delete the object and create it again under its new name","rule":"!has(self.awsName) || !has(oldSelf.awsName) || oldSelf.awsName == '' || self.awsName == '' || self.awsName == oldSelf.awsName"},{"message":"exactly one of httpRoute, http2Route and grpcRoute must be given","rule":"(has(self.httpRoute) ? 1 : 0) + (has(self.http2Route) ? 1 : 0) + (has(self.grpcRoute) ? 1 : 0) == 1"}]},"status":{"description":"What became of it; written by Outrigger.","type":"object","properties":{"conditions":{"description":"Whether the object is accepted and in effect, and why not.","type":"array","items":{"type":"object","required":["status","type"],"properties":{"lastTransitionTime":{"description":"When the status changed last.","type":"string","format":"date-time"},"message":{"description":"What is the matter, for a person.","type":"string"},"reason":{"description":"The same in one word, for a program.","type":"string"},"status":{"description":"`True`, `False` or `Unknown`.","type":"string"},"type":{"description":"What is said, such as `VirtualNodeActive`.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}},"gatewayRouteARN":{"description":"ARN of the object; made up, but stable.","type":"string"},"observedGeneration":{"description":"Generation of the object that this was said of.","type":"integer","format":"int64"}},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}}}]}}
---
{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"backendgroups.appmesh.k8s.aws","labels":{"app.kubernetes.io/part-of":"outrigger"},"annotations":{"outrigger.dev/schema":"a96b5f62c48e9170"}},"spec":{"group":"appmesh.k8s.aws","names":{"kind":"BackendGroup","listKind":"BackendGroupList","plural":"backendgroups","singular":"backendgroup","categories":["all"]},"scope":"Namespaced","versions":[{"name":"v1beta2","served":true,"storage":true,"subresources":{"status":{}},"schema":{"openAPIV3Schema":{"description":"A BackendGroup of App Mesh; see docs/resources.md.","type":"object","properties":{"apiVersion":{"type":"string"},"kind":{"type":"string"},"metadata":{"type":"object"},"spec":{"description":"What is wanted.","type":"object","properties":{"meshRef":{"description":"The mesh that the object belongs to. Written by Outrigger; leave it out.","type":"object","required":["name","uid"],"properties":{"name":{"description":"Name of the Mesh object.","type":"string"},"uid":{"description":"Its UID.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true},"virtualservices":{"description":"The services.","type":"array","items":{"description":"The VirtualService by its name in Kubernetes.","type":"object","required":["name"],"properties":{"name":{"description":"Name of the VirtualService object.","type":"string"},"namespace":{"description":"Its namespace; absent: that of the object that refers to it.","type":"string"}},"x-kubernetes-preserve-unknown-fields":true}}},"x-kubernetes-preserve-unknown-fields":true},"status":{"description":"What became of it; written by Outrigger.","type":"object","properties":{},"x-kubernetes-preserve-unknown-fields":true}},"x-kubernetes-preserve-unknown-fields":true}}}]}}
YAML
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
  print_control_plane_settings '    '
  print_verbatim <<'YAML'
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: outrigger-app-mesh-objects
  labels:
    app.kubernetes.io/name: outrigger-control-plane
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: control-plane
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
      - apiGroups: [appmesh.k8s.aws]
        apiVersions: [v1beta2]
        operations: [UPDATE]
        resources: [meshes, virtualnodes, virtualrouters, virtualservices, virtualgateways, gatewayroutes, backendgroups]
  variables:
    - name: spec
      expression: "has(object.spec) ? object.spec : {}"
    - name: before
      expression: "has(oldObject.spec) ? oldObject.spec : {}"
    - name: finalizers
      expression: "has(object.metadata.finalizers) ? object.metadata.finalizers : []"
    - name: finalizersBefore
      expression: "has(oldObject.metadata.finalizers) ? oldObject.metadata.finalizers : []"
  validations:
    - expression: variables.spec.all(field, (field in variables.before && variables.before[field] == variables.spec[field]) || (field in ["awsName", "meshRef", "virtualGatewayRef"] && (!(field in variables.before) || variables.before[field] == "")))
      message: outrigger-control-plane may add awsName, meshRef, virtualGatewayRef to a spec, and change nothing else
    - expression: variables.before.all(field, field in variables.spec)
      message: outrigger-control-plane may take nothing out of a spec
    - expression: has(object.metadata.labels) == has(oldObject.metadata.labels) && (!has(object.metadata.labels) || object.metadata.labels == oldObject.metadata.labels) && has(object.metadata.annotations) == has(oldObject.metadata.annotations) && (!has(object.metadata.annotations) || object.metadata.annotations == oldObject.metadata.annotations) && has(object.metadata.ownerReferences) == has(oldObject.metadata.ownerReferences) && (!has(object.metadata.ownerReferences) || object.metadata.ownerReferences == oldObject.metadata.ownerReferences)
      message: outrigger-control-plane may not change labels, annotations, ownerReferences
    - expression: variables.finalizers.all(one, one in variables.finalizersBefore) && variables.finalizersBefore.all(one, one in variables.finalizers || (has(oldObject.metadata.deletionTimestamp) && one in ["finalizers.appmesh.k8s.aws/mesh-members", "finalizers.appmesh.k8s.aws/virtualgateway-members", "finalizers.appmesh.k8s.aws/aws-appmesh-resources", "finalizers.appmesh.k8s.aws/aws-cloudmap-resources"]))
      message: outrigger-control-plane may take finalizers of App Mesh's own controller from what is being deleted, and no others
  matchConditions:
    - name: control-plane
      expression: request.userInfo.username == "system:serviceaccount:appmesh-system:outrigger-control-plane"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: outrigger-app-mesh-objects
  labels:
    app.kubernetes.io/name: outrigger-control-plane
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: control-plane
spec:
  policyName: outrigger-app-mesh-objects
  validationActions: [Deny]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: outrigger-app-mesh-statuses
  labels:
    app.kubernetes.io/name: outrigger-control-plane
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: control-plane
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
      - apiGroups: [appmesh.k8s.aws]
        apiVersions: [v1beta2]
        operations: [UPDATE]
        resources: [meshes/status, virtualnodes/status, virtualrouters/status, virtualservices/status, virtualgateways/status, gatewayroutes/status, backendgroups/status]
  validations:
    - expression: authorizer.group("appmesh.k8s.aws").resource("meshes").subresource("status").check("patch").allowed()
      message: "a status of App Mesh says what an object was accepted as: only who may patch the status of Meshes may write it"
      reason: Forbidden
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: outrigger-app-mesh-statuses
  labels:
    app.kubernetes.io/name: outrigger-control-plane
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: control-plane
spec:
  policyName: outrigger-app-mesh-statuses
  validationActions: [Deny]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: outrigger-pod-status
  labels:
    app.kubernetes.io/name: outrigger-control-plane
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: control-plane
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
      - apiGroups: [""]
        apiVersions: [v1]
        operations: [UPDATE]
        resources: [pods/status]
  variables:
    - name: status
      expression: "has(object.status) ? dyn(object.status) : dyn({})"
    - name: before
      expression: "has(oldObject.status) ? dyn(oldObject.status) : dyn({})"
    - name: conditions
      expression: "has(object.status.conditions) ? object.status.conditions : []"
    - name: conditionsBefore
      expression: "has(oldObject.status.conditions) ? oldObject.status.conditions : []"
  validations:
    - expression: variables.status.all(field, field == "conditions" || (field in variables.before && variables.before[field] == variables.status[field])) && variables.before.all(field, field in variables.status)
      message: outrigger-control-plane may change conditions of a pod's status, and nothing else
    - expression: variables.conditions.all(one, one in variables.conditionsBefore || (one.type == "conditions.appmesh.k8s.aws/aws-cloudmap-healthy" && one.status == "True")) && variables.conditionsBefore.all(one, one in variables.conditions || one.type == "conditions.appmesh.k8s.aws/aws-cloudmap-healthy")
      message: outrigger-control-plane may set the condition conditions.appmesh.k8s.aws/aws-cloudmap-healthy, and no other
    - expression: has(object.spec.readinessGates) && object.spec.readinessGates.exists(one, one.conditionType == "conditions.appmesh.k8s.aws/aws-cloudmap-healthy")
      message: outrigger-control-plane may set a condition only where a pod has a readiness gate for it
    - expression: has(object.metadata.labels) == has(oldObject.metadata.labels) && (!has(object.metadata.labels) || object.metadata.labels == oldObject.metadata.labels) && has(object.metadata.annotations) == has(oldObject.metadata.annotations) && (!has(object.metadata.annotations) || object.metadata.annotations == oldObject.metadata.annotations) && has(object.metadata.ownerReferences) == has(oldObject.metadata.ownerReferences) && (!has(object.metadata.ownerReferences) || object.metadata.ownerReferences == oldObject.metadata.ownerReferences) && has(object.metadata.finalizers) == has(oldObject.metadata.finalizers) && (!has(object.metadata.finalizers) || object.metadata.finalizers == oldObject.metadata.finalizers)
      message: outrigger-control-plane may not change metadata of a pod
  matchConditions:
    - name: control-plane
      expression: request.userInfo.username == "system:serviceaccount:appmesh-system:outrigger-control-plane"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: outrigger-pod-status
  labels:
    app.kubernetes.io/name: outrigger-control-plane
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: control-plane
spec:
  policyName: outrigger-pod-status
  validationActions: [Deny]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: outrigger-reports
  labels:
    app.kubernetes.io/name: outrigger-control-plane
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: control-plane
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
      - apiGroups: [""]
        apiVersions: [v1]
        operations: [CREATE, UPDATE]
        resources: [configmaps]
  validations:
    - expression: object.metadata.namespace == "appmesh-system" && (object.metadata.name == "outrigger-trust" || object.metadata.name.startsWith("outrigger-report-"))
      message: outrigger-control-plane may write no other ConfigMaps than outrigger-trust and outrigger-report-* in namespace appmesh-system
    - expression: '!object.metadata.name.startsWith("outrigger-report-") || !has(request.userInfo.extra) || !("authentication.kubernetes.io/pod-name" in request.userInfo.extra) || object.metadata.name == "outrigger-report-" + request.userInfo.extra["authentication.kubernetes.io/pod-name"][0]'
      message: outrigger-control-plane may write the report of its own pod only
  matchConditions:
    - name: control-plane
      expression: request.userInfo.username == "system:serviceaccount:appmesh-system:outrigger-control-plane"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: outrigger-reports
  labels:
    app.kubernetes.io/name: outrigger-control-plane
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: control-plane
spec:
  policyName: outrigger-reports
  validationActions: [Deny]
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
      list,watch virtualservices,virtualrouters,gatewayroutes,backendgroups: what the mesh says beside nodes, which pods are found by
      list,watch services: addresses of Services, by which TCP services of the mesh are told apart
      list,watch endpointslices: the same of headless Services
      create tokenreviews: whether a sidecar's token is genuine, where its signature cannot be verified here
      get mutatingwebhookconfigurations: since when there is an injector: a pod that is older did not slip through
      patch meshes,virtualnodes,virtualrouters,virtualservices,virtualgateways,gatewayroutes,backendgroups: what App Mesh's webhook wrote into objects, where ours was away, and letting go of deleted ones that its controller's finalizers hold; an admission policy refuses any other change
      patch meshes/status,virtualnodes/status,virtualrouters/status,virtualservices/status,virtualgateways/status,gatewayroutes/status: whether they are in effect, why not, and their ARNs
      patch pods/status: the condition of App Mesh's readiness gate for Cloud Map, on pods that have the gate; an admission policy refuses any other change
      get,watch,patch mutatingwebhookconfigurations,validatingwebhookconfigurations: the authority of its certificate, in its own registrations
      create,patch events: saying on a workload that its pods were skipped or slipped through, and on an App Mesh object what is wrong
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
  - apiGroups: [appmesh.k8s.aws]
    resources: [virtualservices, virtualrouters, gatewayroutes, backendgroups]
    verbs: [list, watch]
  - apiGroups: [""]
    resources: [services]
    verbs: [list, watch]
  - apiGroups: [discovery.k8s.io]
    resources: [endpointslices]
    verbs: [list, watch]
  - apiGroups: [authentication.k8s.io]
    resources: [tokenreviews]
    verbs: [create]
  - apiGroups: [admissionregistration.k8s.io]
    resources: [mutatingwebhookconfigurations]
    resourceNames: [aws-app-mesh-inject]
    verbs: [get]
  - apiGroups: [appmesh.k8s.aws]
    resources: [meshes, virtualnodes, virtualrouters, virtualservices, virtualgateways, gatewayroutes, backendgroups]
    verbs: [patch]
  - apiGroups: [appmesh.k8s.aws]
    resources: [meshes/status, virtualnodes/status, virtualrouters/status, virtualservices/status, virtualgateways/status, gatewayroutes/status]
    verbs: [patch]
  - apiGroups: [""]
    resources: [pods/status]
    verbs: [patch]
  - apiGroups: [admissionregistration.k8s.io]
    resources: [mutatingwebhookconfigurations, validatingwebhookconfigurations]
    resourceNames: [outrigger]
    verbs: [get, watch, patch]
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
      get,watch,create,patch,update secrets: the authority that signs certificates of nodes, made when one wants it first
      get deployments: whether App Mesh's own controller runs here, which then writes statuses and ends its finalizers
      get,list,watch,create,patch configmaps: publishing the mesh's trust
      patch,create configmaps: saying what this replica knows of its proxies; an admission policy refuses ConfigMaps of other names
      list,watch configmaps: what the other replicas know of theirs, for the one that says it on App Mesh objects
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
    resources: [secrets]
    resourceNames: [outrigger-workload-authority]
    verbs: [get, watch, create, patch, update]
  - apiGroups: [apps]
    resources: [deployments]
    resourceNames: [appmesh-controller]
    verbs: [get]
  - apiGroups: [""]
    resources: [configmaps]
    resourceNames: [outrigger-trust]
    verbs: [get, list, watch, create, patch]
  - apiGroups: [""]
    resources: [configmaps]
    verbs: [patch, create]
  - apiGroups: [""]
    resources: [configmaps]
    verbs: [list, watch]
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
    - name: webhook
      port: 443
      targetPort: webhook
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
  print_control_plane_settings '          '
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
          args: [control-plane, --config, /etc/outrigger/config.yaml, --control-plane-webhook-listen=0.0.0.0:8443]
          ports:
            - name: xds
              containerPort: 18000
              protocol: TCP
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

control_plane_registrations() {
  print_verbatim <<'YAML'
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata:
  name: outrigger
  labels:
    app.kubernetes.io/name: outrigger-control-plane
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: control-plane
webhooks:
  - name: mesh.mesh.outrigger.dev
    admissionReviewVersions: [v1, v1beta1]
    clientConfig:
      service:
        namespace: appmesh-system
        name: outrigger
        port: 443
        path: /mutate-app-mesh
    rules:
      - apiGroups: [appmesh.k8s.aws]
        apiVersions: [v1beta2]
        operations: [CREATE, UPDATE]
        resources: [meshes]
        scope: Cluster
    reinvocationPolicy: IfNeeded
    matchPolicy: Equivalent
    sideEffects: None
    failurePolicy: Ignore
    timeoutSeconds: 2
  - name: virtualnode.mesh.outrigger.dev
    admissionReviewVersions: [v1, v1beta1]
    clientConfig:
      service:
        namespace: appmesh-system
        name: outrigger
        port: 443
        path: /mutate-app-mesh
    rules:
      - apiGroups: [appmesh.k8s.aws]
        apiVersions: [v1beta2]
        operations: [CREATE, UPDATE]
        resources: [virtualnodes]
        scope: Namespaced
    reinvocationPolicy: IfNeeded
    matchPolicy: Equivalent
    sideEffects: None
    failurePolicy: Ignore
    timeoutSeconds: 2
  - name: virtualrouter.mesh.outrigger.dev
    admissionReviewVersions: [v1, v1beta1]
    clientConfig:
      service:
        namespace: appmesh-system
        name: outrigger
        port: 443
        path: /mutate-app-mesh
    rules:
      - apiGroups: [appmesh.k8s.aws]
        apiVersions: [v1beta2]
        operations: [CREATE, UPDATE]
        resources: [virtualrouters]
        scope: Namespaced
    reinvocationPolicy: IfNeeded
    matchPolicy: Equivalent
    sideEffects: None
    failurePolicy: Ignore
    timeoutSeconds: 2
  - name: virtualservice.mesh.outrigger.dev
    admissionReviewVersions: [v1, v1beta1]
    clientConfig:
      service:
        namespace: appmesh-system
        name: outrigger
        port: 443
        path: /mutate-app-mesh
    rules:
      - apiGroups: [appmesh.k8s.aws]
        apiVersions: [v1beta2]
        operations: [CREATE, UPDATE]
        resources: [virtualservices]
        scope: Namespaced
    reinvocationPolicy: IfNeeded
    matchPolicy: Equivalent
    sideEffects: None
    failurePolicy: Ignore
    timeoutSeconds: 2
  - name: virtualgateway.mesh.outrigger.dev
    admissionReviewVersions: [v1, v1beta1]
    clientConfig:
      service:
        namespace: appmesh-system
        name: outrigger
        port: 443
        path: /mutate-app-mesh
    rules:
      - apiGroups: [appmesh.k8s.aws]
        apiVersions: [v1beta2]
        operations: [CREATE, UPDATE]
        resources: [virtualgateways]
        scope: Namespaced
    reinvocationPolicy: IfNeeded
    matchPolicy: Equivalent
    sideEffects: None
    failurePolicy: Ignore
    timeoutSeconds: 2
  - name: gatewayroute.mesh.outrigger.dev
    admissionReviewVersions: [v1, v1beta1]
    clientConfig:
      service:
        namespace: appmesh-system
        name: outrigger
        port: 443
        path: /mutate-app-mesh
    rules:
      - apiGroups: [appmesh.k8s.aws]
        apiVersions: [v1beta2]
        operations: [CREATE, UPDATE]
        resources: [gatewayroutes]
        scope: Namespaced
    reinvocationPolicy: IfNeeded
    matchPolicy: Equivalent
    sideEffects: None
    failurePolicy: Ignore
    timeoutSeconds: 2
  - name: backendgroup.mesh.outrigger.dev
    admissionReviewVersions: [v1, v1beta1]
    clientConfig:
      service:
        namespace: appmesh-system
        name: outrigger
        port: 443
        path: /mutate-app-mesh
    rules:
      - apiGroups: [appmesh.k8s.aws]
        apiVersions: [v1beta2]
        operations: [CREATE, UPDATE]
        resources: [backendgroups]
        scope: Namespaced
    reinvocationPolicy: IfNeeded
    matchPolicy: Equivalent
    sideEffects: None
    failurePolicy: Ignore
    timeoutSeconds: 2
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata:
  name: outrigger
  labels:
    app.kubernetes.io/name: outrigger-control-plane
    app.kubernetes.io/part-of: outrigger
    app.kubernetes.io/managed-by: outrigger
    outrigger.dev/component: control-plane
webhooks:
  - name: mesh.mesh.outrigger.dev
    admissionReviewVersions: [v1, v1beta1]
    clientConfig:
      service:
        namespace: appmesh-system
        name: outrigger
        port: 443
        path: /validate-app-mesh
    rules:
      - apiGroups: [appmesh.k8s.aws]
        apiVersions: [v1beta2]
        operations: [CREATE, UPDATE, DELETE]
        resources: [meshes]
        scope: Cluster
    matchPolicy: Equivalent
    sideEffects: None
    failurePolicy: Ignore
    timeoutSeconds: 2
  - name: virtualnode.mesh.outrigger.dev
    admissionReviewVersions: [v1, v1beta1]
    clientConfig:
      service:
        namespace: appmesh-system
        name: outrigger
        port: 443
        path: /validate-app-mesh
    rules:
      - apiGroups: [appmesh.k8s.aws]
        apiVersions: [v1beta2]
        operations: [CREATE, UPDATE]
        resources: [virtualnodes]
        scope: Namespaced
    matchPolicy: Equivalent
    sideEffects: None
    failurePolicy: Ignore
    timeoutSeconds: 2
  - name: virtualrouter.mesh.outrigger.dev
    admissionReviewVersions: [v1, v1beta1]
    clientConfig:
      service:
        namespace: appmesh-system
        name: outrigger
        port: 443
        path: /validate-app-mesh
    rules:
      - apiGroups: [appmesh.k8s.aws]
        apiVersions: [v1beta2]
        operations: [CREATE, UPDATE]
        resources: [virtualrouters]
        scope: Namespaced
    matchPolicy: Equivalent
    sideEffects: None
    failurePolicy: Ignore
    timeoutSeconds: 2
  - name: virtualservice.mesh.outrigger.dev
    admissionReviewVersions: [v1, v1beta1]
    clientConfig:
      service:
        namespace: appmesh-system
        name: outrigger
        port: 443
        path: /validate-app-mesh
    rules:
      - apiGroups: [appmesh.k8s.aws]
        apiVersions: [v1beta2]
        operations: [CREATE, UPDATE]
        resources: [virtualservices]
        scope: Namespaced
    matchPolicy: Equivalent
    sideEffects: None
    failurePolicy: Ignore
    timeoutSeconds: 2
  - name: virtualgateway.mesh.outrigger.dev
    admissionReviewVersions: [v1, v1beta1]
    clientConfig:
      service:
        namespace: appmesh-system
        name: outrigger
        port: 443
        path: /validate-app-mesh
    rules:
      - apiGroups: [appmesh.k8s.aws]
        apiVersions: [v1beta2]
        operations: [CREATE, UPDATE, DELETE]
        resources: [virtualgateways]
        scope: Namespaced
    matchPolicy: Equivalent
    sideEffects: None
    failurePolicy: Ignore
    timeoutSeconds: 2
  - name: gatewayroute.mesh.outrigger.dev
    admissionReviewVersions: [v1, v1beta1]
    clientConfig:
      service:
        namespace: appmesh-system
        name: outrigger
        port: 443
        path: /validate-app-mesh
    rules:
      - apiGroups: [appmesh.k8s.aws]
        apiVersions: [v1beta2]
        operations: [CREATE, UPDATE]
        resources: [gatewayroutes]
        scope: Namespaced
    matchPolicy: Equivalent
    sideEffects: None
    failurePolicy: Ignore
    timeoutSeconds: 2
  - name: backendgroup.mesh.outrigger.dev
    admissionReviewVersions: [v1, v1beta1]
    clientConfig:
      service:
        namespace: appmesh-system
        name: outrigger
        port: 443
        path: /validate-app-mesh
    rules:
      - apiGroups: [appmesh.k8s.aws]
        apiVersions: [v1beta2]
        operations: [CREATE, UPDATE]
        resources: [backendgroups]
        scope: Namespaced
    matchPolicy: Equivalent
    sideEffects: None
    failurePolicy: Ignore
    timeoutSeconds: 2
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

# Prints controlPlane.mesh of a config.yaml, YAML or JSON, and nothing where it says neither serve nor observe. No other setting is called mesh.
mesh_mode_in() {
  local line before="(^|[[:space:],{])" key="(mesh:[[:space:]]+|[\"']mesh[\"'][[:space:]]*:[[:space:]]*)"
  local value="(serve|observe|\"serve\"|\"observe\"|'serve'|'observe')[[:space:]]*([,}#]|\$)"
  while IFS= read -r line; do
    # in one line of JSON nothing is a comment
    if [[ $line != '{'* && $line =~ (^|[[:space:]])#.*$ ]]; then line=${line%"${BASH_REMATCH[0]}"}; fi
    if [[ $line =~ $before$key$value ]]; then
      line=${BASH_REMATCH[3]//[\"\']/}
      printf '%s' "$line"
      return
    fi
  done <<< "$1"
}

# Makes $mesh_mode, where it is not given: what is set in the cluster, else observe where there is a control plane, which passed traffic
# through, and serve where there is none.
read_mesh_mode() {
  local stored there
  if [[ -n $mesh_mode ]] || ! wants control-plane; then return; fi
  stored=$(kubectl get configmap outrigger -n appmesh-system --ignore-not-found -o 'jsonpath={.data.config\.yaml}') ||
    stop 3 "the cluster's objects cannot be read"
  # one without settings counts as well
  there=$(kubectl get configmap/outrigger deployment/outrigger-control-plane -n appmesh-system --ignore-not-found -o name) ||
    stop 3 "the cluster's objects cannot be read"
  mesh_mode=$(mesh_mode_in "$stored")
  if [[ -n $mesh_mode ]]; then return; fi
  if [[ -n $there ]]; then mesh_mode=observe; else mesh_mode=serve; fi
}

say_mesh_mode() {
  if [[ $mesh_mode == serve ]]; then
    say "the mesh is served (controlPlane.mesh: serve): pods of a virtual node get what the App Mesh resources say"
  else
    say "the mesh is observed (controlPlane.mesh: observe): all traffic passes through. See outrigger diff --serve; then outrigger" \
      "serve switches, which is the annotation outrigger.dev/mesh=serve on a Namespace or a Mesh"
  fi
}

# Everything that is to be applied, for looking at what is there already.
all_manifests() {
  if wants control-plane; then
    control_plane_manifest
    control_plane_registrations
  fi
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
  if [[ $components == crds ]]; then return; fi
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

# What App Mesh's own controller left: its webhooks for App Mesh objects, and its pods.
check_app_mesh_controller() {
  local found kind name words word ready image
  local entries='{range .items[*]}{.kind}{" "}{.metadata.name}{range .webhooks[*]}{" "}{.name}={.objectSelector}{end}{"\n"}{end}'
  found=$(kubectl get mutatingwebhookconfigurations,validatingwebhookconfigurations -o "jsonpath=$entries") ||
    stop 3 "the cluster's webhook registrations cannot be read"
  while read -r kind name words; do
    for word in $words; do
      if [[ $word =~ ^[mv][a-z]+\.appmesh\.k8s\.aws= && $word != mpod.* && $word != *outrigger.dev/taken-over* ]]; then
        say "nothing was changed: App Mesh's own controller is registered for App Mesh objects: $kind $name"
        # bash 3.2 of macOS has no ${kind,,}
        if [[ $kind == Mutating* ]]; then kind=mutatingwebhookconfiguration; else kind=validatingwebhookconfiguration; fi
        stop 1 "delete it: kubectl delete $kind $name; or: outrigger install --take-over"
      fi
    done
  done <<< "$found"
  local pods='{range .items[*]}{.metadata.name}{" "}{.status.readyReplicas}{" "}{.spec.template.spec.containers[*].image}{"\n"}{end}'
  found=$(kubectl get deployments -n appmesh-system -o "jsonpath=$pods") || stop 3 "the cluster's Deployments cannot be read"
  while read -r name ready image; do
    # without ready pods there is no number, and the image, whose registry may begin with digits, comes in its place
    if [[ $ready =~ ^[1-9][0-9]*$ && ($name == appmesh-controller || "$image" =~ (^|[/ ])(appmesh-controller|app-mesh-controller|aws-app-mesh-controller-for-k8s)([:@ ]|$)) ]]; then
      say "nothing was changed: App Mesh's own controller runs: Deployment $name in namespace appmesh-system"
      stop 1 "stop it: kubectl scale -n appmesh-system deployment/$name --replicas=0; or: outrigger install --take-over"
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
  done <<< "$({ crds_manifest; all_manifests; } | apply --dry-run=server 2>&1 > /dev/null)"
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

# Those of App Mesh's own controller are made wider; nothing that removes an installation removes them.
install_crds() {
  say "App Mesh kinds: applying"
  crds_manifest | apply
}

install_control_plane() {
  say_mesh_mode
  say "control plane: applying"
  apply_namespace appmesh-system control_plane_namespace
  control_plane_manifest | apply
  await_rollout outrigger-control-plane appmesh-system
  control_plane_registrations | apply
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
  read_mesh_mode
  check_foreign_objects
  if wants injector; then check_other_injectors; fi
  if wants control-plane; then check_app_mesh_controller; fi
  check_applying
  SECONDS=0
  install_crds
  if [[ $components == crds ]]; then return; fi
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
