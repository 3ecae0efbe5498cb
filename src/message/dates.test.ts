import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { httpDate, parseHttpDate } from './dates.ts'

const TIME = Date.UTC(1994, 10, 6, 8, 49, 37)
const NOW = Date.UTC(2026, 10, 21, 12)

for (const [form, text] of [
  ['IMF-fixdate', 'Sun, 06 Nov 1994 08:49:37 GMT'],
  ['RFC 850', 'Sunday, 06-Nov-94 08:49:37 GMT'],
  ['asctime', 'Sun Nov  6 08:49:37 1994'],
] as const) {
  test(`a date in the form ${form} is understood (RFC 9110 §5.6.7)`, () => {
    assert.equal(parseHttpDate(text, NOW), TIME)
  })
}

test('a date is written as IMF-fixdate', () => {
  assert.equal(httpDate(TIME), 'Sun, 06 Nov 1994 08:49:37 GMT')
  assert.equal(httpDate(TIME + 999), 'Sun, 06 Nov 1994 08:49:37 GMT')
})

for (const [text, year] of [
  ['Monday, 01-Jan-00 00:00:00 GMT', 2000],
  ['Monday, 01-Jan-26 00:00:00 GMT', 2026],
  ['Monday, 01-Jan-27 00:00:00 GMT', 2027],
  ['Monday, 01-Jan-76 00:00:00 GMT', 2076],
  ['Monday, 21-Nov-76 12:00:00 GMT', 2076],
  ['Monday, 21-Nov-76 12:00:01 GMT', 1976],
  ['Monday, 31-Dec-76 00:00:00 GMT', 1976],
  ['Monday, 01-Jan-77 00:00:00 GMT', 1977],
  ['Monday, 01-Jan-99 00:00:00 GMT', 1999],
] as const) {
  test(`${text} is in ${year}: no two-digit year is more than 50 years ahead (RFC 9110 §5.6.7)`, () => {
    assert.equal(new Date(parseHttpDate(text, NOW) ?? 0).getUTCFullYear(), year)
  })
}

for (const text of [
  '',
  'now',
  '0',
  '784111777',
  '1994-11-06T08:49:37Z',
  'Sun, 06 Nov 1994 08:49:37',
  'Sun, 06 Nov 1994 08:49:37 UTC',
  'Sun, 06 Nov 1994 08:49:37 +0000',
  'sun, 06 nov 1994 08:49:37 gmt',
  'Sun, 6 Nov 1994 08:49:37 GMT',
  ' Sun, 06 Nov 1994 08:49:37 GMT',
  'Sun, 06 Nov 94 08:49:37 GMT',
  'Sun, 06 Nov 0094 08:49:37 GMT',
  'Sun, 31 Nov 1994 08:49:37 GMT',
  'Thu, 29 Feb 1900 08:49:37 GMT',
  'Sun, 00 Nov 1994 08:49:37 GMT',
  'Sun, 06 Nov 1994 24:00:00 GMT',
  'Sun, 06 Nov 1994 08:60:37 GMT',
  'Sun, 06 Nov 1994 08:49:61 GMT',
  'Sunday, 31-Feb-94 08:49:37 GMT',
  'Sun Nov 06 08:49:37 94',
  'Sun Nov 6 08:49:37 1994',
  'Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT',
]) {
  test(`${JSON.stringify(text)} is no date`, () => {
    assert.equal(parseHttpDate(text, NOW), undefined)
  })
}

test('a leap second is the last second of its minute', () => {
  assert.equal(parseHttpDate('Sat, 31 Dec 2016 23:59:60 GMT'), Date.UTC(2016, 11, 31, 23, 59, 59))
})

test('29 February is a day of leap years', () => {
  assert.equal(parseHttpDate('Thu, 29 Feb 2024 00:00:00 GMT'), Date.UTC(2024, 1, 29))
})

const second = fc.integer({ min: Date.UTC(1000, 0) / 1000, max: Date.UTC(9999, 11, 31) / 1000 }).map((s) => s * 1000)

test('a time survives being written and read', () => {
  fc.assert(fc.property(second, (time) => assert.equal(parseHttpDate(httpDate(time)), time)))
})

test('a time of the last 49 years and the next survives the two obsolete forms', () => {
  const recent = fc
    .integer({ min: -49, max: 49 })
    .chain((years) =>
      fc.integer({ min: 0, max: 86400 * 300 }).map((seconds) => Date.UTC(2026 + years, 0) + seconds * 1000),
    )
  fc.assert(
    fc.property(recent, (time) => {
      const [, weekday, day, month, year, clock] =
        /^(\w+), (\d\d) (\w+) (\d{4}) ([\d:]+) GMT$/.exec(httpDate(time)) ?? []
      const full = new Date(time).toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' })
      assert.equal(parseHttpDate(`${full}, ${day}-${month}-${year?.slice(2)} ${clock} GMT`, NOW), time)
      assert.equal(parseHttpDate(`${weekday} ${month} ${day?.replace(/^0/, ' ')} ${clock} ${year}`, NOW), time)
    }),
  )
})
