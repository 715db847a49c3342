/**
 * TypeScript from an OpenAPI document: an interface for each of its schemas, and for each operation that answers JSON its
 * route, parameters, body and answer. It knows what the server's schemas use and refuses the rest. `openapi-typescript`
 * would do it as well, if it did not need the compiler API, which TypeScript 7 has not (docs/decisions/0010).
 */

// biome-ignore lint/suspicious/noExplicitAny: a JSON document, read field by field.
type Json = any;

const HEAD = `// Written by \`npm run generate:client\` from the server's OpenAPI document. What should change belongs there.
`;

const METHODS = ["get", "post", "put", "patch", "delete"];

export function writeTypes(document: Json): string {
  const schemas = Object.entries(document.components.schemas as Record<string, Json>).map(
    ([name, schema]) => `${comment(schema, "")}export ${declare(name, schema)}`,
  );
  const operations = Object.entries(document.paths as Record<string, Json>).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).flatMap((method) => operation(method, path, item[method]) ?? []),
  );
  return [
    HEAD,
    ...schemas,
    `export interface Operations {\n${operations.map(({ types }) => types).join("\n")}\n}`,
    `/** Where each operation lives. */\nexport const ROUTES: Record<keyof Operations, readonly [method: string, path: string]> = {\n${operations
      .map(({ name, route }) => `  ${name}: ${JSON.stringify(route)},`)
      .join("\n")}\n};`,
    "",
  ].join("\n\n");
}

function declare(name: string, schema: Json): string {
  const type = write(schema, "");
  return type.startsWith("{") && schema.type === "object" ? `interface ${name} ${type}` : `type ${name} = ${type};`;
}

function operation(method: string, path: string, item: Json): { name: string; types: string; route: string[] } | null {
  const success = Object.keys(item.responses).find((status) => status.startsWith("2"));
  const answer = success && item.responses[success].content?.["application/json"]?.schema;
  if (!answer) return null;
  const parameters = (where: string) => {
    const own = (item.parameters ?? []).filter((parameter: Json) => parameter.in === where);
    const properties = Object.fromEntries(
      own.map(({ name, schema, description }: Json) => [name, { description, ...schema }]),
    );
    const required = own.filter((parameter: Json) => parameter.required).map((parameter: Json) => parameter.name);
    return own.length === 0 ? "Record<never, never>" : write({ type: "object", properties, required }, "    ");
  };
  const content = item.requestBody?.content;
  const json = content ? write(content["application/json"].schema, "    ") : "undefined";
  const body = content?.["multipart/form-data"] ? `${json} | FormData` : json;
  const lines = [
    `  /** ${item.summary}. */`,
    `  ${item.operationId}: {`,
    `    path: ${parameters("path")};`,
    `    query: ${parameters("query")};`,
    `    body: ${body};`,
    `    answer: ${write(answer, "    ")};`,
    "  };",
  ];
  return { name: item.operationId, types: lines.join("\n"), route: [method.toUpperCase(), path] };
}

function write(schema: Json, indent: string): string {
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value: unknown) => JSON.stringify(value)).join(" | ");
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return alternatives.map((one: Json) => write(one, indent)).join(" | ");
  switch (schema.type) {
    case "string":
      return schema.format === "binary" ? "Blob" : "string";
    case "number":
    case "integer":
      return "number";
    case "boolean":
    case "null":
      return schema.type;
    case "array": {
      const item = write(schema.items, indent);
      return /[ |{]/.test(item) && !item.startsWith("{") ? `(${item})[]` : `${item}[]`;
    }
    case "object":
      return writeObject(schema, indent);
    case undefined:
      return "unknown";
    default:
      throw new Error(`no TypeScript for a schema of type ${schema.type}`);
  }
}

function writeObject(schema: Json, indent: string): string {
  const { properties, patternProperties, additionalProperties, required = [] } = schema;
  if (!properties) {
    const values = patternProperties ? Object.values(patternProperties)[0] : additionalProperties;
    return `Record<string, ${write(values ?? {}, indent)}>`;
  }
  const inner = `${indent}  `;
  const lines = Object.entries(properties as Record<string, Json>).map(
    ([name, property]) =>
      `${comment(property, inner)}${inner}${name}${required.includes(name) ? "" : "?"}: ${write(property, inner)};`,
  );
  // An index signature must hold the named properties as well, of whatever type they are.
  if (additionalProperties) lines.push(`${inner}[name: string]: unknown;`);
  return `{\n${lines.join("\n")}\n${indent}}`;
}

function comment(schema: Json, indent: string): string {
  return schema.description ? `${indent}/** ${String(schema.description).replaceAll("*/", "*\\/")} */\n` : "";
}
