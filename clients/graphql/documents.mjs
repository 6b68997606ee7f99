// GraphQL documents made at random from a schema, most of them with a mistake.
import { getNamedType, getNullableType, isEnumType, isInputObjectType, isInterfaceType, isLeafType, isListType, isNonNullType, isObjectType, isUnionType } from 'graphql';

/** Yields count documents with variables; the same for the same seed. */
export function* documents(schema, count, seed) {
  const random = generator(seed);
  const names = namesOf(schema);
  for (let i = 0; i < count; i++) {
    const made = new Maker(schema, random).document();
    if (random.one(3)) yield made;
    else if (random.one(5)) yield { ...made, variables: otherVariables(made.variables, random) };
    else yield { ...made, query: mutated(made.query, random, names) };
  }
}

/** Names that mean something somewhere: of fields, arguments and keys, of enum values, and of types. */
function namesOf(schema) {
  const types = Object.values(schema.getTypeMap()).filter((t) => !t.name.startsWith('__'));
  const fields = types.flatMap((t) => Object.values(t.getFields?.() ?? {}));
  return {
    fields: [...new Set(fields.flatMap((f) => [f.name, ...(f.args ?? []).map((a) => a.name)]))],
    values: [...new Set(types.filter(isEnumType).flatMap((t) => t.getValues().map((v) => v.name)))],
    types: types.map((t) => t.name),
  };
}

/** A small generator of numbers (mulberry32). */
function generator(seed) {
  const next = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    below: (n) => Math.floor(next() * n),
    one: (n) => next() * n < 1, // once in n times
    pick: (list) => list[Math.floor(next() * list.length)],
  };
}

class Maker {
  constructor(schema, random) {
    Object.assign(this, { schema, random, fragments: [], variables: {}, definitions: [] });
  }

  document() {
    const kind = this.random.pick(['query', 'query', 'query', 'mutation', 'mutation', 'subscription']);
    const root = { query: this.schema.getQueryType(), mutation: this.schema.getMutationType(), subscription: this.schema.getSubscriptionType() }[kind];
    const body = kind === 'subscription' && !this.random.one(6) ? `{ ${this.field(this.random.pick(Object.values(root.getFields())), 4)} }` : this.selections(root, 4);
    const definitions = this.definitions.length ? `(${this.definitions.join(', ')})` : '';
    return { query: `${kind} q${definitions} ${body} ${this.fragments.join(' ')}`, variables: this.variables };
  }

  selections(type, depth) {
    const fields = Object.values(type.getFields?.() ?? {}).filter((f) => depth > 1 || isLeafType(getNamedType(f.type)));
    const out = [];
    for (let i = 1 + this.random.below(3); i > 0; i--) {
      if (!fields.length || this.random.one(8)) out.push('__typename');
      else if (this.random.one(8) && (isObjectType(type) || isInterfaceType(type))) out.push(this.fragment(type, depth));
      else out.push(this.field(this.random.pick(fields), depth));
    }
    if (isUnionType(type) || isInterfaceType(type)) {
      const member = this.random.pick(this.schema.getPossibleTypes(type));
      if (member) out.push(`... on ${member.name} ${this.selections(member, depth - 1)}`);
    }
    return `{ ${out.join(' ')} }`;
  }

  fragment(type, depth) {
    if (this.random.one(2)) return `... on ${type.name} ${this.selections(type, depth - 1)}`;
    const name = `f${this.fragments.length}`;
    this.fragments.push('');
    this.fragments[Number(name.slice(1))] = `fragment ${name} on ${type.name} ${this.selections(type, depth - 1)}`;
    return `...${name}`;
  }

  field(field, depth) {
    const args = field.args.filter((a) => isNonNullType(a.type) || this.random.one(4)).map((a) => `${a.name}: ${this.value(a.type, 3)}`);
    const alias = this.random.one(2) ? `a${this.random.below(1000)}: ` : '';
    const directive = this.random.one(10) ? ` @include(if: ${this.variable('Boolean!', true)})` : '';
    const named = getNamedType(field.type);
    return alias + field.name + (args.length ? `(${args.join(', ')})` : '') + directive + (isLeafType(named) ? '' : ' ' + this.selections(named, depth - 1));
  }

  /** Defines a variable and returns its use. */
  variable(type, value) {
    const name = `v${this.definitions.length}`;
    this.definitions.push(`$${name}: ${type}`);
    this.variables[name] = value;
    return `$${name}`;
  }

  value(type, depth) {
    const { random } = this;
    if (random.one(6)) return this.variable(String(type), this.json(type, depth));
    if (!isNonNullType(type) && random.one(10)) return 'null';
    const inner = getNullableType(type);
    if (isListType(inner)) return `[${[...Array(random.below(3))].map(() => this.value(inner.ofType, depth)).join(', ')}]`;
    if (isInputObjectType(inner)) return `{${this.members(inner, depth).map((f) => `${f.name}: ${this.value(f.type, depth - 1)}`).join(', ')}}`;
    return this.literal(inner);
  }

  members(type, depth) {
    if (depth <= 0) return [];
    const fields = Object.values(type.getFields());
    return [...new Set([random1(this.random, fields), random1(this.random, fields)])];
  }

  literal(type) {
    const { random } = this;
    if (random.one(12)) return random.pick(['1', '1.5', '"x"', 'true', 'word', '{}', '[]', '"""b"""', '99999999999', '-0', '1e3', '{a: [1]}']);
    if (isEnumType(type)) return random.pick(type.getValues()).name;
    return {
      Int: () => String(random.below(30)), BigInt: () => '9007199254740991', Float: () => random.pick(['1', '-2.5', '1e3']),
      Boolean: () => random.pick(['true', 'false']), ID: () => random.pick(['"x"', '7']), JSON: () => '{a: [1, "x"]}',
    }[type.name]?.() ?? random.pick(['"text"', '"\\u0041\\/\\""', '"""block \\""" """', '""']);
  }

  json(type, depth) {
    const { random } = this;
    if (!isNonNullType(type) && random.one(8)) return null;
    const inner = getNullableType(type);
    if (isListType(inner)) return [...Array(random.below(3))].map(() => this.json(inner.ofType, depth));
    if (isInputObjectType(inner)) return Object.fromEntries(this.members(inner, depth).map((f) => [f.name, this.json(f.type, depth - 1)]));
    if (random.one(8)) return random.pick([1, 1.5, 'x', true, [], {}, 99999999999]);
    if (isEnumType(inner)) return random.pick(inner.getValues()).name;
    return { Int: 3, BigInt: 5, Float: 1.5, Boolean: true, ID: 'x', JSON: { a: 1 } }[inner.name] ?? 'text';
  }
}

function random1(random, list) {
  return random.pick(list);
}

/** The variables with one of them another one, or gone, or one more. */
function otherVariables(variables, random) {
  const all = structuredClone(variables);
  const name = random.pick([...Object.keys(all), 'more']);
  if (random.one(4)) delete all[name];
  else all[name] = changed(all[name], random);
  return all;
}

/** A value with another one somewhere within it. */
function changed(v, random) {
  if (v !== null && typeof v === 'object' && !random.one(3)) {
    const keys = Object.keys(v);
    if (keys.length > 0) v[random.pick(keys)] = changed(v[random.pick(keys)], random);
    else if (!Array.isArray(v)) v.nope = 1;
    return v;
  }
  return random.pick([null, 1, 1.5, -0, 3e9, 1e300, 9007199254740992, 'x', '1', '', true, [], [null], {}, [[1]], { eq: null }]);
}

/** The document with one mistake, as people make them; sometimes it is none. */
function mutated(query, random, names) {
  const tokens = query.match(/"""[^]*?[^\\]"""|"(?:\\.|[^"\\])*"|\.\.\.|[$\w.-]+|[^\s\w]/g);
  const at = random.below(tokens.length);
  const isName = (token) => /^[A-Za-z_]\w*$/.test(token);
  /** The place of a token that fits, or any. */
  const where = (fits) => random.pick(tokens.flatMap((token, i) => (fits(token, i) ? [i] : []))) ?? at;
  const type = (token, i) => names.types.includes(token) && tokens[i - 1] !== 'on';
  const mutants = [
    () => tokens.splice(at, 1),
    () => tokens.splice(at, 0, tokens[random.below(tokens.length)]),
    () => (tokens[at] = tokens[random.below(tokens.length)]),
    () => (tokens[at] = random.pick(['id', 'title', 'null', '1', '"x"', '$v0', '$nope', '{', '}', '01', '1.', '.5', '- 1', '1_000', '. . .', '"\\q"', '"\\x41"', "'x'", '()'])),
    () => tokens.splice(at, 0, random.pick(['@skip(if: true)', '@skip', '@nope', '@include(if: 1)', '@include(if: true) @include(if: true)', '@deprecated', '@specifiedBy(url: "x")', '__typename', '__schema { description }', '__type(name: "Post") { name }', '#c\n'])),
    () => tokens.splice(at),
    () => (tokens[at] = /^\w+$/.test(tokens[at]) ? tokens[at] + 'x' : tokens[at]),
    // Names of the same sort.
    () => (tokens[where(isName)] = random.pick(names.fields)),
    () => (tokens[where((token) => names.values.includes(token))] = random.pick(names.values)),
    () => (tokens[where(type)] = random.pick(names.types)),
    () => (tokens[where((token, i) => tokens[i - 1] === 'on')] = random.pick(names.types)),
    // Types of variables.
    () => tokens.splice(where((token, i) => token === '!' || type(token, i)) + 1, 0, random.pick(['!', ']', '= null', '= 1', '= "x"', '= []', '= {}', '= ASC', '= $v0', '@skip(if: true)'])),
    () => tokens.splice(where((token) => token === '!'), 1),
    () => { const i = where(type); tokens.splice(i, 1, '[', tokens[i], ']'); },
    () => (tokens[where((token) => token.startsWith('$'))] = random.pick(['$v0', '$v1', '$v2', '$nope'])),
    // Literals.
    () => (tokens[where((token) => /^(-?\d|"|true$|false$|null$)/.test(token))] = random.pick(['0', '-1', '1.0', '2147483648', '-2147483649', '9007199254740993', '1e2', '1e400', '""', '"1"', 'true', 'null', 'ASC', '[]', '[1, "x"]', '[null]', '{}', '{a: 1, a: 2}', '$v0', '[$v0]'])),
    () => tokens.splice(where((token) => token === '('), 1, '(', random.pick(names.fields), ':', random.pick(['1', '"x"', 'null', '[]', '{}', '$v0']), ','),
    // Selections.
    () => tokens.splice(where((token) => token === '{'), 0, random.pick(['{ id }', '{ __typename }', '...f0', '... { id }', '... on Post { id }', '... on Node { nodeId }', '... on AuthRecord { __typename }'])),
    () => tokens.splice(where((token) => token === '{') + 1, 0, random.pick(['id', 'x: id', 'x: __typename', '...f0', '...nope', '... { __typename }', '... on Post { id }', '... on Node { nodeId }', '... on String { x }', 'id @skip(if: $v0)'])),
    () => tokens.push(random.pick(['{ __typename }', 'query q { __typename }', 'fragment f0 on Post { id }', 'fragment f1 on Post { ...f1 }', 'fragment f2 on Post { id }', 'type X { a: Int }', 'mutation m { __typename }', 'subscription s { __typename }'])),
  ];
  random.pick(mutants)();
  return tokens.join(' ');
}
