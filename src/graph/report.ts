import type { ObjectRef } from "../model/mesh-object.ts";
import type { Problem, ProblemCode } from "./problem.ts";

/** Says one problem: where, what was found, what helps. */
export type Say = (code: ProblemCode, path: string, message: string, help: string) => void;

/** Collects the problems of one object. */
export function problemsOf(object: ObjectRef, collect: (say: Say) => void): readonly Problem[] {
  const problems: Problem[] = [];
  collect((code, path, message, help) => problems.push({ code, object, path, message, help }));
  return problems;
}

/** For those who want a result without its problems. */
export const SILENT: Say = () => {};
