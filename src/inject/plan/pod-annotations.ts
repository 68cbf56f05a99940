import { identityFiles } from "../../bootstrap/identity-files.ts";
import { member } from "../../model/json.ts";
import { APPMESH_PREFIX, INJECT_KEY, PORTS, TOKEN_SDS_KEY, TRUST_KEY, TRUST_SDS_KEY } from "../../model/names.ts";
import { hasIdentity, type SidecarSettings } from "../decision.ts";
import type { InjectionInput } from "../input.ts";
import type { PodView } from "../pod.ts";
import { formatPorts } from "../rules/capture.ts";

const DEFAULT_CONTAINER_KEY = "kubectl.kubernetes.io/default-container";
const IDENTITY_FILES = identityFiles();

/** Annotations to add: what kubectl shows first, and what reaches Envoy as files. */
export function podAnnotations(
  input: InjectionInput,
  pod: PodView,
  settings: SidecarSettings,
): Readonly<Record<string, string>> {
  const [first] = pod.containers;
  return {
    ...(settings.role.kind === "virtualNode" &&
      first !== undefined &&
      member(member(member(pod.raw, "metadata"), "annotations"), DEFAULT_CONTAINER_KEY) === undefined && {
        [DEFAULT_CONTAINER_KEY]: first.name,
      }),
    ...(hasIdentity(settings) && {
      ...(input.trust.kind === "known" && { [TRUST_KEY]: input.trust.pem }),
      [TRUST_SDS_KEY]: IDENTITY_FILES.trustSds,
      [TOKEN_SDS_KEY]: IDENTITY_FILES.tokenSds,
    }),
  };
}

/** What the App Mesh CNI plugin reads at the pod's sandbox (injector.md §2.4). */
export function cniAnnotations(settings: SidecarSettings): Readonly<Record<string, string>> {
  const { capture } = settings;
  return {
    [INJECT_KEY]: "enabled",
    [`${APPMESH_PREFIX}egressIgnoredIPs`]: capture.ignoredIps.join(","),
    [`${APPMESH_PREFIX}egressIgnoredPorts`]: formatPorts(capture.ignoredPorts),
    [`${APPMESH_PREFIX}ignoredUID`]: String(settings.uid),
    [`${APPMESH_PREFIX}ports`]: formatPorts(capture.ports),
    [`${APPMESH_PREFIX}proxyEgressPort`]: String(PORTS.outbound),
    [`${APPMESH_PREFIX}proxyIngressPort`]: String(PORTS.inbound),
  };
}
