#!/usr/bin/env bash
# Installs Outrigger @RELEASE@ into the cluster that kubectl talks to; needs nothing but bash and kubectl.
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
    stop 2 "OUTRIGGER_IMAGE cannot be used: expected an image with tag or digest, as in registry.example/outrigger:@RELEASE@"
  fi
  quoted_image="\"${own_image:-@IMAGE@}\""
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

@MANIFESTS@
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
  if [[ $version =~ \"major\":\ *\"1\" && $version =~ \"minor\":\ *\"([0-9]+) ]] && ((BASH_REMATCH[1] < @OLDEST_MINOR@)); then
    stop 1 "the API server is Kubernetes 1.${BASH_REMATCH[1]}: expected 1.@OLDEST_MINOR@ or newer"
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
