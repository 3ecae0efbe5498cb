import { serveCgi } from '../../src/cgi.ts'
import { behaviourSite } from './site.ts'

/* The site of the suite as a CGI script. Its files are in the folder that is its argument. */

const [, , root = ''] = process.argv
await serveCgi(behaviourSite(root))
