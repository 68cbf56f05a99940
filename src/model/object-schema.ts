import { z } from "zod";
import { KINDS, type Kind } from "./kinds.ts";
import { SPEC_SCHEMAS } from "./spec-schemas.ts";

const anything = z.unknown().optional();

/** Fields of `metadata` (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/); the API server looks after their types. */
const metadata = z.object({
  annotations: anything,
  creationTimestamp: anything,
  deletionGracePeriodSeconds: anything,
  deletionTimestamp: anything,
  finalizers: anything,
  generateName: anything,
  generation: anything,
  labels: anything,
  managedFields: anything,
  name: anything,
  namespace: anything,
  ownerReferences: anything,
  resourceVersion: anything,
  selfLink: anything,
  uid: anything,
});

function objectSchema(kind: Kind): z.ZodObject {
  const spec: z.ZodType = SPEC_SCHEMAS[kind];
  return z.object({ apiVersion: anything, kind: anything, metadata, spec: spec.optional(), status: anything });
}

/** A whole object of each kind, for the names of its fields: what may stand beside `spec`, and what in it. */
export const OBJECT_SCHEMAS = Object.fromEntries(KINDS.map((kind) => [kind, objectSchema(kind)])) as {
  readonly [K in Kind]: z.ZodObject;
};
