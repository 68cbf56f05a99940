import { effectiveAwsName } from "../model/aws-names.ts";
import type { CertificateSecret, CertificateSecretFacts } from "../model/certificate-secrets.ts";
import { compareTexts } from "../model/compare-texts.ts";
import type { NamespaceFacts } from "../model/facts.ts";
import type { Kind, NamedKind } from "../model/kinds.ts";
import { type Membership, meshOfObject } from "../model/membership.ts";
import type { MeshChange, ObjectChange } from "../model/mesh-change.ts";
import {
  keyOf,
  type MeshObject,
  type ObjectKey,
  type ObjectRef,
  refIn,
  refOf,
  type TypedObject,
} from "../model/mesh-object.ts";
import type { Misfit } from "../model/parse-object.ts";
import { acceptedAs } from "./accepted-as.ts";
import { claimKey, claimOf, claimParts, isStrict, meshOfClaim, ownerOfName } from "./claims.ts";
import type { GraphSettings } from "./graph-settings.ts";
import { selectorOf } from "./label-selector.ts";
import { ObjectTable } from "./object-table.ts";
import { type NamedService, ServiceState } from "./service-state.ts";
import { isWrittenAlike } from "./written-alike.ts";

/** What a result was made from, and what a change touches: `object:…`, `kind:…`, `name:…` of a kind, `claim:…`, `namespace:…`, `namespaces`, `services`, `unreadable meshes`, or of a Service `addresses:…` or `ports:…`, `serviceNames:…` of a namespace, `certificate:…` of a Secret. */
export type Dependency = string;

/** Where an object belongs. */
export interface Placement {
  readonly membership: Membership<SelectingMesh>;
  /** The mesh, where it is in one. */
  readonly mesh: ObjectRef<"Mesh"> | undefined;
  /** Its name there; empty for a BackendGroup. */
  readonly awsName: string;
}

interface SelectingMesh {
  readonly name: string;
  readonly namespaceSelector: ReturnType<typeof selectorOf>;
}

/** A Secret that an ARN means, and what is known of it; undefined: nothing yet. */
export interface KnownCertificate extends CertificateSecret {
  readonly facts: CertificateSecretFacts | undefined;
}

/** Everything that the results of the graph may look at. */
export interface MeshReader {
  object<K extends Kind>(ref: ObjectRef<K>): TypedObject<K> | undefined;
  placement(ref: ObjectRef): Placement;
  refused(ref: ObjectRef): readonly Misfit[];
  /** The object that has a name in a mesh. */
  named<K extends NamedKind>(kind: K, mesh: ObjectRef<"Mesh">, awsName: string): ObjectRef<K> | undefined;
  /** All that claim it, sorted. */
  claimants(kind: NamedKind, mesh: ObjectRef<"Mesh">, awsName: string): readonly ObjectRef[];
  /** Sorted by namespace and name; of one namespace where it is given. */
  list<K extends Kind>(kind: K, namespace?: string): readonly TypedObject<K>[];
  /** Names of the Meshes that cannot be read, and never could be, sorted. */
  unreadableMeshes(): readonly string[];
  /** Namespaces in which an object of that kind has that name, sorted. */
  namespacesWith(kind: Kind, name: string): readonly string[];
  namespace(name: string): NamespaceFacts | undefined;
  /** All of them, in no order. */
  namespaces(): readonly NamespaceFacts[];
  /** Where connections to a host name go that means a Kubernetes Service to pods of a namespace, or one of its endpoints; undefined: not known. */
  addresses(host: string, namespace: string): readonly string[] | undefined;
  /** The Kubernetes Service that a host name means to pods of a namespace; undefined: it has no such form. */
  service(host: string, namespace: string): NamedService | undefined;
  /** Names of the Kubernetes Services of a namespace, sorted; undefined: nothing is known of Services. */
  serviceNames(namespace: string): readonly string[] | undefined;
  /** The Secret that an ARN of ACM means; undefined: none, so that the control plane signs in ACM's place. */
  certificate(arn: string): KnownCertificate | undefined;
  /** Where members are looked for of nodes that do not say it. */
  readonly discovery: GraphSettings["discovery"];
  /** Such as `cluster.local`. */
  readonly clusterDomain: string;
}

/**
 * The objects and namespaces as they are, each object placed in its mesh and each name given to one object. Knows nothing of what is
 * made of them; a change answers with what it touched.
 */
export class MeshState {
  readonly #objects = new ObjectTable();
  readonly #namespaces = new Map<string, NamespaceFacts>();
  readonly #refused = new Map<ObjectKey, readonly Misfit[]>();
  readonly #placements = new Map<ObjectKey, Placement>();
  readonly #claims = new Map<string, Set<ObjectKey>>();
  readonly #winners = new Map<string, ObjectRef>();
  readonly #services: ServiceState;
  readonly #discovery: GraphSettings["discovery"];
  readonly #clusterDomain: string;
  readonly #certificates: ReadonlyMap<string, CertificateSecret>;
  readonly #certificateFacts = new Map<string, CertificateSecretFacts>();
  #meshes: readonly SelectingMesh[] = [];

  constructor({
    clusterDomain,
    discovery,
    certificates = [],
  }: Pick<GraphSettings, "clusterDomain" | "discovery" | "certificates">) {
    this.#services = new ServiceState(clusterDomain);
    this.#discovery = discovery;
    this.#clusterDomain = clusterDomain;
    this.#certificates = new Map(certificates.map((one) => [one.arn, one]));
  }

  /** Takes a change, and adds what it touched. */
  apply(change: MeshChange, touched: Set<Dependency>): void {
    switch (change.kind) {
      case "object":
        this.#applyObject(change, touched);
        break;
      case "namespace":
        this.#applyNamespace(change.name, change.after, touched);
        break;
      case "service":
        this.#services.apply(change, touched);
        break;
      case "certificateSecret":
        this.#certificateFacts.set(change.name, change.after);
        touched.add(`certificate:${change.name}`);
        break;
    }
  }

  /** A reader that notes what it was asked for. */
  reader(noted: Set<Dependency>): MeshReader {
    return {
      object: (ref) => {
        noted.add(`object:${keyOf(ref)}`);
        return this.#objects.get(ref);
      },
      placement: (ref) => {
        noted.add(`object:${keyOf(ref)}`);
        return this.#placements.get(keyOf(ref)) ?? NOWHERE;
      },
      refused: (ref) => {
        noted.add(`object:${keyOf(ref)}`);
        return this.#refused.get(keyOf(ref)) ?? [];
      },
      named: (kind, mesh, awsName) => {
        const claim = claimKey(kind, mesh.name, awsName);
        noted.add(`claim:${claim}`);
        return this.#winners.get(claim) as ObjectRef<typeof kind> | undefined;
      },
      claimants: (kind, mesh, awsName) => {
        const claim = claimKey(kind, mesh.name, awsName);
        noted.add(`claim:${claim}`);
        return this.#claimants(claim).map(refOf);
      },
      list: (kind, namespace) => {
        noted.add(namespace === undefined ? `kind:${kind}` : `kind:${kind}/${namespace}`);
        return this.#objects.list(kind, namespace);
      },
      unreadableMeshes: () => {
        noted.add("unreadable meshes");
        return this.#unreadableMeshes();
      },
      namespacesWith: (kind, name) => {
        noted.add(`name:${kind}/${name}`);
        return this.#objects.namespacesWith(kind, name);
      },
      namespace: (name) => {
        noted.add(`namespace:${name}`);
        return this.#namespaces.get(name);
      },
      namespaces: () => {
        noted.add("namespaces");
        return [...this.#namespaces.values()];
      },
      addresses: (host, namespace) => this.#services.addresses(host, namespace, noted),
      service: (host, namespace) => this.#services.named(host, namespace, noted),
      serviceNames: (namespace) => this.#services.names(namespace, noted),
      certificate: (arn) => {
        const meant = this.#certificates.get(arn);
        if (meant === undefined) return undefined;
        noted.add(`certificate:${meant.secret}`);
        return { ...meant, facts: this.#certificateFacts.get(meant.secret) };
      },
      discovery: this.#discovery,
      clusterDomain: this.#clusterDomain,
    };
  }

  /** Whether anything is known of an object: it, or why it cannot be read. */
  has(ref: ObjectRef): boolean {
    return this.#objects.get(ref) !== undefined || this.#refused.has(keyOf(ref));
  }

  #applyObject({ ref, after, refused }: ObjectChange, touched: Set<Dependency>): void {
    const { kind, namespace, name } = ref;
    const key = keyOf(ref);
    const before = this.#objects.get(ref);
    this.#objects.put(ref, after);
    if (refused.length > 0) this.#refused.set(key, refused);
    else this.#refused.delete(key);
    touched.add(`object:${key}`);
    if ((before === undefined) !== (after === undefined)) touched.add(`name:${kind}/${name}`);
    // of those that are listed nobody looks at the status, which is written far more often than the rest
    if (!isWrittenAlike(before as MeshObject | undefined, after))
      touched.add(`kind:${kind}`).add(`kind:${kind}/${namespace}`);
    if (kind === "Mesh") {
      touched.add("unreadable meshes");
      this.#applyMesh(before as TypedObject<"Mesh"> | undefined, after as TypedObject<"Mesh"> | undefined, touched);
    }
    this.#place(ref, touched);
    // another object of this name may be older or younger
    const claim = claimOf(kind, this.#placements.get(key));
    if (claim !== undefined) this.#settle(claim, touched);
  }

  /** A mesh that came, went or selects others: whoever it is about is placed again. */
  #applyMesh(
    before: TypedObject<"Mesh"> | undefined,
    after: TypedObject<"Mesh"> | undefined,
    touched: Set<Dependency>,
  ): void {
    const selectors = [before, after].map(
      (mesh) =>
        mesh &&
        JSON.stringify([
          mesh.spec.namespaceSelector ?? null,
          effectiveAwsName("Mesh", mesh.metadata, mesh.spec.awsName),
        ]),
    );
    // most changes of a Mesh are no such change, and placing all objects takes a while
    if (selectors[0] !== selectors[1]) {
      this.#meshes = this.#objects.list("Mesh").map(({ metadata, spec }) => ({
        name: metadata.name,
        namespaceSelector: selectorOf(spec.namespaceSelector),
      }));
      for (const ref of this.#objects.members()) this.#place(ref, touched);
    }
    const isSettled = selectors[0] === selectors[1] && isStrict(before) === isStrict(after);
    const name = before?.metadata.name;
    if (name === undefined || isSettled) return;
    for (const claim of this.#claims.keys()) {
      if (meshOfClaim(claim) === name) this.#settle(claim, touched);
    }
  }

  #unreadableMeshes(): readonly string[] {
    return [...this.#refused.keys()]
      .flatMap((key) => refIn(key) ?? [])
      .filter((ref) => ref.kind === "Mesh" && this.#objects.get(ref) === undefined)
      .map(({ name }) => name)
      .toSorted(compareTexts);
  }

  #applyNamespace(name: string, after: NamespaceFacts | undefined, touched: Set<Dependency>): void {
    const existed = this.#namespaces.has(name);
    if (after === undefined) this.#namespaces.delete(name);
    else this.#namespaces.set(name, after);
    touched.add(`namespace:${name}`).add("namespaces");
    for (const ref of this.#objects.members(name)) this.#place(ref, touched);
    // names that speak of it
    if (existed === (after !== undefined)) return;
    for (const claim of this.#claims.keys()) this.#settle(claim, touched);
  }

  #place(ref: ObjectRef, touched: Set<Dependency>): void {
    const key = keyOf(ref);
    const before = this.#placements.get(key);
    const after = this.#placementOf(ref);
    if (after === undefined) this.#placements.delete(key);
    else this.#placements.set(key, after);
    if (!samePlacement(before, after)) touched.add(`object:${key}`);
    const [left, joined] = [before, after].map((placement) => claimOf(ref.kind, placement));
    if (left !== undefined && left !== joined) {
      this.#claims.get(left)?.delete(key);
      this.#settle(left, touched, true);
    }
    if (joined === undefined || left === joined) return;
    const claimants = this.#claims.get(joined) ?? new Set();
    this.#claims.set(joined, claimants.add(key));
    this.#settle(joined, touched, true);
  }

  #placementOf(ref: ObjectRef): Placement | undefined {
    const object = this.#objects.get(ref) as MeshObject | undefined;
    if (object === undefined) return undefined;
    const { kind, metadata, spec } = object;
    if (kind === "Mesh") {
      return { ...NOWHERE, mesh: refOf(object), awsName: effectiveAwsName("Mesh", metadata, spec.awsName) };
    }
    const namespace = { name: metadata.namespace, labels: this.#namespaces.get(metadata.namespace)?.labels ?? {} };
    const membership = meshOfObject(spec.meshRef, this.#keepsMesh(object), this.#meshes, namespace);
    const awsName = kind === "BackendGroup" ? "" : effectiveAwsName(kind, metadata, spec.awsName);
    if (membership.kind !== "found") return { membership, mesh: undefined, awsName };
    return { membership, mesh: { kind: "Mesh", namespace: "", name: membership.object.name }, awsName };
  }

  /**
   * Whether an object stays in the mesh that it names although that does not select its namespace: where it was accepted there, a changed
   * label re-assigns nothing. A BackendGroup has no status to show it, and gives nobody anything: it is a list for whoever refers to it.
   */
  #keepsMesh(object: Exclude<MeshObject, TypedObject<"Mesh">>): boolean {
    if (object.kind === "BackendGroup") return true;
    const accepted = acceptedAs(object);
    return accepted !== undefined && accepted.mesh === this.#meshName(object.spec.meshRef?.name ?? "");
  }

  /** The name in App Mesh of a Mesh by its name in Kubernetes. */
  #meshName(name: string): string {
    const mesh = this.#objects.get({ kind: "Mesh", namespace: "", name });
    return effectiveAwsName("Mesh", { name, namespace: "" }, mesh?.spec.awsName);
  }

  #claimants(claim: string): readonly TypedObject<NamedKind>[] {
    const keys = [...(this.#claims.get(claim) ?? [])].toSorted(compareTexts);
    return keys.flatMap((key) => {
      const ref = refIn(key) as ObjectRef<NamedKind> | undefined;
      return (ref && this.#objects.get(ref)) ?? [];
    });
  }

  /** Decides again who has a name. */
  #settle(claim: string, touched: Set<Dependency>, othersCame = false): void {
    const [kind, mesh, awsName] = claimParts(claim);
    const claimants = this.#claimants(claim);
    const won = ownerOfName({ kind, awsName, mesh: this.#meshName(mesh) }, claimants, {
      isStrict: isStrict(this.#objects.get({ kind: "Mesh", namespace: "", name: mesh })),
      exists: (name) => this.#namespaces.has(name),
    });
    const before = this.#winners.get(claim);
    if (won === undefined) this.#winners.delete(claim);
    else this.#winners.set(claim, refOf(won));
    if (claimants.length === 0) this.#claims.delete(claim);
    const changed = (before && keyOf(before)) !== (won && keyOf(refOf(won)));
    if (changed || othersCame) touched.add(`claim:${claim}`);
  }
}

const NOWHERE: Placement = { membership: { kind: "none" }, mesh: undefined, awsName: "" };

function samePlacement(a: Placement | undefined, b: Placement | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.awsName === b.awsName &&
    a.mesh?.name === b.mesh?.name &&
    a.membership.kind === b.membership.kind &&
    candidates(a.membership) === candidates(b.membership)
  );
}

function candidates(membership: Membership<SelectingMesh>): string {
  return "candidates" in membership ? membership.candidates.map(({ name }) => name).join(" ") : "";
}
