import { readFileSync } from 'node:fs';
import { type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import ts from 'typescript';
import { policySchema } from '../src/policy/schema.js';

const INTERFACES = ['input', 'scan-input', 'gate-input', 'exception-input', 'promotion-input', 'rollout-input', 'window-input'];

/** The JSON Schema of a policy: shapes from the parser's own schema, descriptions from the docstrings of its interfaces. */
export function policyJsonSchema(): string {
  const shapes = toJsonSchema(policySchema(), { target: 'draft-2020-12', typeMode: 'input', errorMode: 'ignore' });
  const docs = documentation();
  const { $schema, ...schema } = describe(closed(shapes), 'PolicyInput', docs);
  const head = { $schema, $id: 'https://patchway.dev/policy.schema.json', title: 'Patchway policy' };
  // The address of this schema, by which editors find it: the loader passes over it.
  const properties = { $schema: { type: 'string' }, ...schema.properties };
  const $defs = Object.fromEntries(Object.entries(schema.$defs ?? {}).map(([name, def]) => [name, describeChoice(def, docs)]));
  return `${JSON.stringify({ ...head, ...schema, properties, $defs }, null, 2)}\n`;
}

/** What an interface's docstrings say of its fields. */
interface Documented {
  readonly text: string;
  readonly fields: ReadonlyMap<string, { readonly text: string; readonly type: string }>;
}

function documentation(): ReadonlyMap<string, Documented> {
  return new Map(
    INTERFACES.flatMap((name) => {
      const url = new URL(`../src/policy/${name}.ts`, import.meta.url);
      const source = ts.createSourceFile(name, readFileSync(url, 'utf8'), ts.ScriptTarget.Latest, true);
      return source.statements.filter(ts.isInterfaceDeclaration).map((node) => [node.name.text, documented(node)] as const);
    }),
  );
}

function documented(node: ts.InterfaceDeclaration): Documented {
  const fields = node.members.filter(ts.isPropertySignature).map((member) => {
    const name = ts.isStringLiteral(member.name) ? member.name.text : member.name.getText();
    return [name, { text: docstring(member), type: member.type?.getText() ?? '' }] as const;
  });
  return { text: docstring(node), fields: new Map(fields) };
}

function docstring(node: ts.Node): string {
  const parts = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const text = parts.map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '').join(' ');
  const otherwise = ts.getJSDocTags(node).find(({ tagName }) => tagName.text === 'default')?.comment;
  const words = ts.getTextOfJSDocComment(otherwise);
  return words === undefined ? text : `${text} Default: ${words}.`;
}

/** The schema with a description on each field of an interface, and of those that its fields are of. */
function describe(schema: JsonSchema, name: string, docs: ReadonlyMap<string, Documented>): JsonSchema {
  const own = docs.get(name);
  if (own === undefined) return schema;
  const properties = Object.entries(schema.properties ?? {}).map(([field, value]) => {
    const doc = own.fields.get(field);
    if (doc === undefined || doc.text === '' || typeof value === 'boolean') throw new Error(`${name}.${field} has no docstring.`);
    const type = doc.type.match(/\w+Input/)?.[0] ?? '';
    const inner =
      typeof value.items === 'object' && !Array.isArray(value.items)
        ? { ...value, items: describe(value.items, type, docs) }
        : describe(value, type, docs);
    return [field, { ...inner, description: doc.text }] as const;
  });
  return { description: own.text, ...schema, properties: Object.fromEntries(properties) };
}

/** The schema of a choice: each of what it chooses from is described by the interface that has the same fields. */
function describeChoice(schema: JsonSchema | boolean, docs: ReadonlyMap<string, Documented>): JsonSchema | boolean {
  if (typeof schema === 'boolean' || schema.anyOf === undefined) return schema;
  const nameOf = (fields: readonly string[]) =>
    [...docs].find(([, doc]) => fields.length === doc.fields.size && fields.every((field) => doc.fields.has(field)))?.[0] ?? '';
  const anyOf = schema.anyOf.map((each) =>
    typeof each === 'boolean' ? each : describe(each, nameOf(Object.keys(each.properties ?? {})), docs),
  );
  return { ...schema, anyOf };
}

/** Objects that take no other fields, said in the way that editors understand best. */
function closed(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema), (key, value) => {
    if (key === 'additionalProperties' && JSON.stringify(value) === '{"not":{}}') return false;
    return key === 'required' && value.length === 0 ? undefined : value;
  });
}
