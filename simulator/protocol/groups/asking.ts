import type { Group, Role } from '../../store/groups.ts'
import type { Phone } from '../../store/phones.ts'

/** A member (`me`, in this role) that asks something of this group. */
export type Asking = { group: Group; me: Phone; role: Role }
