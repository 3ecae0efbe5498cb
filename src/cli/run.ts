import { readFileSync } from 'node:fs'
import { Command, CommanderError, Option } from 'commander'
import { ConfigError } from '../config/config.ts'
import { suggestion } from '../message/suggest.ts'
import type { PasswdOptions } from './passwd.ts'
import { sentenceFor } from './sentences.ts'
import type { FolderOptions } from './serve.ts'

/** Exit codes: all went well; something failed while it ran; the command or the config was wrong. */
export const OK = 0
export const FAILED = 1
export const MISUSED = 2

/** Runs a command line; fulfilled with the exit code when the command is done, for `serve` when the server has stopped. */
export async function run(args: readonly string[]): Promise<number> {
  let code = OK
  const after: After =
    (load) =>
    async (...given) => {
      const command = await load()
      code = await command(...given)
    }
  try {
    await program(after).parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? OK : MISUSED
    process.stderr.write(`oriel: ${sentenceFor(error)}\n`)
    return error instanceof ConfigError ? MISUSED : FAILED
  }
}

const TLS = 'speak https, with a certificate for development that is made here'

const DEVELOPMENT = 'show errors with stack and source to browsers on this machine'

/** Does what a command does, which is loaded when it is asked for: none needs what the others take. */
type After = <A extends unknown[]>(
  load: () => Promise<(...given: A) => Promise<number>>,
) => (...given: A) => Promise<void>

function program(after: After): Command {
  const oriel: Command = new Command('oriel')
    .description('A web server and application gateway. Serves a folder, or a site from its config.')
    .version(version(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(`oriel: ${misused(text)}\n`) })
    .argument('[folder]', 'the folder to serve', '.')
    .option('-p, --port <port>', 'the port; 0 lets the system choose', '8080')
    .option('--host <host>', 'the address to listen on', '127.0.0.1')
    .option('--tls', TLS)
    .option('--cgi [folder]', 'run the programs of a folder, cgi-bin in the one that is served, as /cgi-bin/…')
    .option('--development', DEVELOPMENT)
    .option('-q, --quiet', 'print nothing but errors')
    .action(
      after(async () => {
        const { folderCommand } = await import('./serve.ts')
        return (folder: string, options: FolderOptions) => folderCommand(folder, options, namesOf(oriel))
      }),
    )
    .addHelpText('after', EXAMPLES)
    .helpCommand(false)
    .hook('preSubcommand', (_, command) => refuseOptionsBefore(oriel, command.name()))
  const configured = (name: string, description: string): Command =>
    oriel
      .command(name)
      .description(description)
      .option(
        '-c, --config <file>',
        'the config; oriel.config.ts, .js, .mjs, .json or .yaml of this folder where left out',
      )
  configured('serve', 'Serve a site from its config.')
    .option('--tls', TLS)
    .option('-q, --quiet', 'print nothing but errors')
    .option('--development', DEVELOPMENT)
    .option('-w, --watch', 'reload when the code of the site changes, for development')
    .option('--replace', 'take over from the server of this config that runs, without a gap')
    .action(after(async () => (await import('./serve.ts')).serveCommand))
  configured('reload', 'Have the server of a config that runs read it again.').action(
    after(async () => (await import('./reload.ts')).reloadCommand),
  )
  configured('status', 'Tell what the server of a config that runs is doing, and its applications.')
    .option('--json', 'as JSON')
    .action(after(async () => (await import('./status.ts')).statusCommand))
  configured('check', 'Check a config, load what it names and start its applications once, without serving.')
    .option('--no-start', 'start none of its applications')
    .action(after(async () => (await import('./check.ts')).checkCommand))
  configured('explain', 'Tell what becomes of a request, without making it.')
    .argument('<method>', 'for instance GET')
    .argument('<target>', 'a path, or an absolute URL')
    .action(after(async () => (await import('./explain.ts')).explainCommand))
  oriel
    .command('publish')
    .description('Publish the objects of a module by hand, for a site, for programs, or for browsers.')
    .argument('<file>', 'a module that publishes objects or exports resources; with --http also a binding handle')
    .option('-n, --name <name>', 'the name of the object server, where the module says none')
    .option('-l, --listen <address>', 'unix:PATH or host:port; a socket of your own where left out')
    .option('--http <port>', 'answer browsers too, at a port of this machine or at host:port')
    .option('-q, --quiet', 'print nothing of requests')
    .addHelpText('after', PUBLISH)
    .action(after(async () => (await import('./publish.ts')).publishCommand))
  oriel
    .command('info')
    .description('Print what a site or an object server says that it has.')
    .argument('[site]', 'its URL, or the handle of an object server, as fastcgi:unix:/run/paul.sock')
    .option('--json', 'as JSON')
    .option('--unix <path>', 'the Unix socket at which the site listens')
    .action(after(async () => (await import('./info.ts')).infoCommand))
  oriel
    .command('init')
    .description('Write a config to start from.')
    .argument('[folder]', 'the folder of the site', '.')
    .action(after(async () => (await import('./init.ts')).initCommand))
  oriel
    .command('passwd')
    .description('Set the password of a name in a password file, which is made where there is none.')
    .usage('[options] <file> <name>')
    .argument('<file>', 'the file, as `store: { htpasswd }` names it')
    .argument('<name>', 'the name that somebody logs in with')
    .option('--delete', 'delete the name')
    .option('--verify', 'tell whether a password is that of the name')
    .addOption(new Option('-b').hideHelp())
    .allowExcessArguments()
    .addHelpText('after', PASSWD)
    .action(
      after(async () => {
        const { passwdCommand } = await import('./passwd.ts')
        return (file: string, name: string, options: PasswdOptions, command: Command) =>
          passwdCommand(file, name, options, command.args)
      }),
    )
  oriel
    .command('help')
    .description('Print the help of a command.')
    .argument('[command]')
    .action(after(async () => async (name: string | undefined) => help(oriel, name)))
  for (const command of oriel.commands) command.version(version(), '-v, --version', 'print the version')
  return oriel
}

/** What stands before a command belongs to `oriel [folder]`, and would be silently without effect. */
function refuseOptionsBefore(oriel: Command, name: string): void {
  const given = oriel.options.find((option) => oriel.getOptionValueSource(option.attributeName()) === 'cli')
  if (given !== undefined) throw new ConfigError(`${given.long} stands before ${name}: put options after the command.`)
}

function namesOf(oriel: Command): string[] {
  return oriel.commands.map((command) => command.name())
}

async function help(oriel: Command, name: string | undefined): Promise<number> {
  const asked = name === undefined ? oriel : oriel.commands.find((command) => command.name() === name)
  if (asked === undefined) {
    const names = namesOf(oriel)
    const meant = suggestion(name ?? '', names)
    const hint = meant === undefined ? `There are ${names.join(', ')}.` : `Did you mean ${meant}?`
    throw new ConfigError(`there is no command ${name}. ${hint}`)
  }
  asked.outputHelp()
  return OK
}

/** What commander says of a wrong command line, as one sentence of ours. */
function misused(text: string): string {
  return text
    .trim()
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\?\)$/, '. Did you mean $1?')
    .replace(
      /^too many arguments for '(serve|check|reload|status)'.*$/,
      '$1 takes no argument: name the config by --config',
    )
}

const EXAMPLES = `
Examples:
  oriel                        serve this folder at http://127.0.0.1:8080
  oriel ./public --port 3000   serve another one
  oriel --cgi                  and run the programs in cgi-bin
  oriel serve                  serve the site that oriel.config.ts describes
  oriel explain GET /notes/7   which route, which file

Exit codes: 0 all went well, 1 something failed, 2 the command or the config is wrong.`

const PUBLISH = `
It prints the binding handle of the objects, for \`objects\` of a config and for bind():
  oriel publish ./paul.ts
  oriel publish ./paul.ts --http 8080             http://127.0.0.1:8080/echo@paul
  oriel publish "command:python3 paul.py" --http 8080`

const PASSWD = `
The password is asked for twice, and not shown. Where standard input is no terminal, it is the first line of that:
  pass show site/joe | oriel passwd htpasswd joe`

function version(): string {
  const file = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
