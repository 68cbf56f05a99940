import type { ObjectRef } from "../model/mesh-object.ts";
import type { ProxyResource } from "./proxy-state.ts";
import { isAlike } from "./proxy-state.ts";

/** What of a proxy is shown. */
export const PROXY_SECTIONS = ["listeners", "routes", "clusters", "endpoints", "secrets"] as const;
export type ProxySection = (typeof PROXY_SECTIONS)[number];

const SECTION_OF: Readonly<Record<string, ProxySection>> = {
  listener: "listeners",
  route: "routes",
  cluster: "clusters",
  endpoints: "endpoints",
  secret: "secrets",
};

/** What is known of a proxy beside its resources. */
export interface ProxyFacts {
  readonly pod: { readonly namespace: string; readonly name: string };
  readonly workload: { readonly kind: string; readonly name: string };
  /** Its VirtualNode or VirtualGateway; null: it has none, and its traffic passes through. */
  readonly node: ObjectRef | null;
  /** Name of its Mesh. */
  readonly mesh: string | null;
  /** `pass-through`: it has no node, or its mesh is observed. */
  readonly mode: "serve" | "pass-through";
  readonly connected: "yes" | "no" | "not known";
  /** Release of Outrigger that injected it; null: none did. */
  readonly injectedBy: string | null;
  /** Whether its Envoy could be asked. */
  readonly asked: boolean;
}

/** What `outrigger proxy POD --output json` prints; the members stay, later releases may add some. */
export interface ProxyReport extends ProxyFacts {
  readonly format: 1;
  readonly release: string;
  /** RFC 3339. */
  readonly time: string;
  /** Null: all of them. */
  readonly section: ProxySection | null;
  readonly summary: Readonly<Record<ProxySection, { readonly all: number; readonly different: number }>>;
  readonly resources: readonly ProxyResource[];
  /** What is to be done about the pod as a whole; empty: nothing. */
  readonly hints: readonly string[];
  /** Sentences for a person: what is not known, and what was assumed. */
  readonly notes: readonly string[];
}

export function proxyReport(
  facts: ProxyFacts,
  resources: readonly ProxyResource[],
  section: ProxySection | undefined,
  said: Pick<ProxyReport, "hints" | "notes">,
  release: string,
  now: Date,
): ProxyReport {
  const of = (one: ProxySection) => resources.filter(({ type }) => SECTION_OF[type] === one);
  const summary = Object.fromEntries(
    PROXY_SECTIONS.map((one) => [
      one,
      { all: of(one).length, different: of(one).filter((resource) => !isAlike(resource)).length },
    ]),
  ) as ProxyReport["summary"];
  return {
    format: 1,
    release,
    time: now.toISOString(),
    ...facts,
    section: section ?? null,
    summary,
    resources: section === undefined ? resources : of(section),
    ...said,
  };
}

/** Whether Envoy has something else than it is sent, of whatever section. */
export function differs({ summary }: ProxyReport): boolean {
  return PROXY_SECTIONS.some((section) => summary[section].different > 0);
}
