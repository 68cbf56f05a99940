import { describe, expect, it } from "vitest";
import { loadConfiguration } from "../load.ts";
import { configuration } from "../schema.ts";

/** The values that the controller's chart has by default, in its order and with its types. */
const CONTROLLER_CHART = `
replicaCount: 1
region: ""
accountId: ""
preview: false
image: { repository: registry.example/appmesh-controller, tag: v1.13.3, pullPolicy: IfNotPresent }
sidecar:
  image: { repository: registry.example/aws-appmesh-envoy, tag: v1.34.13.3-prod }
  logLevel: info
  envoyAdminAccessPort: 9901
  envoyAdminAccessLogFile: /tmp/envoy_admin_access.log
  envoyAdminAccessEnableIPv6: false
  useDualStackEndpoint: false
  useFipsEndpoint: false
  waitUntilProxyReady: false
  resources: { requests: { cpu: 10m, memory: 32Mi }, limits: { cpu: "", memory: "" } }
  lifecycleHooks: { preStopDelay: 20, postStartInterval: 5, postStartTimeout: 180 }
  probes: { readinessProbeInitialDelay: 1, readinessProbePeriod: 10 }
init: { image: { repository: registry.example/aws-appmesh-proxy-route-manager, tag: v7-prod } }
xray: { image: { repository: public.ecr.aws/xray/aws-xray-daemon, tag: latest } }
nameOverride: ""
resources: { limits: { cpu: 2000m, memory: 1Gi } }
nodeSelector: {}
tolerations: []
affinity: {}
podAnnotations: {}
podDisruptionBudget: {}
serviceAccount: { create: true, name: "" }
rbac: { create: true, pspEnabled: false }
log: { level: info }
sds: { enabled: false, udsPath: /run/spire/sockets/agent.sock }
tracing:
  enabled: false
  provider: x-ray
  address: appmesh-jaeger.appmesh-system
  port: 2000
  samplingRate: 0.05
  logLevel: prod
  role: ""
stats: { tagsEnabled: false, statsdEnabled: false, statsdAddress: 127.0.0.1, statsdPort: 8125, statsdSocketPath: "" }
cloudMapCustomHealthCheck: { enabled: false }
cloudMapDNS: { ttl: 300 }
tlsMinVersion: VersionTLS12
tlsCipherSuite: ""
enableCertManager: false
enableBackendGroups: false
clusterName: ""
useAwsDualStackEndpoint: false
useAwsFIPSEndpoint: false
env: {}
`;

/** The same for the chart of the injector of 2019. */
const INJECTOR_CHART = `
replicaCount: 1
region: ""
image: { repository: registry.example/aws-app-mesh-inject, tag: v0.5.0, pullPolicy: IfNotPresent }
sidecar:
  image: { repository: registry.example/aws-appmesh-envoy, tag: v1.15.1.0-prod }
  logLevel: info
  resources: { requests: { cpu: 10m, memory: 32Mi } }
init: { image: { repository: registry.example/aws-appmesh-proxy-route-manager, tag: v3-prod } }
resources: { limits: { cpu: 500m, memory: 512Mi }, requests: { cpu: 100m, memory: 64Mi } }
mesh: { create: false, name: global, discovery: dns, egressFilter: DROP_ALL }
tracing: { enabled: false, provider: x-ray, address: appmesh-jaeger.appmesh-system, port: 9411 }
stats: { tagsEnabled: false, statsdEnabled: false }
serviceAccount: { create: true, name: "" }
rbac: { create: true, pspEnabled: false }
`;

const load = (text: string) =>
  loadConfiguration({ file: { path: "values.yaml", text }, environment: {}, flags: { flavor: "aws" } });

describe("default values of the old charts", () => {
  it("of the controller give the defaults, apart from the images", () => {
    const { configuration: effective } = load(CONTROLLER_CHART);
    expect(effective).toEqual(
      configuration({
        flavor: "aws",
        proxy: { image: "registry.example/aws-appmesh-envoy:v1.34.13.3-prod" },
        capture: { image: "registry.example/aws-appmesh-proxy-route-manager:v7-prod" },
        tracing: { xrayImage: "public.ecr.aws/xray/aws-xray-daemon:latest" },
      }),
    );
  });

  it("of the injector likewise, with its mesh", () => {
    const { configuration: effective } = load(INJECTOR_CHART);
    expect(effective).toEqual(
      configuration({
        flavor: "aws",
        meshName: "global",
        proxy: { image: "registry.example/aws-appmesh-envoy:v1.15.1.0-prod" },
        capture: { image: "registry.example/aws-appmesh-proxy-route-manager:v3-prod" },
      }),
    );
  });

  it("make few words", () => {
    expect(load(CONTROLLER_CHART).warnings).toHaveLength(4);
    expect(load(INJECTOR_CHART).warnings).toHaveLength(2);
  });
});
