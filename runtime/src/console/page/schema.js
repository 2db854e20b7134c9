// A message made from its JSON schema.

import { resolve } from "./document.js";

const DEEPEST = 6;

const FORMATS = {
  "date-time": () => new Date().toISOString(),
  date: () => new Date().toISOString().slice(0, 10),
  time: () => new Date().toISOString().slice(11, 19),
  uuid: () => "00000000-0000-0000-0000-000000000000",
  uri: () => "https://example.com/",
  ip: () => "127.0.0.1",
  ipv4: () => "127.0.0.1",
  ipv6: () => "::1",
};

/** The alternatives of a message, such as the variants of an enum, each with a name. */
export function variants(schema) {
  const found = resolve(schema) ?? {};
  const several = found.oneOf ?? found.anyOf ?? [];
  const each = several.flatMap((one) => {
    const variant = resolve(one) ?? {};
    // Variants without data are one schema with their names.
    return Array.isArray(variant.enum) ? variant.enum.map((value) => ({ const: value })) : [one];
  });
  // What is beside `oneOf` belongs to every variant.
  const { oneOf, anyOf, ...shared } = found;
  return each.map((one, index) => ({ name: nameOf(resolve(one) ?? {}, one, index), schema: { allOf: [shared, one] } }));
}

function nameOf(variant, reference, index) {
  if (variant.const !== undefined) return String(variant.const);
  const tag = Object.values(variant.properties ?? {}).find((one) => one.const !== undefined);
  if (tag) return String(tag.const);
  if (variant.title) return variant.title;
  if (reference.$ref) return reference.$ref.split("/").at(-1);
  return variant.required?.[0] ?? variant.type ?? `variant ${index + 1}`;
}

/** A value that fits the schema, as far as that is simple. A text is the name of its field. */
export function sample(schema, name = "text", depth = 0) {
  const found = resolve(schema);
  if (typeof found !== "object" || found === null || depth > DEEPEST) return null;
  if (found.const !== undefined) return found.const;
  if (found.default !== undefined) return found.default;
  if (found.examples?.length) return found.examples[0];
  if (found.enum?.length) return found.enum[0];
  const several = found.oneOf ?? found.anyOf;
  if (several || found.allOf) {
    const chosen = several?.find((one) => resolve(one)?.type !== "null");
    const { oneOf, anyOf, allOf, ...shared } = found;
    const parts = [shared, ...(allOf ?? []), chosen].filter((one) => one && Object.keys(one).length > 0);
    return joined(parts.map((part) => sample(part, name, depth + 1)));
  }
  return ofType(found, name, depth);
}

/** Parts of one object are one object; of other values the first that says something. */
function joined(values) {
  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  if (values.some(isObject)) return Object.assign({}, ...values.filter(isObject));
  return values.find((value) => value !== null) ?? null;
}

function ofType(schema, name, depth) {
  const types = [schema.type].flat();
  const type = types.find((one) => one && one !== "null") ?? (schema.properties ? "object" : types[0]);
  switch (type) {
    case "object":
      return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, one]) => [key, sample(one, key, depth + 1)]));
    case "array":
      if (schema.prefixItems) return schema.prefixItems.map((one) => sample(one, name, depth + 1));
      return schema.items && (schema.minItems ?? 1) > 0 ? [sample(schema.items, name, depth + 1)] : [];
    case "string":
      return FORMATS[schema.format]?.() ?? name;
    case "integer":
    case "number":
      return Math.max(schema.minimum ?? 0, 0) || schema.minimum || 0;
    case "boolean":
      return false;
    default:
      return null;
  }
}
