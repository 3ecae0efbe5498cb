import { FRONTS } from '../support/fastcgi-fronts.ts'
import { testBehind } from '../support/front-cases.ts'

/*
 * Our end of FastCGI applications behind the web servers that people have, each configured as the README of the example
 * says, and behind Oriel's own other end.
 */

testBehind('our FastCGI application', FRONTS)
