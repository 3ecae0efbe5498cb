import assert from 'node:assert/strict'
import { test } from 'node:test'
import { escapeHtml } from './html.ts'

test('nothing that is shown can open an element, end an attribute or begin a reference', () => {
  assert.equal(
    escapeHtml(`<a href="x" b='y'>&amp;</a> ü`),
    '&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt; ü',
  )
})
