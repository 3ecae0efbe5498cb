import { testBehind } from '../support/front-cases.ts'
import { FRONTS } from '../support/scgi-fronts.ts'

/*
 * Our end of SCGI applications behind the web servers that people have, each configured as the documentation says, and
 * behind Oriel's own other end.
 */

testBehind('our SCGI application', FRONTS)
