/** One queue per chat: what is sent in a chat reaches the gate in the order in which it joined. */
export class ChatTurns {
  readonly #turns = new Map<string, Promise<void>>()

  /** @param task never throws: one message must not hold back its chat */
  join(chat: string, task: () => Promise<void>): void {
    const turn = (this.#turns.get(chat) ?? Promise.resolve()).then(task)
    this.#turns.set(chat, turn)
    void turn.finally(() => {
      if (this.#turns.get(chat) === turn) this.#turns.delete(chat)
    })
  }
}
