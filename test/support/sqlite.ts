/** A database as a test looks at it. */
export interface TestDatabase {
  exec(sql: string): void
  all(sql: string): unknown[]
  close(): void
}

interface Driver {
  exec(sql: string): void
  prepare(sql: string): { all(): object[] }
  close(): void
}

/** Opens a database by whatever this Node has. */
export async function openDatabase(file: string): Promise<TestDatabase> {
  const builtin = process.getBuiltinModule('node:sqlite') as unknown as
    | { DatabaseSync: new (file: string) => Driver }
    | undefined
  const { default: Peer } = (await import('libsql')) as unknown as { default: new (file: string) => Driver }
  const database = builtin === undefined ? new Peer(file) : new builtin.DatabaseSync(file)
  database.exec('PRAGMA busy_timeout = 10000')
  return {
    exec: (sql) => database.exec(sql),
    all: (sql) =>
      database
        .prepare(sql)
        .all()
        .map((row) => ({ ...row })),
    close: () => database.close(),
  }
}
