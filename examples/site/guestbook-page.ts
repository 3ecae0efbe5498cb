/** What somebody wrote into the guestbook. */
export interface Entry {
  readonly id: string
  readonly name: string
  readonly message: string
  readonly date: Date
  readonly picture: Picture | undefined
}

export interface Picture {
  readonly id: string
  readonly type: string
  readonly bytes: Uint8Array
}

/** What the form has in its text fields. */
export interface Fields {
  readonly name: string
  readonly message: string
}

/** What is wrong with a submitted form, by field. */
export interface Problems {
  name?: string
  message?: string
  picture?: string
}

/** Finished HTML, as the `html` template makes it. */
class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Value = string | Html | readonly Html[]

/** A template whose values are escaped, in content and in quoted attributes, unless they come from `html` themselves. */
function html(texts: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(texts.reduce((made, text, i) => made + markup(values[i - 1] ?? '') + text))
}

function markup(value: Value): string {
  if (typeof value === 'string') return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
  return value instanceof Html ? value.text : value.map(markup).join('\n')
}

const NAVIGATION = [
  ['/light/', 'The light'],
  ['/keepers.html', 'The keepers'],
  ['/listen.html', 'Listen'],
  ['/visit.html', 'Visit'],
] as const

const DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })

/** The guestbook page. After a form with problems it has what was written, and each problem beside its field. */
export function guestbookPage(
  entries: readonly Entry[],
  fields: Fields = { name: '', message: '' },
  problems: Problems = {},
): string {
  const failed = Object.keys(problems).length > 0
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${failed ? 'Not yet written · ' : ''}Guestbook · Varrow Head Light</title>
<meta name="description" content="What visitors to Varrow Head Light have to say, and a page to write on.">
<meta name="theme-color" content="#f8f5ee" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#0e191e" media="(prefers-color-scheme: dark)">
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<div class="wrap">
<a class="brand" href="/"><img src="/favicon.svg" alt="" width="36" height="36">Varrow Head Light</a>
<nav aria-label="Main">
<ul>
${NAVIGATION.map(([path, title]) => html`<li><a href="${path}">${title}</a></li>`)}
<li><a href="/guestbook" aria-current="page">Guestbook</a></li>
</ul>
</nav>
</div>
</header>
<main id="main">
<div class="wrap opening">
<p class="eyebrow">Guestbook</p>
<h1>Signed in the watch room</h1>
<p class="lead">The keepers’ visitors’ book ran to eleven volumes. This is the twelfth, and there is always a page free.</p>
</div>
<div class="wrap columns narrow-left">
<section class="plate" aria-labelledby="write">
<h2 id="write">Write in the book</h2>
${form(fields, problems)}
</section>
<section aria-labelledby="read">
<h2 id="read" class="visually-hidden">What others wrote</h2>
<ol class="entries">
${entries.map(item)}
</ol>
</section>
</div>
</main>
<footer class="bottom">
<div class="wrap">
<address>Varrow Head Light Trust<br>Keepers’ Cottages, Varrow Haven<br><a href="mailto:keeper@varrowhead.example">keeper@varrowhead.example</a></address>
<p>Kept by volunteers since 2012.<br>An invented place, served by Oriel.</p>
</div>
</footer>
</body>
</html>
`.text
}

function form(fields: Fields, problems: Problems): Html {
  return html`<form class="form" action="/guestbook" method="post" enctype="multipart/form-data" novalidate>
${Object.keys(problems).length > 0 ? html`<p class="error" role="alert">The page was not written yet. Please look at what is marked below.</p>` : ''}
<div class="field">
<label for="name">Name</label>
<input type="text" id="name" name="name" value="${fields.name}" maxlength="80" autocomplete="name" required${faulty('name', problems)}>
${fault('name', problems)}
</div>
<div class="field">
<label for="message">Message</label>
<textarea id="message" name="message" rows="5" maxlength="2000" required${faulty('message', problems)}>
${fields.message}</textarea>
${fault('message', problems)}
</div>
<div class="field">
<label for="picture">Picture, if you like</label>
<input type="file" id="picture" name="picture" accept="image/png,image/jpeg,image/webp,image/gif"${faulty('picture', problems, 'picture-hint')}>
${fault('picture', problems)}
<p class="hint" id="picture-hint">PNG, JPEG, WebP or GIF, up to 256 KiB.</p>
</div>
<p><button class="button">Sign the book</button></p>
</form>`
}

/** The attributes of a field that has a problem, or a hint. */
function faulty(field: keyof Problems, problems: Problems, hint?: string): Html | string {
  if (problems[field] !== undefined) {
    return html` aria-invalid="true" aria-describedby="${field}-problem${hint === undefined ? '' : ` ${hint}`}"`
  }
  return hint === undefined ? '' : html` aria-describedby="${hint}"`
}

function fault(field: keyof Problems, problems: Problems): Html | string {
  const problem = problems[field]
  return problem === undefined ? '' : html`<p class="error" id="${field}-problem">${problem}</p>`
}

function item(entry: Entry): Html {
  const { name, message, date, picture } = entry
  return html`<li>
<h3>${name}</h3>
<p><time datetime="${date.toISOString().slice(0, 10)}">${DATE.format(date)}</time></p>
<p class="message">${message}</p>
${picture === undefined ? '' : html`<img src="/guestbook/pictures/${picture.id}" alt="Picture left by ${name}" loading="lazy">`}
</li>`
}
