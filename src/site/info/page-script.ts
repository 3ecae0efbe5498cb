/**
 * What the page does: finds among many, and tries what answers. It makes elements and puts texts into them, and never makes HTML
 * of a text: the page demands that of itself too (Trusted Types). Known to the Content-Security-Policy by its hash.
 */
export const SCRIPT = `'use strict';
(() => {
const MOST = 1024 * 1024;
const WITHOUT_BODY = new Set(['GET', 'HEAD']);
const IMAGE = /^image\\/(?:png|jpeg|gif|webp|avif|bmp|svg\\+xml|x-icon|vnd\\.microsoft\\.icon)$/;

function make(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className !== undefined) made.className = className;
  return made;
}

const find = document.getElementById('find');
if (find !== null) {
  const items = [...document.querySelectorAll('main > section > ul > li')];
  let texts;
  const sections = [...document.querySelectorAll('main > section')];
  const found = document.getElementById('found');
  const filter = () => {
    const words = find.value.toLowerCase().split(/\\s+/).filter((word) => word !== '');
    texts ??= items.map((item) => (item.firstElementChild.id + ' ' + item.textContent).toLowerCase());
    let count = 0;
    for (const [i, item] of items.entries()) {
      const fits = words.every((word) => texts[i].includes(word));
      if (item.hidden === fits) item.hidden = !fits;
      if (fits) count++;
    }
    for (const section of sections) {
      section.hidden = words.length > 0 && section.querySelector(':scope > ul > li:not([hidden])') === null;
    }
    found.textContent = words.length === 0 ? '' : count + ' of ' + items.length;
  };
  let soon;
  find.addEventListener('input', () => {
    clearTimeout(soon);
    soon = setTimeout(filter, items.length > 500 ? 150 : 0);
  });
  document.addEventListener('keydown', (event) => {
    const typing = /^(?:INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    find.focus();
  });
  if (find.value !== '') filter();
}

document.addEventListener('toggle', (event) => {
  const at = event.target;
  if (at instanceof HTMLDetailsElement && at.open && at.dataset.at !== undefined) prepare(at);
}, true);
for (const at of document.querySelectorAll('details[data-at][open]')) prepare(at);

function goTo() {
  let name = '';
  try { name = decodeURIComponent(location.hash.slice(1)); } catch {}
  const at = name === '' ? null : document.getElementById(name);
  if (!(at instanceof HTMLDetailsElement)) return;
  at.open = true;
  at.scrollIntoView();
}
addEventListener('hashchange', goTo);
goTo();

function prepare(at) {
  if (at.querySelector('form') !== null) return;
  const form = document.getElementById('form').content.firstElementChild.cloneNode(true);
  const { method, path, headers, body } = form.elements;
  const known = at.dataset.methods === '' ? ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] : at.dataset.methods.split(' ');
  for (const name of known) method.append(new Option(name, name));
  path.value = at.dataset.at;
  const fits = () => { body.disabled = WITHOUT_BODY.has(method.value); };
  method.addEventListener('change', fits);
  fits();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send(form);
  });
  at.querySelector('.inside').append(form);
  for (const button of at.querySelectorAll('button.example')) {
    button.disabled = false;
    button.addEventListener('click', () => {
      const example = JSON.parse(button.dataset.example);
      if (!known.includes(example.method)) { known.push(example.method); method.append(new Option(example.method, example.method)); }
      method.value = example.method;
      path.value = example.path ?? at.dataset.at;
      headers.value = Object.entries(example.headers ?? {}).map(([name, value]) => name + ': ' + value).join('\\n');
      body.value = example.body ?? '';
      for (const area of [headers, body]) area.rows = Math.min(12, Math.max(area === body ? 2 : 1, area.value.split('\\n').length));
      fits();
      form.querySelector('.send').focus();
    });
  }
}

function headersOf(text) {
  const headers = new Headers();
  for (const line of text.split('\\n')) {
    if (line.trim() === '') continue;
    const colon = line.indexOf(':');
    if (colon < 1) throw new Error('A header is a name, a colon and a value; this is none: ' + line);
    headers.append(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  return headers;
}

async function send(form) {
  const { method, path, headers, body } = form.elements;
  const answer = form.querySelector('.answer');
  const status = form.querySelector('.status');
  const [button, stop] = form.querySelectorAll('button');
  const shown = answer.querySelector('img');
  if (shown !== null) URL.revokeObjectURL(shown.src);
  answer.replaceChildren();
  status.replaceChildren('Waiting…');
  const gone = new AbortController();
  button.disabled = true;
  stop.hidden = false;
  stop.onclick = () => gone.abort();
  const started = performance.now();
  try {
    const url = new URL(path.value, location.origin);
    if (!path.value.startsWith('/') || url.origin !== location.origin) throw new Error('The path begins with one slash, and stays on this site.');
    const response = await fetch(url, {
      method: method.value,
      headers: headersOf(headers.value),
      ...(!body.disabled && body.value !== '' && { body: new TextEncoder().encode(body.value) }),
      credentials: 'same-origin',
      cache: 'no-store',
      signal: gone.signal,
    });
    const first = performance.now() - started;
    const code = make('strong', response.status + (response.statusText === '' ? '' : ' ' + response.statusText));
    code.className = 'tag ' + (response.ok ? 'good' : response.status < 400 ? 'odd' : 'bad');
    status.replaceChildren(code, make('span', first.toFixed(first < 10 ? 1 : 0) + ' ms', 'dim'));
    if (response.redirected) status.append(make('span', 'sent on to ' + new URL(response.url).pathname, 'dim'));
    const fields = make('details');
    fields.append(make('summary', 'Headers'), make('pre', [...response.headers].map(([name, value]) => name + ': ' + value).join('\\n')));
    answer.append(fields);
    const { bytes, cut } = await read(response, gone);
    status.append(make('span', cut ? 'the first ' + MOST + ' bytes' : bytes.length + (bytes.length === 1 ? ' byte' : ' bytes'), 'dim'));
    if (bytes.length > 0) answer.append(content(response.headers.get('content-type') ?? '', bytes, cut));
  } catch (error) {
    const why = gone.signal.aborted ? 'Stopped.' : error instanceof TypeError && error.message === 'Failed to fetch' ? 'No answer came: the connection broke, or the answer leads away from this site.' : error.message;
    status.replaceChildren(make('span', why, 'tag bad'));
  } finally {
    button.disabled = false;
    stop.hidden = true;
  }
}

async function read(response, gone) {
  const chunks = [];
  let size = 0;
  let cut = false;
  if (response.body !== null) {
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      size += value.length;
      if (size > MOST) { cut = true; await reader.cancel(); break; }
    }
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) { bytes.set(chunk, at); at += chunk.length; }
  return { bytes: cut ? bytes.subarray(0, MOST) : bytes, cut };
}

function content(type, bytes, cut) {
  const [media, ...parameters] = type.toLowerCase().split(';').map((part) => part.trim());
  if (IMAGE.test(media) && !cut) {
    const image = make('img');
    image.alt = 'The content of the answer: ' + media;
    image.src = URL.createObjectURL(new Blob([bytes], { type: media }));
    return image;
  }
  let text;
  try {
    const charset = parameters.find((one) => one.startsWith('charset='))?.slice(8).replace(/"/g, '') ?? 'utf-8';
    text = new TextDecoder(charset).decode(bytes);
  } catch { text = new TextDecoder().decode(bytes); }
  if (text.includes('\\0')) return make('p', 'This is no text.', 'dim');
  if (/^application\\/(?:[\\w.+-]+\\+)?json$/.test(media) && !cut && !/\\d{16}/.test(text)) {
    try { text = JSON.stringify(JSON.parse(text), null, 2); } catch {}
  }
  const pre = make('pre', text);
  pre.tabIndex = 0;
  return pre;
}
})();
`
