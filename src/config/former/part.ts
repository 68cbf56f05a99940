/** Old settings of which several together make one of ours; `images.ts` and `tracing.ts` join them. */
export type FormerPart =
  | `former:${"sidecar" | "init" | "xray"}.${"repository" | "tag"}`
  | `former:tracing.${"enabled" | "jaeger" | "datadog" | "xray"}`
  | `former:${"jaeger" | "datadog"}.${"address" | "port"}`
  | "former:xray.port";
