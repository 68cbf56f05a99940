import type { ConfigurationInput } from "../../../src/config/schema.ts";

/** The 2019 injector as its install script set it up: AWS's images, their environment, its naming and its defaults. */
export const INJECTOR_SETTINGS = {
  flavor: "aws",
  meshName: "global",
  region: "us-west-2",
  virtualNodeNaming: "owner-namespace",
  proxy: {
    image: "840364872350.dkr.ecr.us-west-2.amazonaws.com/aws-appmesh-envoy:v1.12.3.0-prod",
    requests: { cpu: "100m", memory: "128Mi" },
    fsGroup: 1337,
  },
  capture: {
    image: "111345817488.dkr.ecr.us-west-2.amazonaws.com/aws-appmesh-proxy-route-manager:v2",
    ignoredIps: ["169.254.169.254"],
    ipv6: false,
  },
} as const satisfies ConfigurationInput;

/** The controller as its unit tests set it up. */
export const CONTROLLER_SETTINGS = {
  flavor: "aws",
  meshName: "my-mesh",
  region: "us-west-2",
  onMissingVirtualNode: "deny",
  proxy: { image: "envoy:v2", logLevel: "debug", adminAccessLogFile: "" },
  capture: { image: "proxy-route-manager:v2", program: "aws", ignoredIps: ["192.168.0.1"] },
} as const satisfies ConfigurationInput;
