import { APPENDIX } from "./appendix.ts";
import { CONTROLLER_AROUND } from "./controller-around.ts";
import { CONTROLLER_CAPTURE } from "./controller-capture.ts";
import { CONTROLLER_SIDECAR } from "./controller-sidecar.ts";
import { GATEWAYS } from "./gateways.ts";
import { HARD_CASES } from "./hard-cases.ts";
import { INJECTOR } from "./injector.ts";
import type { Vector } from "./vector.ts";

/** Every vector about a pod, in the order of their sources. */
export const VECTORS: readonly Vector[] = [
  ...APPENDIX,
  ...INJECTOR,
  ...CONTROLLER_CAPTURE,
  ...CONTROLLER_SIDECAR,
  ...CONTROLLER_AROUND,
  ...GATEWAYS,
  ...HARD_CASES,
];
