import { X509Certificate } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { KubeError } from "../kube/kube-error.ts";
import type { Writer } from "../kube/writes.ts";
import { withDelivery, withNext } from "./advance.ts";
import { readAuthority, type StoredAuthority, writeAuthority } from "./authority-secret.ts";
import { type AuthorityState, bundleOf, type NextRoot } from "./authority-state.ts";
import { type DeliveryProgress, deliverToPods } from "./deliver-to-pods.ts";
import { lifetimeOf } from "./key-pair.ts";
import { MOST_ROOTS } from "./policy.ts";
import { RotationError } from "./rotation-error.ts";
import { ROTATION_LIMITS } from "./rotation-limits.ts";
import type { RotationTarget } from "./rotation-target.ts";
import { newRoot } from "./sign.ts";

/** What happens during a rotation, for whoever watches. */
export type RotationStep =
  | { readonly kind: "root-added" | "resumed"; readonly root: string }
  | { readonly kind: "published"; readonly place: string }
  | ({ readonly kind: "pods" } & DeliveryProgress)
  | { readonly kind: "delivered"; readonly root: string };

/** How a rotation ended. */
export interface Rotation {
  readonly authority: RotationTarget["name"];
  /** Identifier of the root that signs now. */
  readonly active: string;
  /** The roots before, and until when they are trusted. */
  readonly previous: readonly { readonly id: string; readonly until: Date }[];
  /** Pods that have the root; undefined where none needs it. */
  readonly pods: number | undefined;
}

export interface RotateParts {
  readonly writer: Writer;
  readonly target: RotationTarget;
  /** `forced`: the root signs at once; whoever does not have it yet refuses what it signed until it comes. */
  readonly order: "careful" | "forced";
  readonly step: (step: RotationStep) => void;
  /** Milliseconds for each of: publication, and the root's becoming active. */
  readonly timeout: number;
  /** Milliseconds; a test shortens it. */
  readonly propagation?: number;
  readonly now: () => Date;
}

/**
 * Gives an authority a new root: adds it, waits until it is published, brings it to all running pods, lets it sign. Begins where an
 * earlier run ended. Rejects with {@link RotationError}, AuthorityError when the Secret cannot be used, KubeError when the
 * API server cannot be asked.
 */
export async function rotate(parts: RotateParts): Promise<Rotation> {
  const { writer, target, order, step, now } = parts;
  const root = await added(parts);
  let pods: number | undefined;
  if (order === "careful" && root.delivered === undefined) {
    const bundle = await published(parts, root);
    step({ kind: "published", place: target.place });
    if (target.delivery === "to-pods") {
      const what = { root: root.certificate, bundle, published: performance.now() };
      const propagation = parts.propagation ?? ROTATION_LIMITS.propagation;
      pods = (await deliverToPods(writer, what, propagation, (progress) => step({ kind: "pods", ...progress }))).total;
      await changed(parts, (state) => (state.next?.id === root.id ? withDelivery(state, now()) : state));
    }
  } else if (order === "forced") {
    // as if it had been there since ever: its owner waits no longer
    await changed(parts, (state) =>
      state.next === undefined ? state : { ...state, next: { ...state.next, delivered: new Date(0) } },
    );
  }
  step({ kind: "delivered", root: root.id });
  const { active, previous } = await activeWith(parts, root);
  return {
    authority: target.name,
    active: active.id,
    previous: previous.map(({ id, until }) => ({ id, until })),
    pods,
  };
}

/** The root that waits to sign: the one of an earlier run, else a new one that lives as long as the active one. */
async function added(parts: RotateParts): Promise<NextRoot> {
  const { target, step, now } = parts;
  const { next: waiting } = (await held(parts)).state;
  if (waiting !== undefined) {
    step({ kind: "resumed", root: waiting.id });
    return waiting;
  }
  const state = await changed(parts, async (found) => {
    if (found.next !== undefined) return found;
    if (found.previous.length >= MOST_ROOTS) {
      const soonest = new Date(Math.min(...found.previous.map(({ until }) => until.getTime())));
      throw new RotationError(
        "too-many-roots",
        `${found.previous.length} former roots are still trusted, because what they signed is in use: try again after ${soonest.toISOString()}`,
      );
    }
    const { validFrom, validTo } = new X509Certificate(found.active.certificate);
    const rootLifetime = lifetimeOf({ notBefore: new Date(validFrom), notAfter: new Date(validTo) });
    return withNext(found, await newRoot(target.commonName, { rootLifetime }, now()), now());
  });
  if (state.next === undefined) throw new RotationError("not-active", "the new root vanished: run the command again");
  step({ kind: "root-added", root: state.next.id });
  return state.next;
}

/** Waits until every place has the root, and returns the bundle that is to be there. */
async function published(parts: RotateParts, root: NextRoot): Promise<string> {
  const { writer, target } = parts;
  await eventually(parts, "not-published", `the new root did not appear in ${target.place}`, async () => {
    const bundles = await target.published(writer);
    if (bundles.length === 0) return target.whenAbsent === "nobody-verifies";
    return bundles.every((bundle) => bundle.includes(root.certificate.trim()));
  });
  return bundleOf((await held(parts)).state);
}

/** Waits until the root signs, and returns the state in which it does. */
async function activeWith(parts: RotateParts, root: NextRoot): Promise<AuthorityState> {
  let { state } = await held(parts);
  await eventually(parts, "not-active", "the new root was delivered, but does not sign", async () => {
    state = (await held(parts)).state;
    return state.next?.id !== root.id;
  });
  return state;
}

async function eventually(
  { writer, target, timeout }: RotateParts,
  code: RotationError["code"],
  problem: string,
  isSo: () => Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + timeout;
  while (!(await isSo())) {
    if (performance.now() > deadline) {
      throw new RotationError(
        code,
        `${problem} within ${timeout / 1000} s: see what ${target.owner} says in its log and /readyz, then run the command again`,
      );
    }
    await wait(ROTATION_LIMITS.poll, undefined, { signal: writer.signal });
  }
}

type Held = Extract<StoredAuthority, { kind: "held" }>;

async function held({ writer, target }: RotateParts): Promise<Held> {
  const found = await readAuthority(writer, target.secret);
  if (found.kind === "held") return found;
  throw new RotationError(
    "no-authority",
    `there is no ${target.name} authority in Secret ${target.secret.name} of namespace ${target.secret.namespace}: ${target.owner} makes it at its first start`,
  );
}

/** Stores a change of the state; when somebody else was faster, the change is made again to what they wrote. */
async function changed(
  parts: RotateParts,
  change: (state: AuthorityState) => AuthorityState | Promise<AuthorityState>,
): Promise<AuthorityState> {
  const { writer, target } = parts;
  for (let attempt = 1; attempt <= ROTATION_LIMITS.attempts; attempt++) {
    const found = await held(parts);
    const state = await change(found.state);
    if (state === found.state) return state;
    if ((await writeAuthority(writer, target.secret, found, state)) === "written") return state;
  }
  throw new KubeError(
    "status",
    `Secret ${target.secret.name} in namespace ${target.secret.namespace} changed at each of ${ROTATION_LIMITS.attempts} attempts to write it: run the command again`,
    { status: 409, reason: "Conflict" },
  );
}
