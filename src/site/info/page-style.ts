/** The looks of the page. One text, known to the Content-Security-Policy by its hash. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --back: #f6f7f9; --card: #fff; --text: #1b1f26; --dim: #59616e; --line: #dadee5; --soft: #eef1f5;
  --accent: #1d5fd1; --on-accent: #fff; --good: #11713c; --good-back: #ddf3e5; --bad: #a8201a; --bad-back: #fde4e1; --odd: #7a5200; --odd-back: #fbeed3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #14171c; --card: #1c2027; --text: #e7eaf0; --dim: #a3abb9; --line: #333a45; --soft: #262c35;
    --accent: #7fb0ff; --on-accent: #0c1730; --good: #7ddba0; --good-back: #16351f; --bad: #ff9f97; --bad-back: #451d1b; --odd: #efc46a; --odd-back: #3b2e12;
  }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", sans-serif }
header, main, footer { max-width: 60rem; margin: 0 auto; padding: 0 1.25rem }
header { padding-top: 2rem }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0; letter-spacing: -.01em; overflow-wrap: anywhere }
h2 { font-size: 1.15rem; line-height: 1.3; margin: 0; overflow-wrap: anywhere }
h3 { font-size: .8rem; margin: 1rem 0 .25rem; color: var(--dim); font-weight: 600 }
p { margin: 0 }
.dim { color: var(--dim); font-size: .9rem }
.find { position: sticky; top: 0; z-index: 1; background: var(--back); padding: .9rem 0; display: flex; align-items: center; margin-top: .5rem }
.find input { flex: 1; min-width: 0; padding: .55rem .8rem }
.find output { color: var(--dim); font-size: .9rem; white-space: nowrap }
.find output:not(:empty) { margin-left: .75rem }
main > section { margin: 0 0 2.25rem }
.title { display: flex; flex-wrap: wrap; gap: .35rem .6rem; align-items: baseline; margin: 0 0 .6rem }
.none { color: var(--dim); background: var(--card); border: 1px dashed var(--line); border-radius: .6rem; padding: .8rem 1rem }
ul.list { list-style: none; margin: 0; padding: 0; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; overflow: clip }
ul.list > li { border-top: 1px solid var(--line) }
ul.list > li:first-child { border-top: 0 }
ul.long > li { content-visibility: auto; contain-intrinsic-size: auto 3rem }
summary { display: flex; flex-wrap: wrap; gap: .15rem .6rem; align-items: baseline; padding: .7rem 1rem; cursor: pointer; list-style: none }
summary::-webkit-details-marker { display: none }
summary::before { content: ""; width: .42rem; height: .42rem; border: solid var(--dim); border-width: 0 2px 2px 0; transform: rotate(-45deg); align-self: center; flex: none; margin-right: .1rem }
details[open] > summary::before { transform: rotate(45deg) translate(-1px, -1px) }
summary:hover { background: var(--soft) }
details[open] > summary { background: var(--soft) }
.name { font: 600 .95rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; min-width: 0 }
.line { color: var(--dim); font-size: .9rem; flex: 1 1 14rem; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.line:empty, details[open] > summary .line { display: none }
.tags { display: inline-flex; flex-wrap: wrap; gap: .3rem; margin-left: auto }
.tag { font-size: .72rem; line-height: 1.6; padding: 0 .5em; border-radius: 1em; background: var(--soft); color: var(--dim); border: 1px solid var(--line); white-space: nowrap }
.good { background: var(--good-back); color: var(--good); border-color: transparent }
.bad { background: var(--bad-back); color: var(--bad); border-color: transparent }
.odd { background: var(--odd-back); color: var(--odd); border-color: transparent }
.inside { padding: .35rem 1rem 1.1rem; border-top: 1px solid var(--line) }
.description { white-space: pre-line; overflow-wrap: anywhere; margin-top: .6rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .6rem 0 0; font-size: .92rem }
dt { color: var(--dim) }
dd { margin: 0; overflow-wrap: anywhere; min-width: 0 }
code, pre, textarea, .path { font: .87rem/1.55 ui-monospace, "SF Mono", Menlo, Consolas, monospace }
.examples { display: flex; flex-direction: column; align-items: stretch; gap: .35rem }
.example { text-align: left; background: transparent; color: inherit; border: 1px solid var(--line); border-radius: .45rem; padding: .4rem .7rem; overflow-wrap: anywhere; font-weight: 400 }
.example:hover { border-color: var(--accent) }
.example span { color: var(--dim); font: .88rem/1.5 system-ui, sans-serif; margin-left: .5rem }
form { display: grid; gap: .6rem; margin-top: .9rem; padding: .9rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--back) }
.row { display: flex; gap: .5rem; align-items: end; flex-wrap: wrap }
.row:has(.send) { align-items: center }
.row label:nth-child(2) { flex: 1 1 14rem }
label { display: block; font-size: .82rem; color: var(--dim); min-width: 0 }
input, select, textarea, button { font: inherit; color: inherit; border: 1px solid var(--line); border-radius: .45rem; background: var(--card); padding: .42rem .6rem; max-width: 100% }
label > input, label > select, label > textarea { display: block; width: 100%; margin-top: .15rem; color: var(--text) }
label > .path, label > textarea { font: .87rem/1.55 ui-monospace, "SF Mono", Menlo, Consolas, monospace }
textarea { resize: vertical; min-height: 2.5rem }
textarea:disabled { opacity: .55 }
button { cursor: pointer; font-weight: 600 }
button.send { background: var(--accent); color: var(--on-accent); border-color: var(--accent) }
button:disabled { opacity: .55; cursor: default }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
ul.list summary:focus-visible { outline-offset: -3px; border-radius: .5rem }
.answer { display: grid; gap: .5rem; min-width: 0 }
.answer:empty { display: none }
.status { display: flex; flex-wrap: wrap; gap: .3rem .7rem; align-items: baseline }
.answer pre { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: .45rem; padding: .6rem .8rem; overflow: auto; max-height: 26rem; white-space: pre-wrap; overflow-wrap: anywhere }
.answer details > summary { padding: .1rem 0; background: none; font-size: .88rem; color: var(--dim); justify-content: start }
.answer img { max-width: 100%; max-height: 26rem; border: 1px solid var(--line); border-radius: .45rem; background: repeating-conic-gradient(var(--soft) 0 25%, transparent 0 50%) 0 0 / 16px 16px; justify-self: start }
footer { color: var(--dim); font-size: .85rem; padding-bottom: 2.5rem; overflow-wrap: anywhere }
a { color: var(--accent) }
[hidden] { display: none !important }
@media (max-width: 36rem) {
  header, main, footer { padding: 0 .8rem } header { padding-top: 1.2rem }
  .line { flex-basis: 100%; order: 3; white-space: normal } dl { grid-template-columns: 1fr } dt { margin-top: .3rem }
}
@media (prefers-reduced-motion: no-preference) { summary::before { transition: transform .12s } }
`
