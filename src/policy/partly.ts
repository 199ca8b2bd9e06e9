/** A policy as written, with parts missing: those that could not be read were taken out. */
export type Partly<T> = T extends string | number | boolean
  ? T
  : T extends readonly (infer E)[]
    ? readonly (Partly<E> | undefined)[]
    : { readonly [K in keyof T]?: Partly<T[K]> | undefined };
