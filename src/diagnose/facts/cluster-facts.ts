import type { X509Certificate } from "node:crypto";
import type { MeshContents } from "../../answers/mesh-contents.ts";
import type { Configuration } from "../../config/schema.ts";
import type { Refusal } from "../../install/install-error.ts";
import type { OldDeployment } from "../../install/preflight/app-mesh-controller.ts";
import type { AppMeshWebhooks } from "../../install/preflight/app-mesh-webhooks.ts";
import type { JsonObject } from "../../model/json.ts";
import type { ComponentFacts } from "./component.ts";
import type { DefinitionState } from "./definition-state.ts";
import type { MeshModes } from "./mesh-mode.ts";
import type { NamespaceState } from "./namespace-state.ts";

import type { PermissionAnswer } from "./permissions.ts";
import type { PodState } from "./pod-state.ts";
import type { Reading } from "./reading.ts";
import type { NamespaceAdmission } from "./test-admission.ts";
import type { UnlabelledNamespace } from "./unlabelled-namespaces.ts";
import type { Verdict } from "./verdict.ts";

/** Everything that checks look at, read once before. */
export interface ClusterFacts {
  /** Version of this command line, and its clock. */
  readonly release: string;
  readonly now: Date;
  /** The API server's version, such as `v1.36.3`. */
  readonly version: Reading<string>;
  readonly permissions: readonly PermissionAnswer[];
  /** Objects in the way of an installation, by its own words; empty unless it was asked for. */
  readonly foreign: readonly Refusal[];
  /** How many of the objects that were asked for could not be read, so that nobody knows whether they are in the way. */
  readonly foreignUnread: number;
  /** The CRDs of App Mesh. */
  readonly crds: Reading<readonly DefinitionState[]>;
  /** How many Mesh objects there are; undefined: they could not be read. */
  readonly meshes: number | undefined;
  /** Every MutatingWebhookConfiguration. */
  readonly registrations: Reading<readonly JsonObject[]>;
  /** Entries of other programs for App Mesh's own objects, in registrations of both kinds. */
  readonly appMeshWebhooks: Reading<readonly AppMeshWebhooks[]>;
  /** Ready endpoints of the Services that other programs' registrations name, by `namespace/name`; undefined: no such Service. `unread`: nobody can say. */
  readonly otherServices: ReadonlyMap<string, number | undefined | "unread">;
  readonly oldDeployments: Reading<readonly OldDeployment[]>;
  readonly namespaces: Reading<readonly NamespaceState[]>;
  readonly injector: ComponentFacts;
  readonly controlPlane: ComponentFacts;
  readonly meshModes: MeshModes;
  /** Absent: there are no App Mesh objects, or they were not asked for. */
  readonly mesh: Reading<CheckedMesh>;
  /** Namespaces of a mesh in which nobody asks the injector. */
  readonly unlabelled: readonly UnlabelledNamespace[];
  /** The registrations `outrigger`, for App Mesh's own objects. */
  readonly objectRegistrations: Reading<readonly JsonObject[]>;
  /** What the injector goes by. */
  readonly configuration: Reading<Configuration>;
  /** The mesh's roots, as published. */
  readonly trust: Reading<string>;
  /** Running pods of the labelled namespaces. */
  readonly pods: Reading<readonly JudgedPod[]>;
  readonly testAdmissions: readonly NamespaceAdmission[];
  /** Labelled namespaces beyond those that were tried. */
  readonly untried: number;
  readonly injectorPods: readonly InsidePod[];
  readonly controlPlanePods: readonly InsidePod[];
}

/** The mesh, of which one namespace is looked at where `only` names it. */
export interface CheckedMesh {
  readonly contents: MeshContents;
  readonly only: string | undefined;
  /** Sentences that say what of it may not be read, such as what proxies reject. */
  readonly unread?: readonly string[];
}

export interface JudgedPod {
  readonly state: PodState;
  readonly verdict: Verdict;
}

/** What was learned inside a pod of ours. */
export interface InsidePod {
  readonly name: string;
  /** What its TLS port shows. */
  readonly certificate: Reading<X509Certificate>;
  /** Its metrics as text. */
  readonly metrics: Reading<string>;
}
