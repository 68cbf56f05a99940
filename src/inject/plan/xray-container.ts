import { verbatim } from "../../bootstrap/expansion.ts";
import type { JsonObject } from "../../model/json.ts";
import { XRAY_CONTAINER } from "../../model/names.ts";
import { withoutEnd } from "../../model/trim.ts";
import type { SidecarSettings } from "../decision.ts";
import type { PodView } from "../pod.ts";
import { XRAY_PORT, xrayPort } from "../xray-port.ts";
import { readOnlyMount } from "./mounts.ts";
import { freePortName } from "./port-name.ts";

/** The daemon that takes the segments to X-Ray (injector.md §4.7). Unlike the controller it is told a port of its own (bug C12). */
export function xrayContainer(pod: PodView, settings: SidecarSettings, resources: JsonObject): JsonObject {
  const { tracing, proxy, region } = settings.configuration;
  const port = xrayPort(settings);
  const mount = settings.xrayConfigMount;
  const args = [
    ...(port === XRAY_PORT ? [] : ["--bind", `127.0.0.1:${port}`, "--bind-tcp", `127.0.0.1:${port}`]),
    ...(tracing.xrayLogLevel === "prod" ? [] : ["--log-level", tracing.xrayLogLevel]),
    ...(tracing.xrayRoleArn === "" ? [] : ["--role-arn", tracing.xrayRoleArn]),
  ];
  return {
    name: XRAY_CONTAINER,
    image: tracing.xrayImage,
    ...(proxy.mode === "native" && { restartPolicy: "Always" }),
    ...(mount
      ? { command: ["/xray", "--config", verbatim(`${withoutEnd(mount.path, "/")}/xray-daemon.yaml`)] }
      : args.length > 0 && { args }),
    env: region === "" ? [] : [{ name: "AWS_REGION", value: region }],
    ports: [{ name: freePortName(pod, "xray"), containerPort: port, protocol: "UDP" }],
    resources,
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      runAsNonRoot: true,
      runAsUser: settings.uid,
      seccompProfile: { type: "RuntimeDefault" },
    },
    ...(mount && { volumeMounts: [readOnlyMount(mount)] }),
  };
}
