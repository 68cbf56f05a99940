import { z } from "zod";

/** The fields of an object and their schemas. */
export type Shape = Readonly<Record<string, z.core.$ZodType>>;

/** The fields of a schema of an object, optional or not; undefined for any other. */
export function shapeOf(schema: z.core.$ZodType | undefined): Shape | undefined {
  const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  return inner instanceof z.ZodObject ? inner.shape : undefined;
}

/** What a field holds, without being optional and as the entry of its list. */
export interface Within {
  readonly schema: z.core.$ZodType | undefined;
  readonly isOptional: boolean;
  readonly isList: boolean;
}

export function within(field: z.core.$ZodType | undefined): Within {
  const isOptional = field instanceof z.ZodOptional;
  const inner = isOptional ? field.unwrap() : field;
  const isList = inner instanceof z.ZodArray;
  return { schema: isList ? inner.element : inner, isOptional, isList };
}
