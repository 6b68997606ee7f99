// Compares answers with the document of the interface.
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** What one caller sees, kept while the collections stay as they are. */
export class Checker {
  constructor(url, authorization) {
    this.url = url;
    this.headers = authorization ? { Authorization: authorization } : {};
  }

  /**
   * Compares an answer. Returns what was compared, with the errors found; undefined for
   * an answer that the document need not know: to a request for no route.
   */
  async check(method, target, status, body) {
    if (!(await this.refresh())) return undefined;
    const { pathname, searchParams } = new URL(target, this.url);
    if (searchParams.get('expand')?.includes('(')) return undefined; // an older spelling, which is in no document
    const path = this.find(pathname, method.toLowerCase());
    const about = { method, path, status, target };
    if (!path) return status < 400 ? { ...about, errors: ['the document has no such operation'] } : undefined;
    const responses = this.document.paths[path][method.toLowerCase()].responses;
    const key = responses[status] ? `${status}` : 'default';
    if (key === 'default' && status < 500) return { ...about, errors: ['the document has no such status'] };
    const validate = this.validator(path, method.toLowerCase(), key, searchParams.has('fields'));
    const valid = validate(JSON.parse(body));
    return { ...about, errors: valid ? [] : validate.errors.map((e) => `${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`) };
  }

  /** Fetches the document if it is another one than before. */
  async refresh() {
    const response = await fetch(`${this.url}/api/openapi.json`, { headers: { ...this.headers, 'If-None-Match': this.tag ?? '' } });
    if (response.status === 304) return true;
    const text = await response.text();
    if (response.status !== 200) return false;
    this.tag = response.headers.get('etag');
    this.document = JSON.parse(text);
    this.validators = new Map();
    this.names = new Map(); // of collections, by their ids and names in lower case
    for (const schema of Object.values(this.document.components.schemas)) {
      const id = schema.properties?.collectionId?.const;
      const name = schema.properties?.collectionName?.const;
      if (id) for (const key of [id, name.toLowerCase()]) this.names.set(key, name);
    }
    this.whole = compiler(this.document);
    this.partial = compiler(withoutRequired(this.document));
    return true;
  }

  /** The path of the document for the path of a request. */
  find(pathname, method) {
    const parts = pathname.split('/');
    if (parts[2] === 'collections' && parts.length > 4) {
      parts[3] = this.names.get(parts[3]) ?? this.names.get(parts[3].toLowerCase()) ?? parts[3];
    }
    const fits = (path) => {
      const own = path.split('/');
      return own.length === parts.length && own.every((part, i) => part.startsWith('{') || part === parts[i]);
    };
    return Object.keys(this.document.paths)
      .filter((path) => this.document.paths[path][method] && fits(path))
      .sort((a, b) => a.split('{').length - b.split('{').length)[0];
  }

  validator(path, method, status, partial) {
    const name = [path, method, status, partial].join(' ');
    if (!this.validators.has(name)) {
      const response = this.document.paths[path][method].responses[status];
      const at = response.$ref ?? `#/paths/${escaped(path)}/${method}/responses/${status}`;
      this.validators.set(name, (partial ? this.partial : this.whole).compile({ $ref: `document${at}/content/application~1json/schema` }));
    }
    return this.validators.get(name);
  }
}

function compiler(document) {
  const ajv = new Ajv({ strict: false, allErrors: true, formats: { binary: true } });
  addFormats(ajv);
  ajv.addSchema(document, 'document');
  return ajv;
}

/** The document for answers of which the client has asked a part. */
function withoutRequired(value) {
  if (Array.isArray(value)) return value.map(withoutRequired);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).filter(([key, v]) => !(key === 'required' && Array.isArray(v))).map(([key, v]) => [key, withoutRequired(v)]),
  );
}

const escaped = (path) => encodeURIComponent(path.replaceAll('~', '~0').replaceAll('/', '~1'));
