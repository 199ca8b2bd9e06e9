declare module 'js-yaml' {
  export function load(text: string): unknown;
  const jsYaml: { readonly load: typeof load };
  export default jsYaml;
}
