interface Page {
  readonly data: readonly unknown[]
  readonly nextCursor: string | null
  readonly hasMore: boolean
}
type ItemOf<Answer> = Answer extends { data: readonly (infer Item)[] } ? Item : never

/**
 * A list: `await` it for one page, `for await` it for every item of all pages.
 *
 *     const page = await client.messages.list({ limit: 10 })
 *     for await (const message of client.messages.list()) …
 */
export class ListRequest<Answer> implements PromiseLike<Answer>, AsyncIterable<ItemOf<Answer>> {
  readonly #read: (cursor: string | undefined) => Promise<Answer>
  #first: Promise<Answer> | null = null

  constructor(read: (cursor: string | undefined) => Promise<Answer>) {
    this.#read = read
  }

  // biome-ignore lint/suspicious/noThenProperty: a list is both one page and all items
  then<Done = Answer, Failed = never>(
    onDone?: ((page: Answer) => Done | PromiseLike<Done>) | null,
    onFailed?: ((reason: unknown) => Failed | PromiseLike<Failed>) | null,
  ): Promise<Done | Failed> {
    this.#first ??= this.#read(undefined)
    return this.#first.then(onDone, onFailed)
  }

  async *[Symbol.asyncIterator](): AsyncIterator<ItemOf<Answer>> {
    let cursor: string | undefined
    for (;;) {
      const page = (await this.#read(cursor)) as Page
      yield* page.data as ItemOf<Answer>[]
      if (!page.hasMore || page.nextCursor === null) return
      cursor = page.nextCursor
    }
  }
}
