// Generated from shared/contract by `npm run openapi`. Do not edit.

export type SendMessage = {
  sessionId: string
  /** Send not before this time, at most 90 days ahead; until then the message is `scheduled` and can be canceled */
  sendAt?: string
  /** If it has not left by then it ends `failed` with code `expired`; at most 30 days after it may be sent. Default: 24 hours after it may be sent */
  expiresAt?: string
  /** standard (default): a message without an answer is sent again, under the same WhatsApp id. atMostOnce: it never leaves twice; without an answer it ends `unknown` */
  retry?: "standard" | "atMostOnce"
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata?: Record<string, string>
  /** E.164 with or without +, …@s.whatsapp.net, …@c.us, a group (…@g.us), …@lid, con_…, "status" with an audience, or an address object of an answer */
  to: string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  }
  /** The message that this one answers: an id, or the reference object of an answer */
  replyTo?: string | {
    /** Id of an earlier message of this session, sent or received */
    messageId: string
    /** In answers; ignored in requests */
    whatsappId?: string | null
  } | null
  /** People named in it. In a group they must be members */
  mentions?: (string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  })[] | null
  /** Names all members of the group */
  mentionsEveryone?: boolean | null
  /** Shown as forwarded */
  forwarded?: boolean | null
  /** Who sees a status; only and always with `to: "status"` */
  audience?: (string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  })[] | null
  type: "text"
  text: TextContent
} | {
  sessionId: string
  /** Send not before this time, at most 90 days ahead; until then the message is `scheduled` and can be canceled */
  sendAt?: string
  /** If it has not left by then it ends `failed` with code `expired`; at most 30 days after it may be sent. Default: 24 hours after it may be sent */
  expiresAt?: string
  /** standard (default): a message without an answer is sent again, under the same WhatsApp id. atMostOnce: it never leaves twice; without an answer it ends `unknown` */
  retry?: "standard" | "atMostOnce"
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata?: Record<string, string>
  /** E.164 with or without +, …@s.whatsapp.net, …@c.us, a group (…@g.us), …@lid, con_…, "status" with an audience, or an address object of an answer */
  to: string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  }
  /** The message that this one answers: an id, or the reference object of an answer */
  replyTo?: string | {
    /** Id of an earlier message of this session, sent or received */
    messageId: string
    /** In answers; ignored in requests */
    whatsappId?: string | null
  } | null
  /** People named in it. In a group they must be members */
  mentions?: (string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  })[] | null
  /** Names all members of the group */
  mentionsEveryone?: boolean | null
  /** Shown as forwarded */
  forwarded?: boolean | null
  /** Who sees a status; only and always with `to: "status"` */
  audience?: (string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  })[] | null
  type: "image"
  image: ImageContent
} | {
  sessionId: string
  /** Send not before this time, at most 90 days ahead; until then the message is `scheduled` and can be canceled */
  sendAt?: string
  /** If it has not left by then it ends `failed` with code `expired`; at most 30 days after it may be sent. Default: 24 hours after it may be sent */
  expiresAt?: string
  /** standard (default): a message without an answer is sent again, under the same WhatsApp id. atMostOnce: it never leaves twice; without an answer it ends `unknown` */
  retry?: "standard" | "atMostOnce"
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata?: Record<string, string>
  /** E.164 with or without +, …@s.whatsapp.net, …@c.us, a group (…@g.us), …@lid, con_…, "status" with an audience, or an address object of an answer */
  to: string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  }
  /** The message that this one answers: an id, or the reference object of an answer */
  replyTo?: string | {
    /** Id of an earlier message of this session, sent or received */
    messageId: string
    /** In answers; ignored in requests */
    whatsappId?: string | null
  } | null
  /** People named in it. In a group they must be members */
  mentions?: (string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  })[] | null
  /** Names all members of the group */
  mentionsEveryone?: boolean | null
  /** Shown as forwarded */
  forwarded?: boolean | null
  /** Who sees a status; only and always with `to: "status"` */
  audience?: (string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  })[] | null
  type: "video"
  video: VideoContent
} | {
  sessionId: string
  /** Send not before this time, at most 90 days ahead; until then the message is `scheduled` and can be canceled */
  sendAt?: string
  /** If it has not left by then it ends `failed` with code `expired`; at most 30 days after it may be sent. Default: 24 hours after it may be sent */
  expiresAt?: string
  /** standard (default): a message without an answer is sent again, under the same WhatsApp id. atMostOnce: it never leaves twice; without an answer it ends `unknown` */
  retry?: "standard" | "atMostOnce"
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata?: Record<string, string>
  /** E.164 with or without +, …@s.whatsapp.net, …@c.us, a group (…@g.us), …@lid, con_…, "status" with an audience, or an address object of an answer */
  to: string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  }
  /** The message that this one answers: an id, or the reference object of an answer */
  replyTo?: string | {
    /** Id of an earlier message of this session, sent or received */
    messageId: string
    /** In answers; ignored in requests */
    whatsappId?: string | null
  } | null
  /** People named in it. In a group they must be members */
  mentions?: (string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  })[] | null
  /** Names all members of the group */
  mentionsEveryone?: boolean | null
  /** Shown as forwarded */
  forwarded?: boolean | null
  /** Who sees a status; only and always with `to: "status"` */
  audience?: (string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  })[] | null
  type: "voice"
  voice: VoiceContent
} | {
  sessionId: string
  /** Send not before this time, at most 90 days ahead; until then the message is `scheduled` and can be canceled */
  sendAt?: string
  /** If it has not left by then it ends `failed` with code `expired`; at most 30 days after it may be sent. Default: 24 hours after it may be sent */
  expiresAt?: string
  /** standard (default): a message without an answer is sent again, under the same WhatsApp id. atMostOnce: it never leaves twice; without an answer it ends `unknown` */
  retry?: "standard" | "atMostOnce"
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata?: Record<string, string>
  /** E.164 with or without +, …@s.whatsapp.net, …@c.us, a group (…@g.us), …@lid, con_…, "status" with an audience, or an address object of an answer */
  to: string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  }
  /** The message that this one answers: an id, or the reference object of an answer */
  replyTo?: string | {
    /** Id of an earlier message of this session, sent or received */
    messageId: string
    /** In answers; ignored in requests */
    whatsappId?: string | null
  } | null
  /** People named in it. In a group they must be members */
  mentions?: (string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  })[] | null
  /** Names all members of the group */
  mentionsEveryone?: boolean | null
  /** Shown as forwarded */
  forwarded?: boolean | null
  type: "audio"
  audio: AudioContent
} | {
  sessionId: string
  /** Send not before this time, at most 90 days ahead; until then the message is `scheduled` and can be canceled */
  sendAt?: string
  /** If it has not left by then it ends `failed` with code `expired`; at most 30 days after it may be sent. Default: 24 hours after it may be sent */
  expiresAt?: string
  /** standard (default): a message without an answer is sent again, under the same WhatsApp id. atMostOnce: it never leaves twice; without an answer it ends `unknown` */
  retry?: "standard" | "atMostOnce"
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata?: Record<string, string>
  /** E.164 with or without +, …@s.whatsapp.net, …@c.us, a group (…@g.us), …@lid, con_…, "status" with an audience, or an address object of an answer */
  to: string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  }
  /** The message that this one answers: an id, or the reference object of an answer */
  replyTo?: string | {
    /** Id of an earlier message of this session, sent or received */
    messageId: string
    /** In answers; ignored in requests */
    whatsappId?: string | null
  } | null
  /** People named in it. In a group they must be members */
  mentions?: (string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  })[] | null
  /** Names all members of the group */
  mentionsEveryone?: boolean | null
  /** Shown as forwarded */
  forwarded?: boolean | null
  type: "document"
  document: DocumentContent
} | {
  sessionId: string
  /** Send not before this time, at most 90 days ahead; until then the message is `scheduled` and can be canceled */
  sendAt?: string
  /** If it has not left by then it ends `failed` with code `expired`; at most 30 days after it may be sent. Default: 24 hours after it may be sent */
  expiresAt?: string
  /** standard (default): a message without an answer is sent again, under the same WhatsApp id. atMostOnce: it never leaves twice; without an answer it ends `unknown` */
  retry?: "standard" | "atMostOnce"
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata?: Record<string, string>
  /** E.164 with or without +, …@s.whatsapp.net, …@c.us, a group (…@g.us), …@lid, con_…, "status" with an audience, or an address object of an answer */
  to: string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  }
  /** The message that this one answers: an id, or the reference object of an answer */
  replyTo?: string | {
    /** Id of an earlier message of this session, sent or received */
    messageId: string
    /** In answers; ignored in requests */
    whatsappId?: string | null
  } | null
  /** People named in it. In a group they must be members */
  mentions?: (string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  })[] | null
  /** Names all members of the group */
  mentionsEveryone?: boolean | null
  /** Shown as forwarded */
  forwarded?: boolean | null
  type: "sticker"
  sticker: StickerContent
} | {
  sessionId: string
  /** Send not before this time, at most 90 days ahead; until then the message is `scheduled` and can be canceled */
  sendAt?: string
  /** If it has not left by then it ends `failed` with code `expired`; at most 30 days after it may be sent. Default: 24 hours after it may be sent */
  expiresAt?: string
  /** standard (default): a message without an answer is sent again, under the same WhatsApp id. atMostOnce: it never leaves twice; without an answer it ends `unknown` */
  retry?: "standard" | "atMostOnce"
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata?: Record<string, string>
  /** E.164 with or without +, …@s.whatsapp.net, …@c.us, a group (…@g.us), …@lid, con_…, "status" with an audience, or an address object of an answer */
  to: string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  }
  /** The message that this one answers: an id, or the reference object of an answer */
  replyTo?: string | {
    /** Id of an earlier message of this session, sent or received */
    messageId: string
    /** In answers; ignored in requests */
    whatsappId?: string | null
  } | null
  /** People named in it. In a group they must be members */
  mentions?: (string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  })[] | null
  /** Names all members of the group */
  mentionsEveryone?: boolean | null
  /** Shown as forwarded */
  forwarded?: boolean | null
  type: "location"
  location: LocationContent
} | {
  sessionId: string
  /** Send not before this time, at most 90 days ahead; until then the message is `scheduled` and can be canceled */
  sendAt?: string
  /** If it has not left by then it ends `failed` with code `expired`; at most 30 days after it may be sent. Default: 24 hours after it may be sent */
  expiresAt?: string
  /** standard (default): a message without an answer is sent again, under the same WhatsApp id. atMostOnce: it never leaves twice; without an answer it ends `unknown` */
  retry?: "standard" | "atMostOnce"
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata?: Record<string, string>
  /** E.164 with or without +, …@s.whatsapp.net, …@c.us, a group (…@g.us), …@lid, con_…, "status" with an audience, or an address object of an answer */
  to: string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  }
  /** The message that this one answers: an id, or the reference object of an answer */
  replyTo?: string | {
    /** Id of an earlier message of this session, sent or received */
    messageId: string
    /** In answers; ignored in requests */
    whatsappId?: string | null
  } | null
  /** People named in it. In a group they must be members */
  mentions?: (string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  })[] | null
  /** Names all members of the group */
  mentionsEveryone?: boolean | null
  /** Shown as forwarded */
  forwarded?: boolean | null
  type: "contacts"
  contacts: ContactCard[]
} | {
  sessionId: string
  /** Send not before this time, at most 90 days ahead; until then the message is `scheduled` and can be canceled */
  sendAt?: string
  /** If it has not left by then it ends `failed` with code `expired`; at most 30 days after it may be sent. Default: 24 hours after it may be sent */
  expiresAt?: string
  /** standard (default): a message without an answer is sent again, under the same WhatsApp id. atMostOnce: it never leaves twice; without an answer it ends `unknown` */
  retry?: "standard" | "atMostOnce"
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata?: Record<string, string>
  /** E.164 with or without +, …@s.whatsapp.net, …@c.us, a group (…@g.us), …@lid, con_…, "status" with an audience, or an address object of an answer */
  to: string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  }
  /** The message that this one answers: an id, or the reference object of an answer */
  replyTo?: string | {
    /** Id of an earlier message of this session, sent or received */
    messageId: string
    /** In answers; ignored in requests */
    whatsappId?: string | null
  } | null
  /** People named in it. In a group they must be members */
  mentions?: (string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  })[] | null
  /** Names all members of the group */
  mentionsEveryone?: boolean | null
  /** Shown as forwarded */
  forwarded?: boolean | null
  type: "poll"
  poll: PollContent
} | {
  sessionId: string
  /** Send not before this time, at most 90 days ahead; until then the message is `scheduled` and can be canceled */
  sendAt?: string
  /** If it has not left by then it ends `failed` with code `expired`; at most 30 days after it may be sent. Default: 24 hours after it may be sent */
  expiresAt?: string
  /** standard (default): a message without an answer is sent again, under the same WhatsApp id. atMostOnce: it never leaves twice; without an answer it ends `unknown` */
  retry?: "standard" | "atMostOnce"
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata?: Record<string, string>
  /** E.164 with or without +, …@s.whatsapp.net, …@c.us, a group (…@g.us), …@lid, con_…, "status" with an audience, or an address object of an answer */
  to?: string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  }
  type: "reaction"
  reaction: ReactionContent
} | {
  sessionId: string
  /** Send not before this time, at most 90 days ahead; until then the message is `scheduled` and can be canceled */
  sendAt?: string
  /** If it has not left by then it ends `failed` with code `expired`; at most 30 days after it may be sent. Default: 24 hours after it may be sent */
  expiresAt?: string
  /** standard (default): a message without an answer is sent again, under the same WhatsApp id. atMostOnce: it never leaves twice; without an answer it ends `unknown` */
  retry?: "standard" | "atMostOnce"
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata?: Record<string, string>
  /** E.164 with or without +, …@s.whatsapp.net, …@c.us, a group (…@g.us), …@lid, con_…, "status" with an audience, or an address object of an answer */
  to?: string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  }
  type: "edit"
  edit: EditContent
} | {
  sessionId: string
  /** Send not before this time, at most 90 days ahead; until then the message is `scheduled` and can be canceled */
  sendAt?: string
  /** If it has not left by then it ends `failed` with code `expired`; at most 30 days after it may be sent. Default: 24 hours after it may be sent */
  expiresAt?: string
  /** standard (default): a message without an answer is sent again, under the same WhatsApp id. atMostOnce: it never leaves twice; without an answer it ends `unknown` */
  retry?: "standard" | "atMostOnce"
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata?: Record<string, string>
  /** E.164 with or without +, …@s.whatsapp.net, …@c.us, a group (…@g.us), …@lid, con_…, "status" with an audience, or an address object of an answer */
  to?: string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  }
  type: "delete"
  delete: DeleteContent
}

export type TextContent = {
  body: string
  /** As you give it: the page is never fetched. The url must occur in the body */
  linkPreview?: {
    url: string
    title: string
    description?: string
    /** JPEG in base64, at most 32 KiB */
    thumbnail?: string
  }
}

/** image/jpeg, image/png, image/webp; at most 16 MiB */
export type ImageContent = {
  /** A file that was uploaded (POST /v1/media), received, or sent before */
  mediaId?: string | null
  /** Fetched by the platform when the message is accepted; private addresses are refused */
  url?: string | null
  /** What the file is; its first bytes must agree. Default: what the file was stored as */
  mimetype?: string | null
  /** In answers; ignored in requests */
  sizeBytes?: number | null
  /** In answers (hex); ignored in requests */
  sha256?: string | null
  /** In answers: `stored`, `pending` while a received file is fetched, `unavailable`; ignored in requests */
  status?: string | null
  caption?: string | null
  viewOnce?: boolean | null
  thumbnail?: string | null
  width?: number | null
  height?: number | null
}

/** video/mp4, video/3gpp; at most 64 MiB */
export type VideoContent = {
  /** A file that was uploaded (POST /v1/media), received, or sent before */
  mediaId?: string | null
  /** Fetched by the platform when the message is accepted; private addresses are refused */
  url?: string | null
  /** What the file is; its first bytes must agree. Default: what the file was stored as */
  mimetype?: string | null
  /** In answers; ignored in requests */
  sizeBytes?: number | null
  /** In answers (hex); ignored in requests */
  sha256?: string | null
  /** In answers: `stored`, `pending` while a received file is fetched, `unavailable`; ignored in requests */
  status?: string | null
  caption?: string | null
  viewOnce?: boolean | null
  thumbnail?: string | null
  width?: number | null
  height?: number | null
  seconds?: number | null
  gif?: boolean | null
}

/** Opus in Ogg, mono. audio/ogg; at most 16 MiB */
export type VoiceContent = {
  /** A file that was uploaded (POST /v1/media), received, or sent before */
  mediaId?: string | null
  /** Fetched by the platform when the message is accepted; private addresses are refused */
  url?: string | null
  /** What the file is; its first bytes must agree. Default: what the file was stored as */
  mimetype?: string | null
  /** In answers; ignored in requests */
  sizeBytes?: number | null
  /** In answers (hex); ignored in requests */
  sha256?: string | null
  /** In answers: `stored`, `pending` while a received file is fetched, `unavailable`; ignored in requests */
  status?: string | null
  viewOnce?: boolean | null
  seconds?: number | null
  /** Up to 64 bars of 0–100. Default: drawn from the file */
  waveform?: number[] | null
}

/** audio/mpeg, audio/mp4, audio/aac, audio/amr, audio/ogg; at most 16 MiB */
export type AudioContent = {
  /** A file that was uploaded (POST /v1/media), received, or sent before */
  mediaId?: string | null
  /** Fetched by the platform when the message is accepted; private addresses are refused */
  url?: string | null
  /** What the file is; its first bytes must agree. Default: what the file was stored as */
  mimetype?: string | null
  /** In answers; ignored in requests */
  sizeBytes?: number | null
  /** In answers (hex); ignored in requests */
  sha256?: string | null
  /** In answers: `stored`, `pending` while a received file is fetched, `unavailable`; ignored in requests */
  status?: string | null
  seconds?: number | null
}

/** Any type; at most 100 MiB */
export type DocumentContent = {
  /** A file that was uploaded (POST /v1/media), received, or sent before */
  mediaId?: string | null
  /** Fetched by the platform when the message is accepted; private addresses are refused */
  url?: string | null
  /** What the file is; its first bytes must agree. Default: what the file was stored as */
  mimetype?: string | null
  /** In answers; ignored in requests */
  sizeBytes?: number | null
  /** In answers (hex); ignored in requests */
  sha256?: string | null
  /** In answers: `stored`, `pending` while a received file is fetched, `unavailable`; ignored in requests */
  status?: string | null
  caption?: string | null
  thumbnail?: string | null
  fileName?: string | null
  pageCount?: number | null
}

/** 512 × 512 pixels. image/webp; at most 512 KiB */
export type StickerContent = {
  /** A file that was uploaded (POST /v1/media), received, or sent before */
  mediaId?: string | null
  /** Fetched by the platform when the message is accepted; private addresses are refused */
  url?: string | null
  /** What the file is; its first bytes must agree. Default: what the file was stored as */
  mimetype?: string | null
  /** In answers; ignored in requests */
  sizeBytes?: number | null
  /** In answers (hex); ignored in requests */
  sha256?: string | null
  /** In answers: `stored`, `pending` while a received file is fetched, `unavailable`; ignored in requests */
  status?: string | null
  width?: number | null
  height?: number | null
  animated?: boolean | null
}

export type LocationContent = {
  latitude: number
  longitude: number
  name?: string | null
  address?: string | null
}

export type ContactCard = {
  name: string
  phones?: string[]
  organization?: string | null
  emails?: string[]
  /** The whole card; without it one is made of the other fields */
  vcard?: string | null
}

export type PollContent = {
  name: string
  options: string[]
  /** How many options one person may choose; 0: as many as they like */
  selectableCount?: number
  /** In answers: votes so far; ignored in requests */
  results?: ({
    option: string
    votes: number
  })[] | null
}

export type ReactionContent = {
  /** Id of an earlier message of this session, sent or received */
  messageId: string
  /** One emoji; null takes the reaction back */
  emoji: string | null
  /** In answers; ignored in requests */
  whatsappId?: string | null
}

/** A new text for a text of yours, within 15 minutes */
export type EditContent = {
  /** Id of an earlier message of this session, sent or received */
  messageId: string
  text: {
    body: string
  }
  /** In answers; ignored in requests */
  whatsappId?: string | null
}

/** Deletes a message for everyone */
export type DeleteContent = {
  /** Id of an earlier message of this session, sent or received */
  messageId: string
  /** In answers; ignored in requests */
  whatsappId?: string | null
}

export type TestReceiveRequest = {
  from: string
  text?: string
  media?: {
    kind: "image" | "video" | "audio" | "voice" | "document" | "sticker"
    dataBase64?: string
    /** Instead: so many random bytes */
    sizeBytes?: number
    mimetype?: string
    caption?: string
    fileName?: string
    seconds?: number
    viewOnce?: boolean
  }
  location?: {
    latitude: number
    longitude: number
    name?: string
    address?: string
  }
  contacts?: ({
    name: string
    phone: string
  })[]
  poll?: {
    name: string
    options: string[]
    selectableCount?: number
  }
  /** An empty list takes the vote back */
  pollVote?: {
    /** A message of the session that the contact knows */
    messageId: string
    options: string[]
  }
  /** null takes the reaction back */
  reaction?: {
    /** A message of the session that the contact knows */
    messageId: string
    emoji: string | null
  }
  edit?: {
    /** A message of the session that the contact knows */
    messageId: string
    text: {
      body: string
    }
  }
  delete?: {
    /** A message of the session that the contact knows */
    messageId: string
  }
  /** They set the timer of the chat; 0: messages stay */
  disappearingSeconds?: number
  /** Where they say it; default: in the chat of two */
  group?: string
  /** Of a text: what it answers */
  replyTo?: string
  /** Of a text */
  mentions?: string[]
}

export type Health = {
  status: "ok"
  version: string
}

/** RFC 9457 problem details */
export type Problem = {
  type: string
  title: string
  status: number
  code: string
  detail: string
  param?: string
  requestId: string
  retryable: boolean
  docUrl: string
  errors?: ({
    path: string
    message: string
  })[]
}

export type Tenant = {
  id: string
  name: string
  plan: string
  status: "active" | "suspended" | "deleting" | "deleted"
  /** The limits that hold: of the plan, replaced by the own ones, never above the platform ceilings */
  limits: Record<string, number>
  suspendedReason: string | null
  /** Set from the deletion on; shreddedAt: the data keys are destroyed */
  deletion: {
    requestedAt: string
    logout: boolean
    shreddedAt: string | null
  } | null
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata: Record<string, string>
  createdAt: string
}

export type OwnTenant = {
  id: string
  name: string
  plan: string
  status: "active" | "suspended" | "deleting" | "deleted"
  /** The limits that hold: of the plan, replaced by the own ones, never above the platform ceilings */
  limits: Record<string, number>
  suspendedReason: string | null
  /** Set from the deletion on; shreddedAt: the data keys are destroyed */
  deletion: {
    requestedAt: string
    logout: boolean
    shreddedAt: string | null
  } | null
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata: Record<string, string>
  createdAt: string
  /** live or test; data of the two never mix */
  mode: "live" | "test"
}

export type CreatedKey = {
  id: string
  name: string
  /** First characters of the key, for people */
  start: string
  /** live or test; data of the two never mix */
  mode: "live" | "test"
  scopes: string[]
  /** The only session this key can use; null: all */
  sessionId: string | null
  ipAllow: string[]
  expiresAt: string | null
  revokedAt: string | null
  /** To the minute, written once a minute */
  lastUsedAt: string | null
  createdAt: string
  /** The key itself: only in this answer; null when it is a repeated one */
  key: string | null
}

export type Key = {
  id: string
  name: string
  /** First characters of the key, for people */
  start: string
  /** live or test; data of the two never mix */
  mode: "live" | "test"
  scopes: string[]
  /** The only session this key can use; null: all */
  sessionId: string | null
  ipAllow: string[]
  expiresAt: string | null
  revokedAt: string | null
  /** To the minute, written once a minute */
  lastUsedAt: string | null
  createdAt: string
}

export type Session = {
  id: string
  tenantId: string
  name: string
  /** live or test; data of the two never mix */
  mode: "live" | "test"
  status: "created" | "linking" | "connecting" | "connected" | "reconnecting" | "restricted" | "loggedOut" | "stopped" | "failed"
  reason: {
    code: string
    waCode?: number
    /** of state_lost and log_future_format: what is wrong with what was stored of the session */
    fault?: "future_format" | "unreadable_head" | "missing_head" | "missing_snapshot" | "missing_record" | "corrupt_record" | "missing_key" | "wrong_key" | "missing_credentials" | "sequence_behind"
    retryable: boolean
    nextAction: string
    since: string
  } | null
  phone: string | null
  lid: string | null
  pushName: string | null
  workerId: string | null
  connectedAt: string | null
  /** WhatsApp lets this number open no new chats before `until`; existing chats go on */
  restriction: {
    code: string
    until: string
    since: string
  } | null
  pacing: Pacing
  calls: CallSettings
  /** Messages that come in and are left alone: no message, no event, no file. They do not come later either (docs/inbound.md) */
  inbound: InboundSettings
  /** HTTP proxy of its own, for its connection and its files: it wins over those of the deployment. null: none (docs/proxy.md) */
  proxy: Proxy | null
  /** manual: when you ask for it (POST /v1/messages/{id}/read); onReceive: as soon as a message came in; never: not even when you ask */
  readReceipts: "manual" | "onReceive" | "never"
  createdAt: string
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata: Record<string, string>
}

export type Pacing = {
  /** How fast messages leave; docs/pacing.md has the numbers */
  policy: "human" | "steady" | "none"
  quietHours: {
    from: string
    to: string
    timeZone: string
  } | null
  /** Show typing before a text, recording before a voice note: 1 to 6 s */
  typing: boolean
}

export type CallSettings = {
  /** Reject calls at once; call.received is told all the same */
  autoReject: boolean
}

export type InboundSettings = {
  ignore: ("groups" | "statuses")[]
}

export type Proxy = {
  /** Without its credentials */
  url: string
}

export type Diagnosis = {
  sessionId: string
  /** live or test; data of the two never mix */
  mode: "live" | "test"
  status: "created" | "linking" | "connecting" | "connected" | "reconnecting" | "restricted" | "loggedOut" | "stopped" | "failed"
  reason: {
    code: string
    waCode?: number
    /** of state_lost and log_future_format: what is wrong with what was stored of the session */
    fault?: "future_format" | "unreadable_head" | "missing_head" | "missing_snapshot" | "missing_record" | "corrupt_record" | "missing_key" | "wrong_key" | "missing_credentials" | "sequence_behind"
    retryable: boolean
    nextAction: string
    since: string
  } | null
  healthy: boolean
  summary: string
  /** Each depends on those before it: the first that is not ok explains the rest */
  checks: ({
    name: "link" | "desired" | "worker" | "stability" | "connection" | "queue"
    status: "ok" | "waiting" | "problem"
    detail: string
  })[]
  nextAction: {
    code: string
    by: "nobody" | "tenant" | "operator"
    description: string
  }
  queue: {
    /** Messages that wait, counted up to 100 */
    waiting: number
    more: boolean
    nextAt: string | null
  }
  at: string
}

export type Link = {
  method: "qr" | "code"
  qr: string | null
  code: string | null
  expiresAt: string | null
  attempt: number
}

export type LinkNotReady = {
  status: "created" | "linking" | "connecting" | "connected" | "reconnecting" | "restricted" | "loggedOut" | "stopped" | "failed"
  retryAfterSeconds: number
}

export type Qr = {
  qr: string
  expiresAt: string
  attempt: number
}

export type Message = {
  id: string
  sessionId: string
  /** live or test; data of the two never mix */
  mode: "live" | "test"
  direction: "outbound" | "inbound"
  status: "scheduled" | "queued" | "sending" | "unknown" | "failed" | "sent" | "delivered" | "read" | "played" | "canceled" | "received"
  /** text, image, video, audio, voice, document, sticker, location, contacts, poll, reaction, edit, delete; received ones also pollVote, unsupported, undecryptable */
  type: string
  text?: {
    body: string
    linkPreview?: {
      url: string
      title?: string | null
      description?: string | null
      thumbnail?: string | null
    } | null
  }
  image?: MediaContentOutput
  video?: MediaContentOutput
  audio?: MediaContentOutput
  voice?: MediaContentOutput
  document?: MediaContentOutput
  sticker?: MediaContentOutput
  location?: {
    latitude: number
    longitude: number
    name?: string | null
    address?: string | null
  }
  contacts?: ({
    name: string
    phones: string[]
    organization?: string | null
    emails: string[]
    vcard?: string | null
  })[]
  poll?: {
    name: string
    options: string[]
    selectableCount: number
    results?: ({
      option: string
      votes: number
    })[] | null
  }
  pollVote?: {
    messageId?: string | null
    whatsappId?: string | null
    options: string[] | null
  }
  reaction?: {
    messageId?: string | null
    whatsappId?: string | null
    emoji: string | null
  }
  edit?: {
    messageId?: string | null
    whatsappId?: string | null
    text: {
      body: string
    }
  }
  delete?: {
    messageId?: string | null
    whatsappId?: string | null
  }
  unsupported?: {
    kind: string
  }
  /** type undecryptable: why there is no content. If WhatsApp delivers it later, the same message gets its type and content, and a message.received. */
  undecryptable?: {
    reason: "no_session" | "no_sender_key" | "no_pre_key" | "key_used" | "bad_mac" | "absent" | "unsupported" | "other" | "unprocessable"
  }
  replyTo?: {
    messageId?: string | null
    whatsappId?: string | null
  } | null
  mentions?: Address[] | null
  mentionsEveryone?: boolean | null
  forwarded?: boolean | null
  audience?: Address[] | null
  /** What people react with now; of a single message (GET by id) */
  reactions?: ({
    from: Address
    emoji: string
    at: string
  })[] | null
  /** The chat deletes it after this long */
  disappearingSeconds?: number | null
  chat: Address
  from: Address
  to: Address
  whatsappId: string
  failure: {
    code: string
    message: string
    retryable: boolean
  } | null
  createdAt: string
  /** When it was asked to be sent; null: at once */
  sendAt: string | null
  expiresAt: string | null
  /** While it waits: held back until then, by the pacing of the session or by WhatsApp */
  notBefore: string | null
  sentAt: string | null
  deliveredAt: string | null
  readAt: string | null
  receivedAt: string | null
  /** Its text is the edited one since then */
  editedAt?: string | null
  /** Deleted for everyone */
  deletedAt?: string | null
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata: Record<string, string>
}

export type MediaContentOutput = {
  /** GET /v1/media/{id} answers a downloadUrl */
  mediaId?: string | null
  mimetype?: string | null
  sizeBytes?: number | null
  /** Hex, of the file */
  sha256?: string | null
  status?: "stored" | "pending" | "unavailable" | null
  caption?: string | null
  fileName?: string | null
  seconds?: number | null
  width?: number | null
  height?: number | null
  pageCount?: number | null
  waveform?: number[] | null
  viewOnce?: boolean | null
  animated?: boolean | null
  gif?: boolean | null
  /** Where a file that you gave as a url came from */
  url?: string | null
  thumbnail?: string | null
}

/** jid and lid are null until WhatsApp resolved them */
export type Address = {
  contactId: string | null
  phone: string | null
  lid: string | null
  jid: string | null
  kind: "user" | "group" | "status" | "channel" | "unknown"
}

export type Media = {
  id: string
  /** live or test; data of the two never mix */
  mode: "live" | "test"
  /** uploading: waits for your upload; pending: the platform fetches it; stored; unavailable: see failure */
  status: "uploading" | "pending" | "stored" | "unavailable"
  source: "upload" | "url" | "inbound"
  mimetype: string
  sizeBytes: number | null
  /** Hex */
  sha256: string | null
  fileName: string | null
  sessionId: string | null
  /** The received message that brought it */
  messageId: string | null
  failure: {
    code: string
    message: string
    retryable: boolean
  } | null
  /** Send the bytes there, with exactly these headers */
  upload: {
    method: "PUT"
    url: string
    headers: Record<string, string>
    expiresAt: string
  } | null
  /** For five minutes, without a key; null until it is stored */
  downloadUrl: string | null
  downloadUrlExpiresAt: string | null
  createdAt: string
  expiresAt: string
}

export type BatchResult = {
  /** Position in `messages` */
  index: number
  /** 202: accepted; else the HTTP status of the error */
  status: number
  message: Message | null
  error: Problem | null
}

export type Read = {
  /** How many messages were marked */
  messages: number
  /** Older ones are unread still: ask again */
  hasMore: boolean
}

export type Operation = {
  id: string
  sessionId: string
  /** live or test; data of the two never mix */
  mode: "live" | "test"
  /** The operation of this API that made it */
  kind: string
  /** pending: waits for the session to be connected; expired: it had no effect; unknown: WhatsApp never confirmed it, it may have had its effect */
  status: "pending" | "running" | "succeeded" | "failed" | "expired" | "unknown"
  /** Of a succeeded one: the body that its 200 would have had; else null */
  result: unknown
  failure: {
    code: string
    message: string
    retryable: boolean
  } | null
  createdAt: string
  expiresAt: string
  completedAt: string | null
}

export type ContactLookup = {
  data: ({
    input: string
    /** null: a LID that this session has never met */
    onWhatsApp: boolean | null
    contact: Address | null
  })[]
}

export type Contact = {
  /** Stable within the session; names of merged contacts lead to the one left */
  id: string
  sessionId: string
  phone: string | null
  /** Null until WhatsApp told it */
  lid: string | null
  /** They wrote, or WhatsApp took a message for them */
  hasChat: boolean
  firstSeenAt: string
}

export type ContactProfile = {
  contact: Address
  about: string | null
  /** WhatsApp’s own address of the picture; good for a few days. null: none, or not for us */
  pictureUrl: string | null
  aboutSetAt: string | null
}

export type ContactBlock = {
  contact: Address
  blocked: boolean
}

export type CreatedGroup = {
  id: string
  subject: string
  description: string | null
  size: number
  /** Ours; null: we are not in it */
  role: "member" | "admin" | "owner" | null
  /** Only admins write */
  announcementsOnly: boolean
  /** Only admins change subject, description and picture */
  lockedSettings: boolean
  /** Who uses the invite link waits for an admin */
  joinApproval: boolean
  /** Members add people, not only admins */
  membersCanAdd: boolean
  /** 0: messages stay */
  disappearingSeconds: number
  createdAt: string | null
  owner: Address | null
  participants: ({
    participant: Address
    role: "member" | "admin" | "owner"
  })[]
  results: ({
    participant: Address
    /** unchanged: it was so before; needsInvite: the person does not let us add them, send them the invite link */
    status: "done" | "unchanged" | "needsInvite" | "failed"
    code: string | null
  })[]
}

export type GroupSummary = {
  id: string
  subject: string
  description: string | null
  size: number
  /** Ours; null: we are not in it */
  role: "member" | "admin" | "owner" | null
  /** Only admins write */
  announcementsOnly: boolean
  /** Only admins change subject, description and picture */
  lockedSettings: boolean
  /** Who uses the invite link waits for an admin */
  joinApproval: boolean
  /** Members add people, not only admins */
  membersCanAdd: boolean
  /** 0: messages stay */
  disappearingSeconds: number
  createdAt: string | null
}

export type Group = {
  id: string
  subject: string
  description: string | null
  size: number
  /** Ours; null: we are not in it */
  role: "member" | "admin" | "owner" | null
  /** Only admins write */
  announcementsOnly: boolean
  /** Only admins change subject, description and picture */
  lockedSettings: boolean
  /** Who uses the invite link waits for an admin */
  joinApproval: boolean
  /** Members add people, not only admins */
  membersCanAdd: boolean
  /** 0: messages stay */
  disappearingSeconds: number
  createdAt: string | null
  owner: Address | null
  participants: ({
    participant: Address
    role: "member" | "admin" | "owner"
  })[]
}

export type GroupDone = {
  groupId: string
}

export type GroupParticipantResults = {
  groupId: string
  action: string
  results: ({
    participant: Address
    /** unchanged: it was so before; needsInvite: the person does not let us add them, send them the invite link */
    status: "done" | "unchanged" | "needsInvite" | "failed"
    code: string | null
  })[]
}

export type GroupJoinRequests = {
  data: ({
    participant: Address
    /** How they asked, in WhatsApp's own words */
    method: string | null
    requestedAt: string | null
  })[]
}

export type GroupInvite = {
  groupId: string
  code: string
  link: string
}

export type GroupJoined = {
  groupId: string
  /** requested: an admin has to let us in */
  status: "joined" | "requested"
}

export type Profile = {
  account: Address
  name: string | null
  about: string | null
  /** WhatsApp’s own address of the picture; good for a few days. null: none, or not for us */
  pictureUrl: string | null
}

export type Presence = {
  chat: Address | null
  state: string
}

export type Event = {
  id: string
  type: string
  apiVersion: string
  tenantId: string
  /** live or test; data of the two never mix */
  mode: "live" | "test"
  sessionId: string | null
  /** Per session 1, 2, 3… without gap; null for control-plane events */
  sequence: number | null
  timestamp: string
  data: unknown
  /** Only when its data was removed on request; data is null then */
  expungedAt?: string
}

export type CreatedWebhookEndpoint = {
  id: string
  /** live or test; data of the two never mix */
  mode: "live" | "test"
  url: string
  events: string[]
  /** Only events of these sessions; empty: of all */
  sessions: string[]
  /** Only events of these chats (contact id, phone, LID or jid); empty: of all. Events without a chat pass. */
  chats: string[]
  /** thin: everything but `data`; fetch the event by its id */
  payload: "full" | "thin"
  /** standard: 12 attempts in about 71 h; short: 5 in about 13 min; none: 1 */
  retry: "standard" | "short" | "none"
  /** Older events are not posted any more: `expired` */
  maxAgeSeconds: number | null
  /** hmacAndEd25519: each delivery has `v1a` signatures too, to be verified with `publicKeys` */
  signing: "hmac" | "hmacAndEd25519"
  /** session: events of one session come one at a time, by sequence; one that fails holds the next ones back for at most 15 minutes. Replays and retries by hand are not ordered. */
  ordering: "none" | "session"
  /** Ceiling; halves on 429 and time-outs and climbs back */
  ratePerSecond: number
  description: string
  status: "active" | "paused" | "disabled"
  statusReason: string | null
  /** `whpk_…` of every live secret, newest first; empty unless Ed25519 is on */
  publicKeys: string[]
  createdAt: string
  /** Signing secret: only in this answer; null when it is a repeated one */
  secret: string | null
}

export type WebhookEndpoint = {
  id: string
  /** live or test; data of the two never mix */
  mode: "live" | "test"
  url: string
  events: string[]
  /** Only events of these sessions; empty: of all */
  sessions: string[]
  /** Only events of these chats (contact id, phone, LID or jid); empty: of all. Events without a chat pass. */
  chats: string[]
  /** thin: everything but `data`; fetch the event by its id */
  payload: "full" | "thin"
  /** standard: 12 attempts in about 71 h; short: 5 in about 13 min; none: 1 */
  retry: "standard" | "short" | "none"
  /** Older events are not posted any more: `expired` */
  maxAgeSeconds: number | null
  /** hmacAndEd25519: each delivery has `v1a` signatures too, to be verified with `publicKeys` */
  signing: "hmac" | "hmacAndEd25519"
  /** session: events of one session come one at a time, by sequence; one that fails holds the next ones back for at most 15 minutes. Replays and retries by hand are not ordered. */
  ordering: "none" | "session"
  /** Ceiling; halves on 429 and time-outs and climbs back */
  ratePerSecond: number
  description: string
  status: "active" | "paused" | "disabled"
  statusReason: string | null
  /** `whpk_…` of every live secret, newest first; empty unless Ed25519 is on */
  publicKeys: string[]
  createdAt: string
}

export type DeliveryAttempt = {
  id: string
  number: number
  at: string
  error: "dns_failed" | "blocked_address" | "connect_refused" | "tls_failed" | "timeout" | "reset" | "http_status" | null
  request: {
    url: string | null
    /** Signatures are masked */
    headers: Record<string, string>
  }
  response: {
    status: number
    headers: Record<string, string>
    /** First 16 kB */
    body: string | null
  } | null
  /** When request and answer were removed on request */
  expungedAt: string | null
  /** null: none was made. Times are null where a connection that was open already was used */
  connection: {
    /** The address that was reached */
    address: string
    dnsMs: number | null
    connectMs: number | null
    tlsMs: number | null
  } | null
  timing: {
    firstByteMs: number | null
    totalMs: number
  }
}

export type Delivery = {
  id: string
  endpointId: string
  eventId: string
  eventType: string
  sessionId: string | null
  sequence: number | null
  /** 1; each replay or retry of a settled delivery adds one */
  generation: number
  status: "pending" | "inFlight" | "retrying" | "delivered" | "exhausted" | "held" | "expired" | "canceled"
  heldReason: "paused" | "disabled" | "failing" | null
  attempts: number
  nextAttemptAt: string | null
  lastError: string | null
  lastStatus: number | null
  createdAt: string
  completedAt: string | null
}

export type WebhookReplay = {
  id: string
  endpointId: string
  select: "failed" | "held" | "missed" | "all"
  since: string
  until: string
  types: string[]
  status: "running" | "completed" | "canceled"
  /** Events or deliveries looked at so far */
  examined: number
  /** Deliveries opened so far */
  enqueued: number
  createdAt: string
  completedAt: string | null
}

export type Limits = {
  plan: string
  /** live or test; data of the two never mix */
  mode: "live" | "test"
  /** All keys of this mode together */
  requests: {
    /** Sustained requests per second */
    perSecond: number
    /** Requests that may come at once */
    burst: number
  }
  /** This key */
  keyRequests: {
    /** Sustained requests per second */
    perSecond: number
    /** Requests that may come at once */
    burst: number
  }
  sessions: {
    limit: number
    used: number
  }
  /** Accepted outbound messages of this UTC day. Taken in blocks: `used` may be ahead of what was accepted by one block per server. */
  messagesPerDay: {
    limit: number
    used: number
    resetsAt: string
  }
  /** Bytes of media that are kept now, with uploads that are under way */
  mediaBytes: {
    limit: number
    used: number
  }
  webhookEndpoints: {
    limit: number
    used: number
  }
  /** Live streams that are open now */
  streams: {
    limit: number
    used: number
  }
  /** Events and their deliveries are kept so long */
  eventRetentionDays: number
}

export type AuditEntry = {
  id: string
  at: string
  /** Id of the key; `platform` for a platform key */
  actor: string
  tenantId: string | null
  mode: "live" | "test" | null
  sourceIp: string | null
  userAgent: string | null
  requestId: string
  /** operationId of this document */
  operation: string
  resourceId: string | null
  /** `unknown`: the process ended between the change and its entry */
  outcome: "succeeded" | "refused" | "failed" | "unknown"
  status: number | null
  /** Error code of a refusal */
  code: string | null
  /** SHA-256 (hex) of the resource as the API shows it, without secrets */
  beforeDigest: string | null
  /** SHA-256 (hex) of the resource as the API shows it, without secrets */
  afterDigest: string | null
}

export type UsageReport = {
  from: string
  to: string
  granularity: "day" | "month"
  /** live or test; data of the two never mix */
  mode: "live" | "test"
  currency: string
  /** Version of the price table of the estimate */
  priceTable: string
  complete: boolean
  asOf: string
  data: UsageRow[]
}

export type UsageRow = {
  /** UTC day or month */
  period: string
  /** null: the whole tenant */
  sessionId: string | null
  messages: ({
    direction: "outbound" | "inbound"
    type: string
    /** sent, delivered, read, played (a receipt proves the steps before it), failed, unknown, canceled; received */
    outcome: string
    count: number
  })[]
  /** Sessions that were connected or had a message */
  sessionsActive: number
  /** Connected time of all sessions */
  sessionSeconds: number
  mediaBytes: number
  /** POSTs to endpoints, by their own day; null in the breakdown by session */
  webhookAttempts: number | null
  /** null in the breakdown by session */
  apiCalls: number | null
  /** In the currency of the answer, by its price table */
  estimatedCost: number
}

export type TenantMonths = {
  data: TenantMonth[]
  nextCursor: string | null
  hasMore: boolean
  month: string
  /** live or test; data of the two never mix */
  mode: "live" | "test"
  currency: string
  priceTable: string
  asOf: string
}

export type TenantMonth = {
  tenantId: string
  name: string
  plan: string
  status: "active" | "suspended" | "deleting" | "deleted"
  /** false: more events wait to be counted: ask again */
  complete: boolean
  usage: UsageRow
}

export type TestAction = {
  status: "accepted"
}

export type TestReceive = {
  status: "accepted"
  whatsappId: string | null
}

export type Worker = {
  id: string
  incarnation: number
  /** live or test; data of the two never mix */
  mode: "live" | "test"
  status: "starting" | "ready" | "draining" | "drained" | "dead"
  sessions: number
  capacity: number
  version: string
  rssMb: number | null
  /** 99th percentile of the event loop delay between two beats */
  loopLagMs: number | null
  heartbeatAt: string
}

export type PlacedSession = {
  id: string
  tenantId: string
  /** live or test; data of the two never mix */
  mode: "live" | "test"
  desired: "running" | "stopped" | "logged_out" | "deleted"
  /** null: nobody has it at the moment */
  workerId: string | null
  epoch: number
}

export type Rollout = {
  id: string
  /** live or test; data of the two never mix */
  mode: "live" | "test"
  /** workers of any other version are replaced */
  version: string
  waveSize: number
  status: "running" | "aborting" | "done" | "aborted" | "failed"
  /** what the last step did, or what it waits for */
  because: string
  startedAt: string
  endedAt: string | null
}

export type ClientVersion = {
  /** live or test; data of the two never mix */
  mode: "live" | "test"
  /** what workers announce to WhatsApp; null: what each worker brings */
  version: string | null
  setAt: string | null
  /** versions that WhatsApp refused (405) */
  refused: ({
    version: string
    /** sessions that heard it lately, at most 4 are counted */
    sessions: number
    /** nobody connects before then, and one tries; null: nobody is held */
    heldUntil: string | null
  })[]
}

export type GetHealthAnswer = Health

export type CreateTenantBody = {
  name: string
  plan?: "trial" | "standard" | "business" | "enterprise"
  /** Replaces single limits of the plan; never above the platform ceilings */
  limits?: {
    requestsPerSecond?: number
    requestBurst?: number
    keyRequestsPerSecond?: number
    keyRequestBurst?: number
    sessions?: number
    messagesPerDay?: number
    mediaBytes?: number
    webhookEndpoints?: number
    streams?: number
    eventRetentionDays?: number
  }
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata?: Record<string, string>
}
export type CreateTenantAnswer = Tenant

export type GetTenantAnswer = Tenant

export type ListTenantsQuery = {
  limit?: number
  /** nextCursor of the page before */
  cursor?: string
}
export type ListTenantsAnswer = {
  data: Tenant[]
  nextCursor: string | null
  hasMore: boolean
}

export type UpdateTenantBody = {
  name?: string
  plan?: "trial" | "standard" | "business" | "enterprise"
  /** Replaces single limits of the plan; never above the platform ceilings */
  limits?: {
    requestsPerSecond?: number
    requestBurst?: number
    keyRequestsPerSecond?: number
    keyRequestBurst?: number
    sessions?: number
    messagesPerDay?: number
    mediaBytes?: number
    webhookEndpoints?: number
    streams?: number
    eventRetentionDays?: number
  }
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata?: Record<string, string>
}
export type UpdateTenantAnswer = Tenant

export type SuspendTenantBody = {
  reason?: string
}
export type SuspendTenantAnswer = Tenant

export type ResumeTenantBody = Record<string, never>
export type ResumeTenantAnswer = Tenant

export type DeleteTenantQuery = {
  logout?: "true" | "false"
}
export type DeleteTenantAnswer = Tenant

export type GetOwnTenantAnswer = OwnTenant

export type CreateTenantKeyBody = {
  name: string
  scopes: ("*" | "messages:send" | "messages:read" | "sessions:read" | "sessions:manage" | "webhooks:read" | "webhooks:manage" | "events:read" | "events:manage" | "keys:manage" | "tenant:read" | "audit:read" | "usage:read" | "contacts:read" | "contacts:manage" | "groups:read" | "groups:manage" | "presence:manage" | "profile:manage")[]
  sessionId?: string | null
  /** Addresses or CIDR ranges; empty: any */
  ipAllow?: string[]
  expiresAt?: string | null
  /** live or test; data of the two never mix */
  mode: "live" | "test"
}
export type CreateTenantKeyAnswer = CreatedKey

export type CreateKeyBody = {
  name: string
  scopes: ("*" | "messages:send" | "messages:read" | "sessions:read" | "sessions:manage" | "webhooks:read" | "webhooks:manage" | "events:read" | "events:manage" | "keys:manage" | "tenant:read" | "audit:read" | "usage:read" | "contacts:read" | "contacts:manage" | "groups:read" | "groups:manage" | "presence:manage" | "profile:manage")[]
  sessionId?: string | null
  /** Addresses or CIDR ranges; empty: any */
  ipAllow?: string[]
  expiresAt?: string | null
  /** live or test; data of the two never mix */
  mode?: "live" | "test"
}
export type CreateKeyAnswer = CreatedKey

export type ListKeysQuery = {
  limit?: number
  /** nextCursor of the page before */
  cursor?: string
}
export type ListKeysAnswer = {
  data: Key[]
  nextCursor: string | null
  hasMore: boolean
}

export type GetKeyAnswer = Key

export type RotateKeyBody = {
  /** How long the old key still works, at most 7 days */
  overlapSeconds?: number
}
export type RotateKeyAnswer = CreatedKey

export type RevokeKeyAnswer = null

export type CreateSessionBody = {
  name: string
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata?: Record<string, string>
  pacing?: {
    policy: "human" | "steady" | "none"
    quietHours?: {
      from: string
      to: string
      timeZone: string
    } | null
    typing?: boolean
  }
  calls?: {
    /** Reject calls at once; call.received is told all the same */
    autoReject: boolean
  }
  /** Messages that come in and are left alone: no message, no event, no file. They do not come later either (docs/inbound.md) */
  inbound?: {
    /** groups: what comes in groups; statuses: what contacts post */
    ignore: ("groups" | "statuses")[]
  }
  /** HTTP proxy of its own, for its connection and its files: it wins over those of the deployment. null: none (docs/proxy.md) */
  proxy?: {
    url: string
  } | null
  /** manual: when you ask for it (POST /v1/messages/{id}/read); onReceive: as soon as a message came in; never: not even when you ask */
  readReceipts?: "manual" | "onReceive" | "never"
}
export type CreateSessionAnswer = Session

export type GetSessionAnswer = Session

export type DiagnoseSessionAnswer = Diagnosis

export type ListSessionsQuery = {
  limit?: number
  /** nextCursor of the page before */
  cursor?: string
  status?: "created" | "linking" | "connecting" | "connected" | "reconnecting" | "restricted" | "loggedOut" | "stopped" | "failed"
}
export type ListSessionsAnswer = {
  data: Session[]
  nextCursor: string | null
  hasMore: boolean
}

export type UpdateSessionBody = {
  name?: string
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata?: Record<string, string>
  pacing?: {
    policy: "human" | "steady" | "none"
    quietHours?: {
      from: string
      to: string
      timeZone: string
    } | null
    typing?: boolean
  }
  calls?: {
    /** Reject calls at once; call.received is told all the same */
    autoReject: boolean
  }
  /** Messages that come in and are left alone: no message, no event, no file. They do not come later either (docs/inbound.md) */
  inbound?: {
    /** groups: what comes in groups; statuses: what contacts post */
    ignore: ("groups" | "statuses")[]
  }
  /** HTTP proxy of its own, for its connection and its files: it wins over those of the deployment. null: none (docs/proxy.md) */
  proxy?: {
    url: string
  } | null
  /** manual: when you ask for it (POST /v1/messages/{id}/read); onReceive: as soon as a message came in; never: not even when you ask */
  readReceipts?: "manual" | "onReceive" | "never"
}
export type UpdateSessionAnswer = Session

export type LinkSessionBody = {
  method: "qr"
} | {
  method: "code"
  phone: string
}
export type LinkSessionAnswer = Session

export type GetLinkAnswer = Link | LinkNotReady

export type GetQrAnswer = Qr | LinkNotReady | null

export type StartSessionBody = Record<string, never>
export type StartSessionAnswer = Session

export type StopSessionBody = Record<string, never>
export type StopSessionAnswer = Session

export type RestartSessionBody = Record<string, never>
export type RestartSessionAnswer = Session

export type LogoutSessionBody = Record<string, never>
export type LogoutSessionAnswer = Session

export type DeleteSessionQuery = {
  /** false: the session goes, but the phone goes on showing the linked device until a person removes it there */
  logout?: "true" | "false"
}
export type DeleteSessionAnswer = Session

export type CreateMessageBody = SendMessage
export type CreateMessageAnswer = Message

export type GetMessageAnswer = Message

export type ListMessagesQuery = {
  limit?: number
  /** nextCursor of the page before */
  cursor?: string
  sessionId?: string
  /** Messages of one chat, both directions: a phone number, a jid or a contact id; needs sessionId */
  chat?: string
  status?: "scheduled" | "queued" | "sending" | "unknown" | "failed" | "sent" | "delivered" | "read" | "played" | "canceled" | "received"
  direction?: "outbound" | "inbound"
  /** Created at this time or later */
  since?: string
  /** Created before this time */
  until?: string
}
export type ListMessagesAnswer = {
  data: Message[]
  nextCursor: string | null
  hasMore: boolean
}

export type CancelMessageBody = Record<string, never>
export type CancelMessageAnswer = Message

export type CreateMediaBody = {
  mimetype: string
  sizeBytes: number
  /** Hex. S3 refuses other bytes than these */
  sha256?: string
  fileName?: string
}
export type CreateMediaAnswer = Media

export type GetMediaAnswer = Media

export type DeleteMediaAnswer = null

export type CreateMessageBatchBody = {
  /** Bodies of POST /v1/messages; the request may have 1 MB */
  messages: SendMessage[]
}
export type CreateMessageBatchAnswer = {
  data: BatchResult[]
}

export type EditMessageBody = {
  /** If it has not left by then it ends `failed` with code `expired`; at most 30 days after it may be sent. Default: 24 hours after it may be sent */
  expiresAt?: string
  retry?: "standard" | "atMostOnce"
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata?: Record<string, string>
  text: {
    body: string
  }
}
export type EditMessageAnswer = Message

export type DeleteMessageAnswer = Message

export type ReactToMessageBody = {
  /** If it has not left by then it ends `failed` with code `expired`; at most 30 days after it may be sent. Default: 24 hours after it may be sent */
  expiresAt?: string
  retry?: "standard" | "atMostOnce"
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata?: Record<string, string>
  emoji: string
}
export type ReactToMessageAnswer = Message

export type RemoveReactionAnswer = Message

export type ForwardMessageBody = {
  /** If it has not left by then it ends `failed` with code `expired`; at most 30 days after it may be sent. Default: 24 hours after it may be sent */
  expiresAt?: string
  retry?: "standard" | "atMostOnce"
  /** Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters */
  metadata?: Record<string, string>
  to: string | {
    contactId?: string | null
    phone?: string | null
    lid?: string | null
    jid?: string | null
    kind?: string | null
  }
  /** Send not before this time, at most 90 days ahead; until then the message is `scheduled` and can be canceled */
  sendAt?: string
}
export type ForwardMessageAnswer = Message

export type MarkMessageReadBody = {
  /** Also what is unread and older in the same chat, up to 256 messages */
  upTo?: boolean
}
export type MarkMessageReadAnswer = Read | Operation

export type LookupContactsBody = {
  /** Phone numbers, or LIDs (…@lid) that were met before */
  addresses: string[]
}
export type LookupContactsAnswer = ContactLookup | Operation

export type ListContactsQuery = {
  limit?: number
  /** nextCursor of the page before */
  cursor?: string
  phone?: string
  lid?: string
}
export type ListContactsAnswer = {
  data: Contact[]
  nextCursor: string | null
  hasMore: boolean
}

export type ListBlockedContactsAnswer = {
  data: Address[]
} | Operation

export type GetContactAnswer = Contact

export type GetContactProfileAnswer = ContactProfile | Operation

export type BlockContactBody = Record<string, never>
export type BlockContactAnswer = ContactBlock | Operation

export type UnblockContactBody = Record<string, never>
export type UnblockContactAnswer = ContactBlock | Operation

export type CreateGroupBody = {
  subject: string
  description?: string
  participants: string[]
}
export type CreateGroupAnswer = CreatedGroup | Operation

export type ListGroupsAnswer = {
  data: GroupSummary[]
} | Operation

export type GetGroupAnswer = Group | Operation

export type UpdateGroupBody = {
  subject?: string
  /** null removes it */
  description?: string | null
  /** Only admins write */
  announcementsOnly?: boolean
  /** Only admins change subject, description and picture */
  lockedSettings?: boolean
  /** Who uses the invite link waits for an admin */
  joinApproval?: boolean
  /** Members add people, not only admins */
  membersCanAdd?: boolean
  disappearingSeconds?: 0 | 86400 | 604800 | 7776000
}
export type UpdateGroupAnswer = Group | Operation

export type SetGroupPictureBody = {
  /** A square JPEG, 64 to 1,280 pixels a side, at most 200 KB; it is sent as it is */
  imageBase64?: string
  /** Instead: a JPEG, PNG or WebP that was uploaded (POST /v1/media) or received, at most 16 MiB. Its middle is made a JPEG of 640 × 640 */
  mediaId?: string
}
export type SetGroupPictureAnswer = GroupDone | Operation

export type RemoveGroupPictureAnswer = GroupDone | Operation

export type ChangeGroupParticipantsBody = {
  action: "add" | "remove" | "promote" | "demote"
  participants: string[]
}
export type ChangeGroupParticipantsAnswer = GroupParticipantResults | Operation

export type ListGroupJoinRequestsAnswer = GroupJoinRequests | Operation

export type DecideGroupJoinRequestsBody = {
  action: "approve" | "reject"
  participants: string[]
}
export type DecideGroupJoinRequestsAnswer = GroupParticipantResults | Operation

export type GetGroupInviteAnswer = GroupInvite | Operation

export type RevokeGroupInviteBody = Record<string, never>
export type RevokeGroupInviteAnswer = GroupInvite | Operation

export type GetGroupInviteInfoAnswer = GroupSummary | Operation

export type JoinGroupBody = {
  invite: string
}
export type JoinGroupAnswer = GroupJoined | Operation

export type LeaveGroupBody = Record<string, never>
export type LeaveGroupAnswer = GroupDone | Operation

export type GetProfileAnswer = Profile | Operation

export type UpdateProfileBody = {
  name?: string
  about?: string
}
export type UpdateProfileAnswer = Profile | Operation

export type SetProfilePictureBody = {
  /** A square JPEG, 64 to 1,280 pixels a side, at most 200 KB; it is sent as it is */
  imageBase64?: string
  /** Instead: a JPEG, PNG or WebP that was uploaded (POST /v1/media) or received, at most 16 MiB. Its middle is made a JPEG of 640 × 640 */
  mediaId?: string
}
export type SetProfilePictureAnswer = Profile | Operation

export type RemoveProfilePictureAnswer = Profile | Operation

export type SendPresenceBody = {
  state: "composing" | "recording" | "paused"
  /** A phone number, a LID, a contact id or a group id */
  chat: string
} | {
  state: "available" | "unavailable"
}
export type SendPresenceAnswer = Presence | Operation

export type SubscribePresenceBody = {
  /** A phone number, a LID, a contact id or a group id */
  chat: string
}
export type SubscribePresenceAnswer = Presence | Operation

export type GetOperationAnswer = Operation

export type ListEventsQuery = {
  limit?: number
  /** nextCursor of the page before */
  cursor?: string
  sessionId?: string
  afterSequence?: number
}
export type ListEventsAnswer = {
  data: Event[]
  nextCursor: string
  hasMore: boolean
}

export type GetEventAnswer = Event

export type ExpungeEventBody = Record<string, never>
export type ExpungeEventAnswer = Event

export type CreateStreamTicketBody = {
  sessionId?: string
}
export type CreateStreamTicketAnswer = {
  /** Only in this answer */
  ticket: string
  /** The one session that it opens; null: any of this key */
  sessionId: string | null
  expiresAt: string
}

export type StreamSessionQuery = {
  /** Instead of a key: from `POST /v1/stream-tickets`, for one connection */
  ticket?: string
  /** For clients that cannot send the header */
  lastEventId?: string
}
export type StreamSessionAnswer = Event

export type StreamEventsQuery = {
  /** Instead of a key: from `POST /v1/stream-tickets`, for one connection */
  ticket?: string
  /** For clients that cannot send the header */
  lastEventId?: string
}
export type StreamEventsAnswer = Event

export type CreateWebhookEndpointBody = {
  url: string
  events?: string[]
  description?: string
  sessions?: string[]
  chats?: string[]
  /** thin: everything but `data`; fetch the event by its id */
  payload?: "full" | "thin"
  /** standard: 12 attempts in about 71 h; short: 5 in about 13 min; none: 1 */
  retry?: "standard" | "short" | "none"
  maxAgeSeconds?: number | null
  /** hmacAndEd25519: each delivery has `v1a` signatures too, to be verified with `publicKeys` */
  signing?: "hmac" | "hmacAndEd25519"
  /** session: events of one session come one at a time, by sequence; one that fails holds the next ones back for at most 15 minutes. Replays and retries by hand are not ordered. */
  ordering?: "none" | "session"
  ratePerSecond?: number
}
export type CreateWebhookEndpointAnswer = CreatedWebhookEndpoint

export type ListWebhookEndpointsQuery = {
  limit?: number
  /** nextCursor of the page before */
  cursor?: string
}
export type ListWebhookEndpointsAnswer = {
  data: WebhookEndpoint[]
  nextCursor: string | null
  hasMore: boolean
}

export type GetWebhookEndpointAnswer = WebhookEndpoint

export type UpdateWebhookEndpointBody = {
  url?: string
  events?: string[]
  description?: string
  sessions?: string[]
  chats?: string[]
  /** thin: everything but `data`; fetch the event by its id */
  payload?: "full" | "thin"
  /** standard: 12 attempts in about 71 h; short: 5 in about 13 min; none: 1 */
  retry?: "standard" | "short" | "none"
  maxAgeSeconds?: number | null
  /** hmacAndEd25519: each delivery has `v1a` signatures too, to be verified with `publicKeys` */
  signing?: "hmac" | "hmacAndEd25519"
  /** session: events of one session come one at a time, by sequence; one that fails holds the next ones back for at most 15 minutes. Replays and retries by hand are not ordered. */
  ordering?: "none" | "session"
  ratePerSecond?: number
}
export type UpdateWebhookEndpointAnswer = WebhookEndpoint

export type DeleteWebhookEndpointAnswer = null

export type PauseWebhookEndpointBody = Record<string, never>
export type PauseWebhookEndpointAnswer = WebhookEndpoint

export type ResumeWebhookEndpointBody = Record<string, never>
export type ResumeWebhookEndpointAnswer = WebhookEndpoint

export type RotateWebhookSecretBody = {
  overlapSeconds?: number
}
export type RotateWebhookSecretAnswer = CreatedWebhookEndpoint

export type TestWebhookEndpointBody = Record<string, never>
export type TestWebhookEndpointAnswer = DeliveryAttempt

export type ListDeliveriesQuery = {
  limit?: number
  /** nextCursor of the page before */
  cursor?: string
  status?: "pending" | "inFlight" | "retrying" | "delivered" | "exhausted" | "held" | "expired" | "canceled"
  /** Exact event type */
  type?: string
  since?: string
  until?: string
}
export type ListDeliveriesAnswer = {
  data: Delivery[]
  nextCursor: string | null
  hasMore: boolean
}

export type GetDeliveryAnswer = Delivery

export type ListDeliveryAttemptsAnswer = {
  data: DeliveryAttempt[]
  nextCursor: string | null
  hasMore: boolean
}

export type ExpungeDeliveryBody = Record<string, never>
export type ExpungeDeliveryAnswer = Delivery

export type RetryDeliveryBody = Record<string, never>
export type RetryDeliveryAnswer = Delivery

export type CreateWebhookReplayBody = {
  since: string
  /** Default: now */
  until?: string
  select: "failed" | "held" | "missed" | "all"
  /** Default: what the endpoint asks for */
  types?: string[]
}
export type CreateWebhookReplayAnswer = WebhookReplay

export type ListWebhookReplaysQuery = {
  limit?: number
  /** nextCursor of the page before */
  cursor?: string
}
export type ListWebhookReplaysAnswer = {
  data: WebhookReplay[]
  nextCursor: string | null
  hasMore: boolean
}

export type GetWebhookReplayAnswer = WebhookReplay

export type CancelWebhookReplayBody = Record<string, never>
export type CancelWebhookReplayAnswer = WebhookReplay

export type GetLimitsAnswer = Limits

export type ListAuditLogQuery = {
  limit?: number
  /** nextCursor of the page before */
  cursor?: string
  /** default: 90 days before `to` */
  from?: string
  /** default: now */
  to?: string
  /** Id of a key, or `platform` */
  actor?: string
  /** Id of what was changed */
  resource?: string
}
export type ListAuditLogAnswer = {
  data: AuditEntry[]
  nextCursor: string | null
  hasMore: boolean
}

export type ListPlatformAuditLogQuery = {
  limit?: number
  /** nextCursor of the page before */
  cursor?: string
  /** default: 90 days before `to` */
  from?: string
  /** default: now */
  to?: string
  /** Id of a key, or `platform` */
  actor?: string
  /** Id of what was changed */
  resource?: string
}
export type ListPlatformAuditLogAnswer = {
  data: AuditEntry[]
  nextCursor: string | null
  hasMore: boolean
}

export type GetUsageQuery = {
  /** UTC day, default: first of this month */
  from?: string
  /** UTC day, inclusive, default: today */
  to?: string
  granularity?: "day" | "month"
  /** session: one row per period and session */
  groupBy?: "session"
  sessionId?: string
}
export type GetUsageAnswer = UsageReport

export type GetTenantUsageQuery = {
  /** UTC day, default: first of this month */
  from?: string
  /** UTC day, inclusive, default: today */
  to?: string
  granularity?: "day" | "month"
  /** session: one row per period and session */
  groupBy?: "session"
  /** live or test; data of the two never mix */
  mode?: "live" | "test"
}
export type GetTenantUsageAnswer = UsageReport

export type ListTenantUsageQuery = {
  /** UTC month, default: this one */
  month?: string
  /** live or test; data of the two never mix */
  mode?: "live" | "test"
  limit?: number
  /** nextCursor of the page before */
  cursor?: string
}
export type ListTenantUsageAnswer = TenantMonths

export type TestScanBody = {
  phone: string
  name?: string
}
export type TestScanAnswer = TestAction

export type TestReceiveBody = TestReceiveRequest
export type TestReceiveAnswer = TestReceive

export type TestDropBody = Record<string, never>
export type TestDropAnswer = TestAction

export type TestPhoneOfflineBody = Record<string, never>
export type TestPhoneOfflineAnswer = TestAction

export type TestPhoneOnlineBody = Record<string, never>
export type TestPhoneOnlineAnswer = TestAction

export type TestLogoutBody = Record<string, never>
export type TestLogoutAnswer = TestAction

export type TestReadBody = {
  contact: string
  messageId: string
}
export type TestReadAnswer = TestAction

export type TestListContactMessagesAnswer = {
  data: ({
    whatsappId: string
    text: string | null
    type: string
    receivedAt: string | null
  })[]
}

export type ListWorkersAnswer = {
  data: Worker[]
  nextCursor: string | null
  hasMore: boolean
}

export type GetWorkerAnswer = Worker

export type DrainWorkerAnswer = Worker

export type ListPlacedSessionsQuery = {
  workerId?: string
  /** live or test; data of the two never mix */
  mode?: "live" | "test"
  /** nextCursor of the page before */
  cursor?: string
}
export type ListPlacedSessionsAnswer = {
  data: PlacedSession[]
  nextCursor: string | null
  hasMore: boolean
}

export type MoveSessionBody = {
  tenantId: string
  /** live or test; data of the two never mix */
  mode: "live" | "test"
}
export type MoveSessionAnswer = PlacedSession

export type StartRolloutBody = {
  /** live or test; data of the two never mix */
  mode: "live" | "test"
  /** default: the deployed version */
  version?: string
  /** workers that hand over at the same time */
  waveSize?: number
  /** go on while alarms of the fleet ring: for a version that repairs what rings */
  ignoreAlarms?: boolean
}
export type StartRolloutAnswer = Rollout

export type GetRolloutAnswer = Rollout

export type AbortRolloutAnswer = Rollout

export type GetClientVersionAnswer = ClientVersion

export type SetClientVersionBody = {
  /** as web.whatsapp.com shows it; null: what each worker brings */
  version: string | null
}
export type SetClientVersionAnswer = ClientVersion

export type EventType =
  | "session.created"
  | "session.deleted"
  | "session.qr"
  | "session.linked"
  | "session.connected"
  | "session.disconnected"
  | "session.restricted"
  | "session.unrestricted"
  | "session.loggedOut"
  | "session.failed"
  | "session.moved"
  | "message.sent"
  | "message.delivered"
  | "message.read"
  | "message.played"
  | "message.failed"
  | "message.unknown"
  | "message.canceled"
  | "message.received"
  | "message.edited"
  | "message.deleted"
  | "message.reaction"
  | "message.undecryptable"
  | "media.stored"
  | "media.unavailable"
  | "chat.updated"
  | "group.updated"
  | "contact.merged"
  | "call.received"
  | "presence.updated"
  | "poll.voted"
  | "endpoint.failing"
  | "endpoint.disabled"
  | "endpoint.recovered"
  | "delivery.exhausted"
  | "limit.reached"

export type ErrorCode =
  | "validation_failed"
  | "malformed_json"
  | "invalid_cursor"
  | "use_session_cursors"
  | "unauthorized"
  | "forbidden"
  | "wrong_mode"
  | "tenant_suspended"
  | "not_group_member"
  | "not_group_admin"
  | "not_found"
  | "method_not_allowed"
  | "not_acceptable"
  | "session_not_linked"
  | "session_already_linked"
  | "session_deleted"
  | "session_state_conflict"
  | "tenant_deleted"
  | "key_not_active"
  | "message_already_sent"
  | "message_not_editable"
  | "message_not_deletable"
  | "message_not_forwardable"
  | "edit_window_closed"
  | "media_not_ready"
  | "media_expired"
  | "message_not_received"
  | "read_receipts_off"
  | "endpoint_not_active"
  | "conflict"
  | "payload_too_large"
  | "media_too_large"
  | "unsupported_media_type"
  | "idempotency_key_reused"
  | "message_not_found"
  | "media_not_found"
  | "media_empty"
  | "media_type_mismatch"
  | "sticker_size_wrong"
  | "media_url_refused"
  | "media_fetch_failed"
  | "invalid_invite"
  | "recipient_not_on_whatsapp"
  | "whatsapp_rejected"
  | "whatsapp_rate_limited"
  | "rate_limited"
  | "quota_exceeded"
  | "internal_error"
  | "simulator_control_unavailable"
  | "outcome_unknown"
  | "simulator_refused"
  | "live_mode_disabled"
  | "simulator_unreachable"
  | "operation_expired"
  | "unavailable"
  | "whatsapp_timeout"
  | "timeout"
