// Everybody who can be measured. A candidate is { name, start(port, work) → { pid, gone, stop, backEnd }, paths } and takes part
// in the rows that `paths` names; `scheme` is https where it speaks TLS, `log(work)` the file where it logs requests.
// `beside(url)` starts somebody who disturbs. `backEnd` is the process of a back end that runs on the load's core. A server
// with other settings for some rows is a second object of the same name.
import { nginxCandidates } from './nginx.mjs'
import { nodeCandidates } from './node.mjs'
import { objectCandidates } from './objects.mjs'
import { orielCandidates } from './oriel.mjs'
import { programCandidates } from './programs.mjs'
import { proxyCandidates } from './proxy.mjs'
import { wsgiCandidates } from './wsgi.mjs'

export const candidates = [
  ...orielCandidates,
  ...nodeCandidates,
  ...nginxCandidates,
  ...programCandidates,
  ...proxyCandidates,
  ...wsgiCandidates,
  ...objectCandidates,
]
export const candidateNames = [...new Set(candidates.map((candidate) => candidate.name))]
