// Sanitises HTML of users for a page of the console and writes the edited elements as HTML again.
// Only allowed elements and attributes are kept. The HTML is parsed in an inert document, which
// runs and loads nothing.

const kept = new Set(('p h1 h2 h3 h4 h5 h6 blockquote pre code ul ol li a b strong i em u s strike del ins sub sup small mark kbd abbr cite q dl dt dd ' +
  'br hr img video audio source table caption colgroup col thead tbody tfoot tr td th span div figure figcaption section article').split(' '));
const empty = new Set(['br', 'hr', 'img', 'source', 'col']);
// Elements that are dropped with their content, which is not text of the document.
const dropped = new Set('script style iframe object embed template noscript svg math title textarea select canvas frameset noembed noframes xmp'.split(' '));
const plain = new Set(['dir', 'lang', 'title', 'align']);
const ofElement = {
  a: ['target', 'rel'], img: ['alt', 'width', 'height'], video: ['controls', 'width', 'height'], audio: ['controls'], source: ['type'], ol: ['start', 'type', 'reversed'], li: ['value'], td: ['colspan', 'rowspan'], th: ['colspan', 'rowspan', 'scope'],
  table: ['border', 'cellpadding', 'cellspacing', 'width'], col: ['span'], colgroup: ['span'], blockquote: ['cite'], q: ['cite'], del: ['datetime', 'cite'], ins: ['datetime', 'cite'],
};
const renamed = 'data-rich-';
// Attributes that are renamed, since they would affect the styles and scripts of the console.
const aside = ['class', 'id', 'src'];
const nameAside = (name) => `${renamed}${name}`;
const styles = /^(text-align|text-indent|text-decoration(-.*)?|color|background-color|font-weight|font-style|(padding|margin)-(left|right|inline-start|inline-end)|width|height|vertical-align|list-style-type|float|border(-.*)?|direction)$/;

/** Whether an address is safe for a link: it is relative, or an http, mailto or tel URL. */
export const isSafeLink = (address) => !/^[a-z][\w+.-]*:/i.test(address.replace(/[\s\u0000-\u001f]/g, '')) || /^(https?|mailto|tel):/i.test(address);
const isSafeFile = (address) => isSafeLink(address) && !/^(mailto|tel):/i.test(address.replace(/[\s\u0000-\u001f]/g, ''));
const isSafePicture = (address) => /^data:image\/(png|jpeg|gif|webp|avif)[;,]/i.test(address) || isSafeFile(address);
/** Whether an element keeps an address as its src. Only img, video, audio and source keep a src. */
const isSafeSource = (name, address) => (name === 'img' ? isSafePicture(address) : ['video', 'audio', 'source'].includes(name) && isSafeFile(address));

/**
 * The address from which the console loads a file: a data URL unchanged, a path below /_/files/ for
 * a file of this server, "" for other addresses. The CSP blocks files of other servers.
 */
function shownAt(address, app) {
  if (/^data:/i.test(address)) return address;
  let url;
  try {
    url = new URL(address, app);
  } catch {
    return '';
  }
  const own = /^(https?:)?\/\//.test(address) || address.startsWith('/');
  const origins = [location.origin, new URL(app).origin];
  return own && origins.includes(url.origin) && url.pathname.startsWith('/api/files/') ? `/_${url.pathname.slice('/api'.length)}` : '';
}

function setSource(node, address, app) {
  node.setAttribute(nameAside('src'), address);
  const at = shownAt(address, app);
  if (at) node.setAttribute('src', at);
}

const extensions = {
  image: /\.(png|jpe?g|gif|webp|svg|avif)$/i, video: /\.(mp4|m4v|webm|ogv|mov)$/i, audio: /\.(mp3|m4a|ogg|oga|opus|wav|flac|aac)$/i,
};

/**
 * The kind of a file by the extension in its name or address: "image", "video" or "audio";
 * undefined for other files.
 */
export const mediumOf = (name) => Object.keys(extensions).find((kind) => extensions[kind].test(name.split(/[?#]/)[0]));

/**
 * The img, video or audio element for the file at an address; null for an unsafe address. `words`
 * is the alternative text of a picture, or the title of a video or a sound.
 */
export function medium(address, words, app) {
  const kind = mediumOf(address) ?? 'image';
  const made = document.createElement(kind === 'image' ? 'img' : kind);
  if (!address || !isSafeSource(made.localName, address)) return null;
  setSource(made, address, app);
  if (kind === 'image') made.setAttribute('alt', words);
  else {
    made.setAttribute('controls', '');
    made.preload = 'metadata';
    if (words) made.title = words;
  }
  return made;
}

function keepStyles(text, to, lost) {
  const given = document.createElement('i').style;
  given.cssText = text;
  for (const name of given) {
    const value = given.getPropertyValue(name);
    if (styles.test(name) && !/url\(/i.test(value)) to.style.setProperty(name, value);
    else lost.add(`style of ${name}`);
  }
}

function keepAttribute(attribute, from, to, options, lost) {
  const is = from.localName;
  const { value } = attribute;
  const name = attribute.name.replace(renamed, '');
  if (name === 'style') {
    if (options.styles !== false) keepStyles(value, to, lost);
  } else if (name === 'src' && isSafeSource(is, value)) setSource(to, value, options.app);
  else if (name === 'class' || name === 'id') {
    if (options.styles !== false) to.setAttribute(nameAside(name), value);
  } else if (is === 'a' && name === 'href' && isSafeLink(value)) to.setAttribute(name, value);
  else if (plain.has(name) || ofElement[is]?.includes(name)) to.setAttribute(name, value);
  else lost.add(name === 'href' || name === 'src' ? `script in ${name}` : name);
}

function copy(from, to, options, lost) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) to.append(node.data);
    else if (node.nodeType !== Node.ELEMENT_NODE) lost.add('comments');
    else if (node.namespaceURI === 'http://www.w3.org/1999/xhtml' && kept.has(node.localName)) {
      const made = document.createElement(node.localName);
      for (const attribute of node.attributes) keepAttribute(attribute, node, made, options, lost);
      if (made instanceof HTMLMediaElement) made.preload = 'metadata';
      copy(node, made, options, lost);
      to.append(made);
    } else {
      const name = node.localName.replace(renamed, '');
      lost.add(`<${name}>`);
      if (!dropped.has(name)) copy(node, to, options, lost);
    }
  }
}

/**
 * The HTML with renamed style and event handler attributes. The CSP blocks them in the parsed
 * document too, but would report each as a violation. clean removes forbidden parts after parsing.
 */
function quiet(html) {
  const tags = /<\/?[a-z][^\s>/]*(?:"[^"]*"|'[^']*'|[^'">])*>?/gi;
  const words = /=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+)|[^\s"'>/=]+/g; // an attribute value, or an attribute name
  return html.replace(tags, (tag) => tag.replace(/^<(\/?)style\b/i, `<$1${renamed}style`).replace(words, (word) => (/^(style|on\w*)$/i.test(word) ? renamed + word : word)));
}

/**
 * Returns the allowed elements of the HTML as a fragment, and the names of the parts left out. The
 * option app is the address of the app; styles: false leaves out styles, classes and ids.
 */
export function clean(html, options) {
  const parsed = new DOMParser().parseFromString(quiet(html), 'text/html');
  const fragment = document.createDocumentFragment();
  const lost = new Set();
  copy(parsed.head, document.createElement('i'), options, lost);
  copy(parsed.body, fragment, options, lost);
  return { fragment, lost };
}

const escaped = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/\u00a0/g, '&nbsp;');

/** The content of an element of the area as HTML, with the original names of renamed attributes. */
export function write(element) {
  let html = '';
  for (const node of element.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) html += escaped(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE) continue;
    const name = node.localName;
    if (node.dataset.richWaits !== undefined) continue; // the placeholder of a file that is not stored
    const inner = empty.has(name) ? '' : write(node);
    if (!kept.has(name)) {
      html += name === 'font' ? inColour(node.getAttribute('color'), inner) : inner;
      continue;
    }
    const attributes = [...node.attributes].map((attribute) => written(node, attribute)).join('');
    if (name === 'span' && attributes === '') html += inner; // editing in browsers leaves empty spans behind
    else html += `<${name}${attributes}>${empty.has(name) ? '' : `${inner}</${name}>`}`;
  }
  return html;
}

/** HTML in a span with a colour, for the font element that the browser's editing command makes. */
function inColour(colour, inner) {
  const style = colour ? allowedStyles(`color: ${colour}`) : '';
  return style && inner ? `<span style="${escaped(style)}">${inner}</span>` : inner;
}

/** An attribute of the area as HTML, with a space before it; "" for a dropped attribute. */
function written(node, { name, value }) {
  const out = aside.find((other) => name === nameAside(other));
  if (!out && (aside.includes(name) || !(name === 'style' || name === 'href' || plain.has(name) || ofElement[node.localName]?.includes(name)))) return '';
  const text = name === 'style' ? allowedStyles(value) : value;
  return name === 'style' && text === '' ? '' : ` ${out ?? name}="${escaped(text).replace(/"/g, '&quot;')}"`;
}

/** The allowed declarations of a style: editing in browsers adds others. */
function allowedStyles(text) {
  const host = document.createElement('i');
  keepStyles(text, host, new Set());
  return host.getAttribute('style') ?? '';
}

/** Whether the area has neither text nor a visible element. */
export const isEmpty = (area) => area.textContent.trim() === '' && !area.querySelector('img, video, audio, hr, table, li');
