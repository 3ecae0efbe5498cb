/** Waits for what an unreferenced timer will do: else the process could end before. */
export async function awake<T>(awaited: Promise<T>): Promise<T> {
  const keepsAlive = setInterval(() => {}, 1000)
  try {
    return await awaited
  } finally {
    clearInterval(keepsAlive)
  }
}
