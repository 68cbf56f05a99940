/** Every bound of what is written into App Mesh objects, each with its reason. Times in milliseconds. */
export const WRITE_LIMITS = {
  /** After any write of an object, a client's or ours, until ours: Flagger and Argo Rollouts write every few seconds, and compare. */
  quiet: 2_000,
  /**
   * After a change until problems are looked for: a third of what it costs, and the proxies, which want it now, come first. Nothing is said
   * later for it, as it is less than {@link WRITE_LIMITS.quiet}.
   */
  gathering: 1_000,
  /** Objects that are written side by side: a change of a Mesh may be one of thousands of statuses. */
  workers: 2,
  /** After a pod's containers became ready, until its readiness gate is set, whoever knows its endpoint by then. */
  gate: 5_000,
  /** Until it is asked again whether callers know the endpoint of a pod that waits. */
  gateLook: 250,
  /** How long the answer of one question about endpoints counts for other pods too: each looks at every stream. Less than the one above, so that no answer is older than the pod. */
  gateAnswer: 200,
  /** Until fields that did not stick, or were refused, are written again: another program's rules may have changed. */
  fillAgain: 60_000,
  /** How long problems are looked for, and objects looked at, before others get their turn. */
  slice: 5,
  /** Until an object of which it is not known yet whether proxies still reject something is looked at again. */
  unsure: 5_000,
  /** Characters of a condition's message: what a person reads; `outrigger problems` has all. */
  message: 1_024,
  /** How often it is asked whether App Mesh's own controller runs: a person who has just stopped it waits for what comes then. */
  controllerAge: 10_000,
} as const;
