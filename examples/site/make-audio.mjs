// Makes the site's large download, public/downloads/varrow-head-in-fog.wav: 2 min 24 s of stereo sound,
// put together from noise and sine waves. The same bytes come out every time; a finished file is left alone.
//
//   node examples/site/make-audio.mjs

import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const RATE = 44_100
const SECONDS = 144
const FRAMES = RATE * SECONDS
const HEADER = 44
const SIZE = HEADER + FRAMES * 4

const folder = dirname(fileURLToPath(import.meta.url))
const target = join(folder, 'public', 'downloads', 'varrow-head-in-fog.wav')

/** A small seeded random generator (xorshift), so that every run gives the same sea. */
function randomizer(seed) {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 4_294_967_296
  }
}

const left = new Float32Array(FRAMES)
const right = new Float32Array(FRAMES)

/** Adds a mono sound at a time, panned from -1 (left) to 1 (right). */
function mix(sound, seconds, gain, pan) {
  const start = Math.round(seconds * RATE)
  const end = Math.min(FRAMES, start + sound.length)
  const gainLeft = gain * Math.cos(((pan + 1) * Math.PI) / 4)
  const gainRight = gain * Math.sin(((pan + 1) * Math.PI) / 4)
  for (let i = start, j = 0; i < end; i++, j++) {
    left[i] += sound[j] * gainLeft
    right[i] += sound[j] * gainRight
  }
}

/** The wind at the gallery rail: noise through a band-pass filter whose centre wanders. */
function wind() {
  const random = randomizer(0x5eaf09)
  for (const side of [left, right]) {
    const shift = side === left ? 0 : 1.7
    let low = 0
    let band = 0
    let tune = 0
    let level = 0
    for (let i = 0; i < FRAMES; i++) {
      if (i % 64 === 0) {
        const t = i / RATE
        const gust = 0.5 + 0.3 * Math.sin(t * 0.31 + shift) + 0.2 * Math.sin(t * 0.83 + shift * 2)
        tune = 2 * Math.sin((Math.PI * (190 + 260 * gust)) / RATE)
        level = 0.02 + 0.05 * gust * gust
      }
      low += tune * band
      band += tune * (random() * 2 - 1 - low - 0.55 * band)
      side[i] += band * level
    }
  }
}

/** The swell on the rocks: each wave gathers as a low rumble, breaks as hiss and drains away. */
function surf() {
  const random = randomizer(0x1868)
  const undertone = new Float32Array(FRAMES)
  for (let i = 0, deep = 0; i < FRAMES; i++) {
    deep += 0.012 * (random() * 2 - 1 - deep)
    undertone[i] = deep
  }
  mix(undertone, 0, 0.9, 0)

  for (let start = -2.5; start < SECONDS; start += 4.6 + random() * 3.4) {
    const length = Math.round((7.5 + random() * 3) * RATE)
    const wave = new Float32Array(length)
    const peak = 0.3 + random() * 0.08
    const brightness = 0.1 + random() * 0.14
    let body = 0
    let hiss = 0
    let level = 0
    let open = 0
    for (let i = 0; i < length; i++) {
      if (i % 64 === 0) {
        const x = i / length
        const rise = x < peak ? (x / peak) ** 2.6 : 1
        const fall = x < peak ? 1 : ((1 - x) / (1 - peak)) ** 2.2
        level = rise * fall
        open = 0.02 + brightness * level
      }
      const noise = random() * 2 - 1
      body += 0.035 * (noise - body)
      hiss += open * (noise - hiss)
      wave[i] = level * (body * 0.95 + hiss * 0.5)
    }
    const skip = Math.max(0, Math.round(-start * RATE))
    mix(wave.subarray(skip), Math.max(0, start), 0.42 + random() * 0.3, random() * 1.5 - 0.75)
  }
}

/** The bell buoy on the Skarn, struck whenever the sea moves it. */
function bell() {
  const random = randomizer(0xbe11)
  const partials = [
    [0.5, 0.3, 3.4],
    [1, 0.8, 2.6],
    [1.19, 0.45, 2.1],
    [1.5, 0.25, 1.5],
    [2, 0.5, 1.2],
    [2.74, 0.22, 0.7],
    [3.76, 0.14, 0.4],
  ]
  const stroke = new Float32Array(RATE * 5)
  for (const [ratio, gain, decay] of partials) {
    const step = 2 * Math.cos((2 * Math.PI * 392 * ratio) / RATE)
    const fade = Math.exp(-1 / (decay * RATE))
    let before = 0
    let now = gain * Math.sin((2 * Math.PI * 392 * ratio) / RATE)
    for (let i = 0; i < stroke.length; i++) {
      stroke[i] += now
      const next = step * fade * now - fade * fade * before
      before = now
      now = next
    }
  }
  for (let i = 0; i < 90; i++) stroke[i] *= i / 90
  for (let time = 16; time < SECONDS - 6; time += 3.2 + random() * 4.5) {
    mix(stroke, time, 0.035 + random() * 0.03, 0.45)
    if (random() < 0.55) mix(stroke, time + 0.6 + random() * 0.7, 0.015 + random() * 0.02, 0.5)
  }
}

/** Herring gulls: a few falling cries. */
function gulls() {
  const random = randomizer(0x9011)
  for (const [first, pan] of [
    [27, -0.6],
    [31.5, 0.1],
    [58, -0.2],
    [93, 0.7],
    [97, 0.5],
    [124, -0.5],
  ]) {
    let time = first
    const cries = 3 + Math.floor(random() * 4)
    for (let n = 0; n < cries; n++) {
      const length = Math.round((0.24 + random() * 0.16) * RATE)
      const cry = new Float32Array(length)
      const pitch = 1050 + random() * 260
      let phase = 0
      for (let i = 0; i < length; i++) {
        const x = i / length
        const bend = x < 0.22 ? 0.82 + (0.3 * x) / 0.22 : 1.12 - 0.42 * (x - 0.22)
        phase += (2 * Math.PI * pitch * bend) / RATE
        cry[i] =
          Math.sin(Math.PI * x) ** 1.4 * (Math.sin(phase) + 0.5 * Math.sin(2 * phase) + 0.2 * Math.sin(3 * phase))
      }
      mix(cry, time, 0.03 * (1 - n * 0.1), pan)
      mix(cry, time + 0.31, 0.007, -pan)
      time += 0.34 + random() * 0.2
    }
  }
}

/** The diaphone: four seconds of one low note, then the grunt as the air runs out, and the cliffs' answer. */
function horn() {
  const random = randomizer(0xd1a)
  const length = Math.round(4.7 * RATE)
  const blast = new Float32Array(length)
  let phase = 0
  let breath = 0
  for (let i = 0; i < length; i++) {
    const t = i / RATE
    const drop = t < 3.9 ? 0 : Math.min(1, (t - 3.9) / 0.22)
    const pitch = 174 * (1 - 0.42 * drop) * (1 + 0.012 * Math.min(1, t / 0.5) + 0.002 * Math.sin(t * 31))
    phase += (2 * Math.PI * pitch) / RATE
    let tone = 0
    for (let k = 1; k <= 9; k++) tone += Math.sin(k * phase + k * k * 0.7) / k ** 1.15
    breath += 0.15 * (random() * 2 - 1 - breath)
    const attack = Math.min(1, t / 0.16)
    const release = Math.min(1, Math.max(0, (4.65 - t) / 0.4))
    blast[i] = attack * release * (tone * (1 + 0.15 * drop) + breath * 0.5)
  }
  const answer = new Float32Array(length)
  for (let i = 0, one = 0, two = 0; i < length; i++) {
    one += 0.05 * (blast[i] - one)
    two += 0.05 * (one - two)
    answer[i] = two
  }
  for (let time = 45; time < SECONDS - 6; time += 30) {
    mix(blast, time, 0.19, -0.15)
    mix(answer, time + 0.09, 0.12, 0.6)
    mix(answer, time + 1.35, 0.07, 0.85)
    mix(answer, time + 2.6, 0.035, -0.9)
  }
}

/** The finished file: a RIFF header and 16-bit samples, with a fade at both ends. */
function wav() {
  const file = Buffer.alloc(SIZE)
  file.write('RIFF', 0, 'latin1')
  file.writeUInt32LE(SIZE - 8, 4)
  file.write('WAVEfmt ', 8, 'latin1')
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20) // PCM
  file.writeUInt16LE(2, 22) // channels
  file.writeUInt32LE(RATE, 24)
  file.writeUInt32LE(RATE * 4, 28) // bytes a second
  file.writeUInt16LE(4, 32) // bytes a frame
  file.writeUInt16LE(16, 34) // bits a sample
  file.write('data', 36, 'latin1')
  file.writeUInt32LE(FRAMES * 4, 40)
  const samples = new DataView(file.buffer, file.byteOffset + HEADER)
  for (let i = 0; i < FRAMES; i++) {
    const fade = Math.min(1, i / (RATE * 2), (FRAMES - 1 - i) / (RATE * 4)) * 1.6
    const l = left[i] * fade
    const r = right[i] * fade
    samples.setInt16(i * 4, Math.round((l / (1 + 0.25 * Math.abs(l))) * 30_000), true)
    samples.setInt16(i * 4 + 2, Math.round((r / (1 + 0.25 * Math.abs(r))) * 30_000), true)
  }
  return file
}

const existing = await stat(target).catch(() => undefined)
if (existing?.size !== SIZE) {
  wind()
  surf()
  bell()
  gulls()
  horn()
  const temporary = join(dirname(target), `.varrow-head-in-fog.${process.pid}.tmp`)
  await mkdir(dirname(target), { recursive: true })
  try {
    await writeFile(temporary, wav())
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
