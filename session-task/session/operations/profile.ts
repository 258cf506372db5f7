import type * as z from 'zod'
import type { Operations } from '../../../shared/contract/operations.ts'
import type { OperationInputs } from '../../../shared/core/operation-inputs.ts'
import { addressOfTarget, type CommandContext, jidOf } from './command-context.ts'

type ProfileResult = z.input<Operations['getProfile']['responses'][200]>
type PresenceResult = z.input<Operations['sendPresence']['responses'][200]>

export const getProfile = async ({ commands, ownAddress }: CommandContext): Promise<ProfileResult> => {
  const { name, about, pictureUrl } = await commands.ownProfile()
  return { account: ownAddress, name, about, pictureUrl }
}

export const updateProfile = async (
  context: CommandContext,
  { name, about }: OperationInputs['updateProfile'],
): Promise<ProfileResult> => {
  if (about !== null) await context.commands.setOwnAbout(about)
  if (name !== null) await context.commands.setOwnName(name)
  return getProfile(context)
}

export const setProfilePicture = async (context: CommandContext, jpeg: Uint8Array | null): Promise<ProfileResult> => {
  await context.commands.setPicture(null, jpeg)
  return getProfile(context)
}

export const sendPresence = async (
  context: CommandContext,
  { state, target }: OperationInputs['sendPresence'],
): Promise<PresenceResult> => {
  await context.commands.sendPresence(state, target && (await jidOf(context, target)))
  return { chat: target && (await addressOfTarget(context, target)), state }
}

export const subscribePresence = async (
  context: CommandContext,
  { target }: OperationInputs['subscribePresence'],
): Promise<PresenceResult> => {
  await context.commands.subscribePresence(await jidOf(context, target))
  return { chat: await addressOfTarget(context, target), state: 'subscribed' }
}
